/**
 * Values of the rows that a store keeps about its chunks (replication.md 2.2, kind `chk`).
 *
 * @module
 */

import type { BucketId, ObjectKey } from '../../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import type { ChunkOwner } from './chunk-records.ts'
import { checkTableBytes, headBytesOf } from './chunk-records.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** Where a record is. */
export interface ChunkPlace {
  readonly segment: number
  /** Of the record, in bytes. */
  readonly offset: number
}

/** Row `C`: everything a reader needs, so that one row and one file read serve a range. */
export interface ChunkRow extends ChunkPlace {
  readonly ownerBytes: number
  readonly lengthBytes: number
  readonly crc64: bigint
  /** CRC-32 of each block, 4 bytes little-endian. Apart from the data: both must agree. */
  readonly checks: Uint8Array
}

/** Row `E`. */
export interface SegmentRow {
  /** `closed`: nothing will be appended, and every record of it has had its row. */
  readonly state: 'open' | 'closed'
  /** Checkpoint: rows of all records below it were made, and are never made again. */
  readonly endBytes: number
  /** Of the records that rows point to. */
  readonly liveBytes: number
}

const VERSION = 1
const CLOSED = 1
const BUCKET_ID_BYTES = 8

/** Where the bytes of a chunk begin in its segment. */
export function dataOffsetOf(row: ChunkRow): number {
  return row.offset + headBytesOf(row.ownerBytes, row.lengthBytes)
}

/** Head and bytes together. */
export function recordBytesOf(row: Pick<ChunkRow, 'ownerBytes' | 'lengthBytes'>): number {
  return headBytesOf(row.ownerBytes, row.lengthBytes) + row.lengthBytes
}

export function encodeChunkRow(row: ChunkRow): Buffer {
  return new BinaryWriter()
    .u8(VERSION)
    .u48(row.segment)
    .u32(row.offset)
    .u16(row.ownerBytes)
    .u32(row.lengthBytes)
    .u64(row.crc64)
    .raw(row.checks)
    .finish()
}

export function decodeChunkRow(bytes: Uint8Array): ChunkRow {
  const reader = readVersion(bytes)
  const segment = reader.u48()
  const offset = reader.u32()
  const ownerBytes = reader.u16()
  const lengthBytes = reader.u32()
  const crc64 = reader.u64()
  if (lengthBytes === 0 || lengthBytes > CHUNK_SIZE_BYTES) {
    throw new StoredFormatError(`Chunk row names ${lengthBytes} bytes`)
  }
  const checks = reader.raw(checkTableBytes(lengthBytes))
  reader.end()
  return { segment, offset, ownerBytes, lengthBytes, crc64, checks }
}

export function encodeSegmentRow(row: SegmentRow): Buffer {
  return new BinaryWriter()
    .u8(VERSION)
    .u8(row.state === 'closed' ? CLOSED : 0)
    .u48(row.endBytes)
    .u48(row.liveBytes)
    .finish()
}

export function decodeSegmentRow(bytes: Uint8Array): SegmentRow {
  const reader = readVersion(bytes)
  const state = reader.u8() === CLOSED ? 'closed' : 'open'
  const row = { state, endBytes: reader.u48(), liveBytes: reader.u48() } as const
  reader.end()
  return row
}

/** Row `U`. */
export function encodeUnconfirmedRow(owner: ChunkOwner): Buffer {
  return new BinaryWriter().u8(VERSION).hex(owner.bucketId).text(owner.key).finish()
}

export function decodeUnconfirmedRow(bytes: Uint8Array): ChunkOwner {
  const reader = readVersion(bytes)
  const bucketId = reader.hex(BUCKET_ID_BYTES) as BucketId
  const key = reader.text() as ObjectKey
  reader.end()
  return { bucketId, key }
}

/** Row `X`: when the dataId was deleted. */
export function encodeTombstoneRow(deletedMs: number): Buffer {
  return new BinaryWriter().u8(VERSION).u48(Math.floor(deletedMs)).finish()
}

export function decodeTombstoneRow(bytes: Uint8Array): number {
  const reader = readVersion(bytes)
  const deletedMs = reader.u48()
  reader.end()
  return deletedMs
}

function readVersion(bytes: Uint8Array): BinaryReader {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw new StoredFormatError(`Chunk row has version ${version}`)
  return reader
}
