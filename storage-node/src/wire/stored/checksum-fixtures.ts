/**
 * Checksums as rows and messages may hold them, for tests of either.
 *
 * @module
 */

import fc from 'fast-check'
import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_SIZES_BYTES,
  type ChecksumAlgorithm,
} from '../../base/object-checksums.ts'
import type { ChecksumType } from '../../model/object-checksum.ts'

/** Of the length that its algorithm has. */
export const anyChecksum = fc.constantFrom(...CHECKSUM_ALGORITHMS).chain(checksumOf)
const checksumType = fc.constantFrom<ChecksumType[]>('FULL_OBJECT', 'COMPOSITE')

export const anyObjectChecksum = fc
  .tuple(anyChecksum, checksumType)
  .map(([checksum, type]) => ({ ...checksum, type }))

export const anyChecksumPlan = anyObjectChecksum.map(({ algorithm, type }) => ({ algorithm, type }))

/** What a completion may say of the object that it makes. */
export const anyExpectedObject = fc.record({
  checksum: maybe(
    fc.tuple(anyChecksum, maybe(checksumType)).map(([checksum, type]) => ({ ...checksum, type })),
  ),
  sizeBytes: maybe(fc.nat()),
})

function checksumOf(algorithm: ChecksumAlgorithm) {
  const bytes = CHECKSUM_SIZES_BYTES[algorithm]
  return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => {
    return { algorithm, value: Buffer.from(value).toString('hex') }
  })
}

function maybe<T>(value: fc.Arbitrary<T>) {
  return fc.option(value, { nil: undefined })
}
