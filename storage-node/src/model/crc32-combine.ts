/**
 * CRC-32 and CRC-32C of two texts put together, from the CRCs of each, as crc64-combine.ts has it.
 *
 * @module
 */

/** Coefficients of x^0 to x^31, x^0 in the highest bit. */
const ONE = 0x8000_0000
/** x^8: a byte. */
const BYTE = ONE >>> 8

export const combineCrc32 = crc32Combiner(0xedb8_8320)
export const combineCrc32c = crc32Combiner(0x82f6_3b78)

/** Makes what returns the CRC of first + second, given the CRC of each and how long the second is. */
function crc32Combiner(
  divisor: number,
): (first: number, second: number, secondSizeBytes: number) => number {
  return (first, second, secondSizeBytes) => {
    let shifted = first
    let power = BYTE
    let rest = secondSizeBytes
    while (rest > 0) {
      if (rest % 2 === 1) shifted = multiply(power, shifted, divisor)
      power = multiply(power, power, divisor)
      rest = Math.floor(rest / 2)
    }
    return (shifted ^ second) >>> 0
  }
}

function multiply(a: number, b: number, divisor: number): number {
  let product = 0
  let rest = b
  for (let bit = 0; bit < 32; bit += 1) {
    if ((a & (ONE >>> bit)) !== 0) product ^= rest
    // b times x: a shift to the right, reduced when a coefficient of x^32 falls out.
    rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ divisor
  }
  return product >>> 0
}
