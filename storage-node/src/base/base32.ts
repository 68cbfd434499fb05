/**
 * Base32 of RFC 4648, without padding: for identifiers that travel in URLs and are read aloud.
 *
 * @module
 */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const DIGIT_BITS = 5
const DIGIT_MASK = 31

/** Digits of `bytes`, upper-case. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let rest = 0
  let restBits = 0
  for (const byte of bytes) {
    rest = ((rest << 8) | byte) & 0xfff
    restBits += 8
    while (restBits >= DIGIT_BITS) {
      restBits -= DIGIT_BITS
      text += DIGITS[(rest >> restBits) & DIGIT_MASK]
    }
  }
  return restBits === 0 ? text : text + DIGITS[(rest << (DIGIT_BITS - restBits)) & DIGIT_MASK]
}

/** The bytes that `toBase32` makes exactly this text of; undefined when there are none. */
export function fromBase32(text: string, byteCount: number): Buffer | undefined {
  if (text.length !== Math.ceil((byteCount * 8) / DIGIT_BITS)) return undefined
  const bytes = Buffer.alloc(byteCount)
  let rest = 0
  let restBits = 0
  let at = 0
  for (const digit of text) {
    const worth = DIGITS.indexOf(digit)
    if (worth < 0) return undefined
    rest = ((rest << DIGIT_BITS) | worth) & 0xfff
    restBits += DIGIT_BITS
    if (restBits < 8) continue
    restBits -= 8
    bytes[at++] = (rest >> restBits) & 0xff
  }
  const spare = rest & ((1 << restBits) - 1)
  return spare === 0 ? bytes : undefined
}
