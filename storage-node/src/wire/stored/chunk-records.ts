/**
 * Records of a segment file (replication.md 2.3).
 *
 * A record is a head and the chunk's bytes; a head is a header of 64 bytes, the owner, and a CRC-32
 * for each 64 KiB block of the bytes. Head first, so that whoever walks a segment reads one place
 * per record. The header names the segment and its own position in it, and its CRC is seeded with
 * the store: bytes of another store, segment or position are never taken for a record.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import { crc32 } from '../../base/checksums.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** The row that refers to a chunk, or will: who asks about an orphan asks there. */
export interface ChunkOwner {
  readonly bucketId: BucketId
  readonly key: ObjectKey
}

/** What stands before a chunk's bytes. */
export interface ChunkHead {
  readonly segment: number
  /** Of the record in its segment, in bytes. */
  readonly offset: number
  /** Whether its batch begins, or ends, with this record. */
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly placementGroup: number
  readonly dataId: DataId
  readonly index: number
  readonly lengthBytes: number
  readonly crc64: bigint
  readonly owner: ChunkOwner
  /** CRC-32 of each block, 4 bytes little-endian. */
  readonly checks: Uint8Array
}

/** A store's mark in every CRC of a head. */
export type HeadSeed = number

export const CHUNK_HEADER_BYTES = 64
/** More than the longest object key takes. */
const OWNER_BYTES_MAX = 4096
const BUCKET_ID_BYTES = 8
const CHECK_BYTES = 4
export const CHUNK_HEAD_BYTES_MAX =
  CHUNK_HEADER_BYTES + OWNER_BYTES_MAX + checkTableBytes(CHUNK_SIZE_BYTES)

const MAGIC = 0x4b484347 // "GCHK"
const VERSION = 1
const IS_FIRST = 1
const IS_LAST = 2
const AT = {
  magic: 0,
  version: 4,
  flags: 5,
  placementGroup: 6,
  segment: 8,
  ownerBytes: 14,
  dataId: 16,
  index: 32,
  lengthBytes: 36,
  offset: 40,
  reserved: 44,
  crc64: 48,
  bodyCrc: 56,
  headerCrc: 60,
} as const

export function headSeedOf(storeId: StoreId): HeadSeed {
  return crc32(Buffer.from(storeId, 'utf8'))
}

/** Size of the table of CRCs for so many bytes of data. */
export function checkTableBytes(lengthBytes: number): number {
  return Math.ceil(lengthBytes / CHECK_BLOCK_BYTES) * CHECK_BYTES
}

/** Size of an owner as it is stored. */
export function ownerBytesOf(owner: ChunkOwner): number {
  return BUCKET_ID_BYTES + Buffer.byteLength(owner.key, 'utf8')
}

/** Size of a head. */
export function headBytesOf(ownerBytes: number, lengthBytes: number): number {
  return CHUNK_HEADER_BYTES + ownerBytes + checkTableBytes(lengthBytes)
}

export function encodeChunkHead(head: ChunkHead, seed: HeadSeed): Buffer {
  const ownerBytes = ownerBytesOf(head.owner)
  const bytes = Buffer.allocUnsafe(headBytesOf(ownerBytes, head.lengthBytes))
  bytes.writeUInt32LE(MAGIC, AT.magic)
  bytes.writeUInt8(VERSION, AT.version)
  bytes.writeUInt8((head.isFirst ? IS_FIRST : 0) | (head.isLast ? IS_LAST : 0), AT.flags)
  bytes.writeUInt16LE(head.placementGroup, AT.placementGroup)
  bytes.writeUIntLE(head.segment, AT.segment, 6)
  bytes.writeUInt16LE(ownerBytes, AT.ownerBytes)
  bytes.write(head.dataId, AT.dataId, 'hex')
  bytes.writeUInt32LE(head.index, AT.index)
  bytes.writeUInt32LE(head.lengthBytes, AT.lengthBytes)
  bytes.writeUInt32LE(head.offset, AT.offset)
  bytes.writeUInt32LE(0, AT.reserved)
  bytes.writeBigUInt64LE(head.crc64, AT.crc64)
  bytes.write(head.owner.bucketId, CHUNK_HEADER_BYTES, 'hex')
  bytes.write(head.owner.key, CHUNK_HEADER_BYTES + BUCKET_ID_BYTES, 'utf8')
  bytes.set(head.checks, CHUNK_HEADER_BYTES + ownerBytes)
  bytes.writeUInt32LE(crc32(bytes.subarray(CHUNK_HEADER_BYTES), seed), AT.bodyCrc)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, AT.headerCrc), seed), AT.headerCrc)
  return bytes
}

/** Size of the head that begins with this header, once the header is known to be whole. */
export function headBytesByHeader(header: Uint8Array, seed: HeadSeed): number {
  const bytes = checkHeader(header, seed)
  return headBytesOf(bytes.readUInt16LE(AT.ownerBytes), bytes.readUInt32LE(AT.lengthBytes))
}

/** Reads the head at the start of `source`, which may go on behind it. */
export function decodeChunkHead(source: Uint8Array, seed: HeadSeed): ChunkHead {
  const headBytes = headBytesByHeader(source, seed)
  if (source.byteLength < headBytes) throw new StoredFormatError('Chunk head ends too early')
  const bytes = asBuffer(source).subarray(0, headBytes)
  if (crc32(bytes.subarray(CHUNK_HEADER_BYTES), seed) !== bytes.readUInt32LE(AT.bodyCrc)) {
    throw new StoredFormatError('Owner or checks of a chunk do not match their CRC')
  }
  const keyAt = CHUNK_HEADER_BYTES + BUCKET_ID_BYTES
  const ownerEnd = CHUNK_HEADER_BYTES + bytes.readUInt16LE(AT.ownerBytes)
  const flags = bytes.readUInt8(AT.flags)
  return {
    segment: bytes.readUIntLE(AT.segment, 6),
    offset: bytes.readUInt32LE(AT.offset),
    isFirst: (flags & IS_FIRST) !== 0,
    isLast: (flags & IS_LAST) !== 0,
    placementGroup: bytes.readUInt16LE(AT.placementGroup),
    dataId: bytes.toString('hex', AT.dataId, AT.index) as DataId,
    index: bytes.readUInt32LE(AT.index),
    lengthBytes: bytes.readUInt32LE(AT.lengthBytes),
    crc64: bytes.readBigUInt64LE(AT.crc64),
    owner: {
      bucketId: bytes.toString('hex', CHUNK_HEADER_BYTES, keyAt) as BucketId,
      key: bytes.toString('utf8', keyAt, ownerEnd) as ObjectKey,
    },
    // A copy: the buffer that it was read into is used again.
    checks: new Uint8Array(bytes.subarray(ownerEnd)),
  }
}

function checkHeader(header: Uint8Array, seed: HeadSeed): Buffer {
  if (header.byteLength < CHUNK_HEADER_BYTES) {
    throw new StoredFormatError('Chunk header ends too early')
  }
  const bytes = asBuffer(header)
  if (bytes.readUInt32LE(AT.magic) !== MAGIC) throw new StoredFormatError('No chunk header here')
  if (crc32(bytes.subarray(0, AT.headerCrc), seed) !== bytes.readUInt32LE(AT.headerCrc)) {
    throw new StoredFormatError('Chunk header does not match its CRC')
  }
  const version = bytes.readUInt8(AT.version)
  if (version !== VERSION) throw new StoredFormatError(`Chunk header has version ${version}`)
  const ownerBytes = bytes.readUInt16LE(AT.ownerBytes)
  if (ownerBytes < BUCKET_ID_BYTES || ownerBytes > OWNER_BYTES_MAX) {
    throw new StoredFormatError(`Owner of a chunk has ${ownerBytes} bytes`)
  }
  const lengthBytes = bytes.readUInt32LE(AT.lengthBytes)
  if (lengthBytes === 0 || lengthBytes > CHUNK_SIZE_BYTES) {
    throw new StoredFormatError(`Chunk has ${lengthBytes} bytes`)
  }
  return bytes
}
