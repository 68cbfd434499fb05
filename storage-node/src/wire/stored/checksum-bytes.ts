/**
 * A kept checksum as bytes: its algorithm, then its value. Rows have it, and messages.
 *
 * @module
 */

import { CHECKSUM_SIZES_BYTES, type ChecksumAlgorithm } from '../../base/object-checksums.ts'
import type { Checksum, ChecksumPlan, ObjectChecksum } from '../../model/object-checksum.ts'
import type { BinaryReader, BinaryWriter } from './binary.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** By their numbers, which are never used again. */
const ALGORITHMS: readonly ChecksumAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']
/** Of the byte of the algorithm: that of the object is one of its parts' checksums. */
const COMPOSITE = 128

/** The fewest bytes that one takes. */
export const CHECKSUM_BYTES_MIN = 1 + CHECKSUM_SIZES_BYTES.CRC32

export function writeChecksum(writer: BinaryWriter, { algorithm, value }: Checksum): void {
  writer.u8(ALGORITHMS.indexOf(algorithm)).hex(value)
}

export function readChecksum(reader: BinaryReader): Checksum {
  const algorithm = algorithmAt(reader.u8())
  return { algorithm, value: reader.hex(CHECKSUM_SIZES_BYTES[algorithm]) }
}

export function writeChecksumPlan(writer: BinaryWriter, { algorithm, type }: ChecksumPlan): void {
  writer.u8(ALGORITHMS.indexOf(algorithm) | (type === 'COMPOSITE' ? COMPOSITE : 0))
}

export function readChecksumPlan(reader: BinaryReader): ChecksumPlan {
  const byte = reader.u8()
  const type = byte & COMPOSITE ? 'COMPOSITE' : 'FULL_OBJECT'
  return { algorithm: algorithmAt(byte & ~COMPOSITE), type }
}

export function writeObjectChecksum(writer: BinaryWriter, checksum: ObjectChecksum): void {
  writeChecksumPlan(writer, checksum)
  writer.hex(checksum.value)
}

export function readObjectChecksum(reader: BinaryReader): ObjectChecksum {
  const plan = readChecksumPlan(reader)
  return { ...plan, value: reader.hex(CHECKSUM_SIZES_BYTES[plan.algorithm]) }
}

function algorithmAt(number: number): ChecksumAlgorithm {
  const algorithm = ALGORITHMS[number]
  if (algorithm === undefined) throw new StoredFormatError(`Unknown checksum ${number}`)
  return algorithm
}
