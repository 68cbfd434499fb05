/**
 * Groups: what one sync of the journal makes durable (replication.md 2.1).
 *
 * A group is a header, its records and zeros up to the next 4 KiB, so that records that have been
 * acknowledged never share a block with a later write (D7). The header's checksum covers the header
 * and each record's length and checksum, and with these every byte, in one pass.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { crc32 } from '../../base/checksums.ts'
import { sameBytes } from '../../base/bytes.ts'
import {
  PAYLOAD_SIZE_BYTES_MAX,
  RECORD_HEADER_BYTES,
  readRecord,
  recordSizeBytes,
  writeRecord,
  type JournalRecord,
} from './journal-records.ts'
import { STORE_ID_BYTES } from './store-id.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** Names a group: whose it is, and where it stands. */
export interface GroupIdentity {
  /** 16 bytes. */
  readonly storeId: Uint8Array
  /** Number of the journal file. */
  readonly file: number
  /** Rises by one with each group of a store, over all files. */
  readonly group: number
}

export interface GroupHeader extends GroupIdentity {
  /** Of the records, without header and padding. */
  readonly recordsSizeBytes: number
  readonly recordCount: number
}

/** A record and where it begins in its group. */
export interface PlacedRecord {
  readonly record: JournalRecord
  readonly offset: number
}

/** Groups begin at multiples of this. */
export const GROUP_ALIGNMENT_BYTES = 4096
export const GROUP_HEADER_BYTES = 48
/** Bounds what a reader allocates: the records of tens of thousands of replicas and one entry. */
export const GROUP_SIZE_BYTES_MAX = 64 * 1024 ** 2
assert(GROUP_SIZE_BYTES_MAX > 2 * PAYLOAD_SIZE_BYTES_MAX, 'a group holds any entry')

const MAGIC = 0x314a5247 // "GRJ1"
const CHECKED_FROM = 8

/** Bytes on disk of a group of these records. */
export function groupSizeBytes(records: readonly JournalRecord[]): number {
  let total = GROUP_HEADER_BYTES
  for (const record of records) total += recordSizeBytes(record)
  return align(total)
}

/**
 * Writes a whole group to the beginning of `target`; returns its bytes. `place` hears where each
 * record begins in it.
 */
export function writeGroup(
  target: Buffer,
  identity: GroupIdentity,
  records: readonly JournalRecord[],
  place: (record: JournalRecord, offset: number) => void,
): Buffer {
  let at = GROUP_HEADER_BYTES
  for (const record of records) {
    place(record, at)
    at = writeRecord(target, at, record)
  }
  assert(at - GROUP_HEADER_BYTES <= GROUP_SIZE_BYTES_MAX, 'a group is within its limit')
  const sizeBytes = align(at)
  target.fill(0, at, sizeBytes)
  target.writeUInt32LE(MAGIC, 0)
  target.set(identity.storeId, 8)
  target.writeUIntLE(identity.file, 24, 6)
  target.writeUIntLE(identity.group, 30, 6)
  target.writeUInt32LE(at - GROUP_HEADER_BYTES, 36)
  target.writeUInt32LE(records.length, 40)
  target.writeUInt32LE(0, 44)
  target.writeUInt32LE(checksum(target, at), 4)
  return target.subarray(0, sizeBytes)
}

/** Bytes on disk of the group that this header begins. */
export function paddedSizeBytes(header: GroupHeader): number {
  return align(GROUP_HEADER_BYTES + header.recordsSizeBytes)
}

/** Reads what a group says about itself; nothing in it counts before `readGroup` has checked it. */
export function readGroupHeader(bytes: Buffer): GroupHeader {
  if (bytes.byteLength < GROUP_HEADER_BYTES) throw new StoredFormatError('Group ends too early')
  if (bytes.readUInt32LE(0) !== MAGIC) throw new StoredFormatError('Not a group')
  const recordsSizeBytes = bytes.readUInt32LE(36)
  if (recordsSizeBytes > GROUP_SIZE_BYTES_MAX) throw new StoredFormatError('Group is too large')
  return {
    storeId: bytes.subarray(8, 8 + STORE_ID_BYTES),
    file: bytes.readUIntLE(24, 6),
    group: bytes.readUIntLE(30, 6),
    recordsSizeBytes,
    recordCount: bytes.readUInt32LE(40),
  }
}

/** Reads all records of a group; throws `StoredFormatError` unless every byte is as it was written. */
export function readGroup(bytes: Buffer): { header: GroupHeader; records: PlacedRecord[] } {
  const header = readGroupHeader(bytes)
  const end = GROUP_HEADER_BYTES + header.recordsSizeBytes
  if (end > bytes.byteLength) throw new StoredFormatError('Group is longer than its file')
  const held = bytes.subarray(0, end)
  if (checksum(held, end) !== bytes.readUInt32LE(4)) {
    throw new StoredFormatError('Group has a wrong checksum')
  }
  const records: PlacedRecord[] = []
  let at = GROUP_HEADER_BYTES
  while (at < end) {
    const { record, end: next } = readRecord(held, at)
    records.push({ record, offset: at })
    at = next
  }
  if (records.length !== header.recordCount) throw new StoredFormatError('Records are missing')
  return { header, records }
}

/** True when the header is of the file and the store in which it was found. */
export function belongsTo(header: GroupHeader, storeId: Uint8Array, file: number): boolean {
  return header.file === file && sameBytes(header.storeId, storeId)
}

/** CRC-32 of the header and of the length and checksum of each record up to `end`. */
function checksum(bytes: Buffer, end: number): number {
  let sum = crc32(bytes.subarray(CHECKED_FROM, GROUP_HEADER_BYTES))
  let at = GROUP_HEADER_BYTES
  while (at < end) {
    if (at + RECORD_HEADER_BYTES > end) throw new StoredFormatError('Record ends early')
    sum = crc32(bytes.subarray(at, at + 8), sum)
    at += RECORD_HEADER_BYTES + bytes.readUInt32LE(at)
  }
  if (at !== end) throw new StoredFormatError('Records do not fill their group')
  return sum
}

function align(sizeBytes: number): number {
  return Math.ceil(sizeBytes / GROUP_ALIGNMENT_BYTES) * GROUP_ALIGNMENT_BYTES
}
