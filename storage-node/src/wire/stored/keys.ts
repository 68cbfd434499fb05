/**
 * Keys of rows (replication.md 2.2).
 *
 * Every user key begins with (namespace, bucketId, esc(object key)), so that one range over
 * (bucketId, key) cuts each namespace. `esc` doubles nothing but NUL and keeps the byte order of
 * UTF-8, which is the order of OSS listings: 0x00 becomes 00 FF, the end is marked 00 01.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type {
  AccessKeyId,
  AccountUid,
  BucketId,
  BucketName,
  DataId,
  DataSetId,
  ObjectKey,
  VersionSeq,
} from '../../model/identifiers.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** First byte of a row key, by what the row is. */
export const NAMESPACES = {
  object: 'O',
  inline: 'I',
  version: 'V',
  upload: 'M',
  piece: 'D',
  dropped: 'G',
  kill: 'K',
  counters: 'S',
  fence: 'F',
  bucket: 'B',
  account: 'P',
  accessKey: 'A',
  applied: 'H',
} as const
export type Namespace = (typeof NAMESPACES)[keyof typeof NAMESPACES]

/** Index of the `D` row that lists the parts of a completed object. */
export const PART_LIST_INDEX = 0xffff_ffff

const BUCKET_ID_BYTES = 8
const HEAD_BYTES = 1 + BUCKET_ID_BYTES
const END_BYTES = 2
const ID_BYTES = 16
const SEQ_BYTES = 8
const SYSTEM_BUCKET_ID = '0000000000000000' as BucketId

export const objectRowKey = (bucketId: BucketId, key: ObjectKey): Buffer =>
  keyRow('O', bucketId, key, 0)

export const inlineRowKey = (bucketId: BucketId, key: ObjectKey, seq: VersionSeq): Buffer =>
  keyRowWithSeq('I', bucketId, key, seq)

/** A version that is not current. */
export const versionRowKey = (bucketId: BucketId, key: ObjectKey, seq: VersionSeq): Buffer =>
  keyRowWithSeq('V', bucketId, key, seq)

export const uploadRowKey = (bucketId: BucketId, key: ObjectKey, uploadId: DataSetId): Buffer =>
  keyRowWithId('M', bucketId, key, uploadId)

export function pieceRowKey(
  bucketId: BucketId,
  key: ObjectKey,
  dataSetId: DataSetId,
  index: number,
): Buffer {
  const row = keyRow('D', bucketId, key, ID_BYTES + 4)
  row.write(dataSetId, row.length - ID_BYTES - 4, 'hex')
  row.writeUInt32BE(index, row.length - 4)
  return row
}

export const droppedRowKey = (
  bucketId: BucketId,
  key: ObjectKey,
  dataId: DataId | DataSetId,
): Buffer => keyRowWithId('G', bucketId, key, dataId)

export const killRowKey = (bucketId: BucketId, key: ObjectKey, dataId: DataId): Buffer =>
  keyRowWithId('K', bucketId, key, dataId)

export const countersRowKey = (bucketId: BucketId): Buffer =>
  keyRow('S', bucketId, '' as ObjectKey, 0)

export const fenceRowKey = (bucketId: BucketId): Buffer => keyRow('F', bucketId, '' as ObjectKey, 0)

export const bucketRowKey = (name: BucketName): Buffer =>
  keyRow('B', SYSTEM_BUCKET_ID, name as string as ObjectKey, 0)

export const accountRowKey = (account: AccountUid): Buffer =>
  keyRow('P', SYSTEM_BUCKET_ID, account as string as ObjectKey, 0)

export const accessKeyRowKey = (accessKeyId: AccessKeyId): Buffer =>
  keyRow('A', SYSTEM_BUCKET_ID, accessKeyId as string as ObjectKey, 0)

export function appliedRowKey(partition: PartitionId): Buffer {
  const row = Buffer.allocUnsafe(5)
  row.write('H', 0, 'latin1')
  row.writeUInt32BE(partition, 1)
  return row
}

/** Operations that came with a snapshot; any number of rows behind the one that says how far it goes. */
export function operationsRowKey(partition: PartitionId, index: number): Buffer {
  const tail = Buffer.allocUnsafe(4)
  tail.writeUInt32BE(index)
  return Buffer.concat([appliedRowKey(partition), tail])
}

/** Everything that is about the partition itself. */
export function partitionRowsRange(partition: PartitionId): { start: Buffer; end: Buffer } {
  const start = appliedRowKey(partition)
  return { start, end: prefixEnd(start) }
}

/** The object key of a row whose key begins with (namespace, bucketId, esc(key)). */
export function objectKeyOfRow(row: Uint8Array): { readonly key: ObjectKey; readonly end: number } {
  const buffer = asBuffer(row)
  for (let at = HEAD_BYTES; ; at += 2) {
    at = buffer.indexOf(0, at)
    if (at < 0 || at + 1 >= buffer.length) throw new StoredFormatError('Row key has no end mark')
    if (buffer[at + 1] === 0x01) {
      const text = buffer.toString('utf8', HEAD_BYTES, at)
      return { key: unescapeText(buffer, text, at) as ObjectKey, end: at + END_BYTES }
    }
  }
}

/** The 16-byte identifier that stands behind the object key. */
export function idBehindKey(row: Uint8Array, end: number): string {
  if (row.byteLength < end + ID_BYTES) throw new StoredFormatError('Row key has no identifier')
  return asBuffer(row).toString('hex', end, end + ID_BYTES)
}

/** The bucket of a row key. */
export function bucketIdOfRow(row: Uint8Array): BucketId {
  return asBuffer(row).toString('hex', 1, HEAD_BYTES) as BucketId
}

/** Index of a `D` row. */
export function pieceIndexOfRow(row: Uint8Array): number {
  return asBuffer(row).readUInt32BE(row.byteLength - 4)
}

/** All rows of a namespace. */
export function namespaceRange(namespace: Namespace): { start: Buffer; end: Buffer } {
  const start = Buffer.from(namespace, 'latin1')
  return { start, end: prefixEnd(start) }
}

/** Rows of a bucket whose object key begins with `prefix`. */
export function prefixRange(
  namespace: Namespace,
  bucketId: BucketId,
  prefix: string,
): { start: Buffer; end: Buffer } {
  const start = keyPrefix(namespace, bucketId, prefix)
  return { start, end: prefixEnd(start) }
}

/** Rows of exactly one object key, whatever stands behind it. */
export function keyRange(
  namespace: Namespace,
  bucketId: BucketId,
  key: ObjectKey,
): { start: Buffer; end: Buffer } {
  const start = keyRow(namespace, bucketId, key, 0)
  return { start, end: prefixEnd(start) }
}

/** All pieces of a data set, its part list included. */
export function dataSetRange(
  bucketId: BucketId,
  key: ObjectKey,
  dataSetId: DataSetId,
): { start: Buffer; end: Buffer } {
  const start = keyRowWithId('D', bucketId, key, dataSetId)
  return { start, end: prefixEnd(start) }
}

/** The least key above all that begin with `prefix`. */
export function prefixEnd(prefix: Uint8Array): Buffer {
  let length = prefix.byteLength
  while (length > 0 && prefix[length - 1] === 0xff) length--
  const end = Buffer.from(prefix.subarray(0, length))
  const last = length - 1
  end[last] = (end[last] ?? 0) + 1
  return end
}

/** The least key above `key`. */
export function justAfter(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.of(0)])
}

function keyRow(namespace: Namespace, bucketId: BucketId, key: string, tailBytes: number): Buffer {
  const body = escapeText(key)
  const row = Buffer.allocUnsafe(HEAD_BYTES + body.length + END_BYTES + tailBytes)
  writeHead(row, namespace, bucketId)
  row.set(body, HEAD_BYTES)
  row[HEAD_BYTES + body.length] = 0x00
  row[HEAD_BYTES + body.length + 1] = 0x01
  return row
}

function keyRowWithSeq(
  namespace: Namespace,
  bucketId: BucketId,
  key: string,
  versionSeq: VersionSeq,
): Buffer {
  const row = keyRow(namespace, bucketId, key, SEQ_BYTES)
  // Inverted: newest first.
  row.writeBigUInt64BE(0xffff_ffff_ffff_ffffn - versionSeq, row.length - SEQ_BYTES)
  return row
}

function keyRowWithId(namespace: Namespace, bucketId: BucketId, key: string, id: string): Buffer {
  const row = keyRow(namespace, bucketId, key, ID_BYTES)
  row.write(id, row.length - ID_BYTES, 'hex')
  return row
}

function keyPrefix(namespace: Namespace, bucketId: BucketId, prefix: string): Buffer {
  const body = escapeText(prefix)
  const row = Buffer.allocUnsafe(HEAD_BYTES + body.length)
  writeHead(row, namespace, bucketId)
  row.set(body, HEAD_BYTES)
  return row
}

function writeHead(row: Buffer, namespace: Namespace, bucketId: BucketId): void {
  row.write(namespace, 0, 'latin1')
  row.write(bucketId, 1, 'hex')
}

function escapeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (!text.includes('\0')) return bytes
  const escaped: number[] = []
  for (const byte of bytes) {
    escaped.push(byte)
    if (byte === 0) escaped.push(0xff)
  }
  return Buffer.from(escaped)
}

function unescapeText(row: Buffer, text: string, end: number): string {
  if (!text.includes('\0')) return text
  const plain: number[] = []
  for (let at = HEAD_BYTES; at < end; at++) {
    const byte = row[at] ?? 0
    plain.push(byte)
    if (byte === 0) at++
  }
  return Buffer.from(plain).toString('utf8')
}
