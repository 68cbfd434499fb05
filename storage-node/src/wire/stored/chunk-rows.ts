/**
 * Values of the rows that a store keeps about its chunks (replication.md 2.2, kind `chk`).
 *
 * @module
 */

import type { StoreId } from '../../contract/identifiers.ts'
import type { BucketId, ObjectKey } from '../../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import type { ChunkOwner } from './chunk-records.ts'
import { checkTableBytes, headBytesOf } from './chunk-records.ts'
import { decodeStoreId, encodeStoreId, STORE_ID_BYTES } from './store-id.ts'
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

/**
 * A chunk that waits: for its reference to be committed, or, when `lacking` says so, for the stores
 * of its group that it has not reached.
 */
export interface ChunkMark {
  readonly owner: ChunkOwner
  readonly lacking: readonly StoreId[] | undefined
}

const VERSION = 1
/** Of a mark that names stores. */
const LACKING_VERSION = 2
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

/** Row `U`: a chunk that is not yet known to be where it belongs. */
export function encodeMarkRow({ owner, lacking }: ChunkMark): Buffer {
  const writer = new BinaryWriter()
    .u8(lacking === undefined ? VERSION : LACKING_VERSION)
    .hex(owner.bucketId)
    .text(owner.key)
  if (lacking === undefined) return writer.finish()
  writer.varint(lacking.length)
  for (const store of lacking) writer.raw(encodeStoreId(store))
  return writer.finish()
}

export function decodeMarkRow(bytes: Uint8Array): ChunkMark {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION && version !== LACKING_VERSION) {
    throw new StoredFormatError(`Mark of a chunk has version ${version}`)
  }
  const bucketId = reader.hex(BUCKET_ID_BYTES) as BucketId
  const owner = { bucketId, key: reader.text() as ObjectKey }
  const lacking = version === LACKING_VERSION ? readStores(reader) : undefined
  reader.end()
  return { owner, lacking }
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

function readStores(reader: BinaryReader): StoreId[] {
  const stores: StoreId[] = []
  for (let left = reader.count(); left > 0; left--) {
    stores.push(decodeStoreId(reader.raw(STORE_ID_BYTES)))
  }
  return stores
}

function readVersion(bytes: Uint8Array): BinaryReader {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw new StoredFormatError(`Chunk row has version ${version}`)
  return reader
}
