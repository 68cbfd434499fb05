/**
 * CRC-64 of two texts put together, from the CRCs of each: XZ (oss.md 5.3), and NVME of S3 clients.
 *
 * A CRC is a remainder of polynomials over GF(2): appending n bytes multiplies what was there by
 * x^8n. Multipart uploads and appends need this so that nothing is ever read again. 64-bit values
 * are handled as two 32-bit halves: BigInt arithmetic would be thirty times slower, and an upload
 * has up to 10,000 parts.
 *
 * @module
 */

interface Polynomial {
  /** Coefficients of x^0 to x^31, x^0 in the highest bit: both are reflected. */
  readonly high: number
  readonly low: number
}

const ONE: Polynomial = { high: 0x80000000, low: 0 }
const X: Polynomial = { high: 0x40000000, low: 0 }
const LOW_HALF = 0xffff_ffffn

/** Position of x^8, a byte, among x^(2^k) for k from 0. */
const BYTE = 3

/** Returns the CRC of first + second, given the CRC of each and how long the second is. */
export type CombineCrc64 = (first: bigint, second: bigint, secondSizeBytes: number) => bigint

export const combineCrc64: CombineCrc64 = crc64Combiner({ high: 0xc96c5795, low: 0xd7870f42 })
export const combineCrc64Nvme: CombineCrc64 = crc64Combiner({ high: 0x9a6c9329, low: 0xac4bc9b5 })

function crc64Combiner(divisor: Polynomial): CombineCrc64 {
  const squares = squaresOf(X, 64, divisor)
  return (first, second, secondSizeBytes) => {
    const power = powerOf(secondSizeBytes, squares, divisor)
    const { high, low } = multiply(power, halvesOf(first), divisor)
    return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) ^ second
  }
}

/** x^(8 * sizeBytes). */
function powerOf(
  sizeBytes: number,
  squares: readonly Polynomial[],
  divisor: Polynomial,
): Polynomial {
  let power = ONE
  let rest = sizeBytes
  for (let k = BYTE; rest > 0; k += 1) {
    const square = squares[k]
    if (rest % 2 === 1 && square !== undefined) power = multiply(square, power, divisor)
    rest = Math.floor(rest / 2)
  }
  return power
}

function multiply(a: Polynomial, b: Polynomial, divisor: Polynomial): Polynomial {
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
      high ^= divisor.high
      low ^= divisor.low
    }
  }
  return { high: productHigh, low: productLow }
}

function squaresOf(base: Polynomial, count: number, divisor: Polynomial): Polynomial[] {
  const powers = [base]
  for (let k = 1; k < count; k += 1) {
    const last = powers[k - 1] ?? base
    powers.push(multiply(last, last, divisor))
  }
  return powers
}

function halvesOf(crc: bigint): Polynomial {
  return { high: Number(crc >> 32n), low: Number(crc & LOW_HALF) }
}
