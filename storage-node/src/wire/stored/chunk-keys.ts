/**
 * Keys of the rows that a store keeps about its chunks (replication.md 2.2, kind `chk`).
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import type { DataId } from '../../model/identifiers.ts'
import { groupOf } from '../../placement/group-of.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** First byte of a chunk row's key; the other namespaces are in `keys.ts`. */
export const CHUNK_NAMESPACES = {
  chunk: 'C',
  unconfirmed: 'U',
  tombstone: 'X',
  segment: 'E',
} as const
type ChunkNamespace = (typeof CHUNK_NAMESPACES)[keyof typeof CHUNK_NAMESPACES]

const DATA_ID_BYTES = 16
/** A dataId begins with its time of creation in milliseconds. */
const CREATION_HEX_DIGITS = 12
const CHUNK_KEY_BYTES = 1 + 2 + DATA_ID_BYTES + 4
const UNCONFIRMED_KEY_BYTES = 1 + 8 + DATA_ID_BYTES + 4
const TOMBSTONE_KEY_BYTES = 1 + DATA_ID_BYTES
const SEGMENT_KEY_BYTES = 1 + 8

/** Milliseconds since 1970 at which the dataId was made. */
export function creationMsOf(dataId: DataId): number {
  return Number.parseInt(dataId.slice(0, CREATION_HEX_DIGITS), 16)
}

export function chunkRowKey(dataId: DataId, index: number, groupCount: number): Buffer {
  const key = startKey('chunk', CHUNK_KEY_BYTES)
  key.writeUInt16BE(groupOf(dataId, index, groupCount), 1)
  key.write(dataId, 3, 'hex')
  key.writeUInt32BE(index, 3 + DATA_ID_BYTES)
  return key
}

/** Sorts by the age of the dataId, not by that of the mark: the key follows from the chunk alone. */
export function unconfirmedRowKey(dataId: DataId, index: number): Buffer {
  const key = startKey('unconfirmed', UNCONFIRMED_KEY_BYTES)
  key.writeBigUInt64BE(BigInt(creationMsOf(dataId)), 1)
  key.write(dataId, 9, 'hex')
  key.writeUInt32BE(index, 9 + DATA_ID_BYTES)
  return key
}

export function tombstoneRowKey(dataId: DataId): Buffer {
  const key = startKey('tombstone', TOMBSTONE_KEY_BYTES)
  key.write(dataId, 1, 'hex')
  return key
}

export function segmentRowKey(segment: number): Buffer {
  const key = startKey('segment', SEGMENT_KEY_BYTES)
  key.writeBigUInt64BE(BigInt(segment), 1)
  return key
}

/** The chunk of a `C` row. */
export function readChunkRowKey(key: Uint8Array): { dataId: DataId; index: number } {
  const bytes = checkKey(key, 'chunk', CHUNK_KEY_BYTES)
  return { dataId: hexIdAt(bytes, 3), index: bytes.readUInt32BE(3 + DATA_ID_BYTES) }
}

/** The chunk of a `U` row. */
export function readUnconfirmedRowKey(key: Uint8Array): { dataId: DataId; index: number } {
  const bytes = checkKey(key, 'unconfirmed', UNCONFIRMED_KEY_BYTES)
  return { dataId: hexIdAt(bytes, 9), index: bytes.readUInt32BE(9 + DATA_ID_BYTES) }
}

/** The segment of an `E` row. */
export function readSegmentRowKey(key: Uint8Array): number {
  const segment = checkKey(key, 'segment', SEGMENT_KEY_BYTES).readBigUInt64BE(1)
  if (segment > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new StoredFormatError(`Segment number ${segment} is too large`)
  }
  return Number(segment)
}

/** All rows of a chunk namespace. */
export function chunkNamespaceRange(name: keyof typeof CHUNK_NAMESPACES): {
  start: Buffer
  end: Buffer
} {
  const start = startKey(name, 1)
  const end = startKey(name, 1)
  end.writeUInt8(start.readUInt8(0) + 1, 0)
  return { start, end }
}

/** `U` rows of dataIds that were made before `creationMs`. */
export function unconfirmedRowsBefore(creationMs: number): { start: Buffer; end: Buffer } {
  const end = startKey('unconfirmed', 1 + 8)
  end.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(creationMs))), 1)
  return { start: chunkNamespaceRange('unconfirmed').start, end }
}

function startKey(name: keyof typeof CHUNK_NAMESPACES, sizeBytes: number): Buffer {
  const key = Buffer.allocUnsafe(sizeBytes)
  const namespace: ChunkNamespace = CHUNK_NAMESPACES[name]
  key.write(namespace, 0, 'latin1')
  return key
}

function checkKey(key: Uint8Array, name: keyof typeof CHUNK_NAMESPACES, sizeBytes: number): Buffer {
  const bytes = asBuffer(key)
  if (bytes.length !== sizeBytes || bytes[0] !== CHUNK_NAMESPACES[name].charCodeAt(0)) {
    throw new StoredFormatError(`Key ${bytes.toString('hex', 0, 32)} is not that of a ${name} row`)
  }
  return bytes
}

function hexIdAt(bytes: Buffer, at: number): DataId {
  return bytes.toString('hex', at, at + DATA_ID_BYTES) as DataId
}
