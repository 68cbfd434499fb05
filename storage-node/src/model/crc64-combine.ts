/**
 * CRC-64/XZ of two texts put together, from the CRCs of each (oss.md 5.3).
 *
 * A CRC is a remainder of polynomials over GF(2): appending n bytes multiplies what was there by
 * x^8n. Multipart uploads and appends need this so that nothing is ever read again. 64-bit values
 * are handled as two 32-bit halves: BigInt arithmetic would be thirty times slower, and an upload
 * has up to 10,000 parts.
 *
 * @module
 */

interface Polynomial {
  /** Coefficients of x^0 to x^31, x^0 in the highest bit: CRC-64/XZ is reflected. */
  readonly high: number
  readonly low: number
}

const DIVISOR: Polynomial = { high: 0xc96c5795, low: 0xd7870f42 }
const ONE: Polynomial = { high: 0x80000000, low: 0 }
const X: Polynomial = { high: 0x40000000, low: 0 }
const LOW_HALF = 0xffff_ffffn

/** x^(2^k) for k from 0. */
const squares = squaresOf(X, 64)
/** Position in `squares` of x^8: a byte. */
const BYTE = 3

/** CRC of first + second, given the CRC of each and how long the second is. */
export function combineCrc64(first: bigint, second: bigint, secondSizeBytes: number): bigint {
  const { high, low } = multiply(powerOf(secondSizeBytes), halvesOf(first))
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) ^ second
}

/** x^(8 * sizeBytes). */
function powerOf(sizeBytes: number): Polynomial {
  let power = ONE
  let rest = sizeBytes
  for (let k = BYTE; rest > 0; k += 1) {
    const square = squares[k]
    if (rest % 2 === 1 && square !== undefined) power = multiply(square, power)
    rest = Math.floor(rest / 2)
  }
  return power
}

function multiply(a: Polynomial, b: Polynomial): Polynomial {
  let { high, low } = b
  let productHigh = 0
  let productLow = 0
  for (let bit = 0; bit < 64; bit += 1) {
    const half = bit < 32 ? a.high : a.low
    if ((half & (0x80000000 >>> (bit & 31))) !== 0) {
      productHigh ^= high
      productLow ^= low
    }
    // b times x: a shift to the right, reduced when a coefficient of x^64 falls out.
    const carry = low & 1
    low = (low >>> 1) | ((high & 1) << 31)
    high >>>= 1
    if (carry !== 0) {
      high ^= DIVISOR.high
      low ^= DIVISOR.low
    }
  }
  return { high: productHigh, low: productLow }
}

function squaresOf(base: Polynomial, count: number): Polynomial[] {
  const powers = [base]
  for (let k = 1; k < count; k += 1) {
    const last = powers[k - 1] ?? base
    powers.push(multiply(last, last))
  }
  return powers
}

function halvesOf(crc: bigint): Polynomial {
  return { high: Number(crc >> 32n), low: Number(crc & LOW_HALF) }
}
