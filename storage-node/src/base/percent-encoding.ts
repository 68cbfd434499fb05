/**
 * Percent-encoding of paths and queries, as bytes: a decoded text is the UTF-8 that was sent, and
 * what is no UTF-8 is refused rather than repaired, so that a name means one thing everywhere.
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'

const PLAIN = /^[A-Za-z0-9\-._~]*$/
const PLAIN_OR_SLASH = /^[A-Za-z0-9\-._~/]*$/
const NEEDS_DECODING = /[%\x80-\uffff]/
const PERCENT = 0x25

/**
 * Decodes `%xx` sequences; `+` stays a plus. Returns undefined for a broken sequence or bytes that
 * are no UTF-8. Raw bytes above 127 arrive as Latin-1 characters, the way Node hands out a URL.
 */
export function decodePercent(text: string): string | undefined {
  if (!NEEDS_DECODING.test(text)) return text
  const bytes = Buffer.allocUnsafe(text.length)
  let length = 0
  for (let at = 0; at < text.length; at += 1) {
    let code = text.charCodeAt(at)
    if (code > 0xff) return undefined
    if (code === PERCENT) {
      code = hexPair(text, at + 1)
      if (code < 0) return undefined
      at += 2
    }
    bytes[length] = code
    length += 1
  }
  const decoded = bytes.subarray(0, length)
  return isUtf8(decoded) ? decoded.toString() : undefined
}

/** Encodes every byte except `A-Z a-z 0-9 - . _ ~`. The text must be well formed. */
export function encodePercent(text: string): string {
  return PLAIN.test(text) ? text : encodeAll(text)
}

/** The same, but keeps slashes. */
export function encodePercentPath(text: string): string {
  if (PLAIN_OR_SLASH.test(text)) return text
  return encodeAll(text).replaceAll('%2F', '/')
}

function encodeAll(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function hexPair(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

/** Value of a hex digit; below zero for anything else, the end of the text (NaN) included. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
