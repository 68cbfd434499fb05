/**
 * Rows `O`: the current version of an object.
 *
 * The head is of fixed size and holds all that a list page shows, so that a page of 1,000 decodes no
 * headers and no metadata.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import { unreachable } from '../../base/assert.ts'
import type { DataId, DataSetId, VersionSeq } from '../../model/identifiers.ts'
import type {
  DataReference,
  HeaderPair,
  ObjectAcl,
  ObjectMetadata,
  ObjectRecord,
  ObjectType,
  StorageClass,
} from '../../model/object.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { StoredFormatError } from './stored-format-error.ts'

const VERSION = 1
const TYPES: readonly ObjectType[] = ['Normal', 'Multipart', 'Appendable', 'Symlink']
const CLASSES: readonly StorageClass[] = [
  'Standard',
  'IA',
  'Archive',
  'ColdArchive',
  'DeepColdArchive',
]
const ACLS: readonly ObjectAcl[] = ['default', 'private', 'public-read', 'public-read-write']
const DATA_KINDS = ['none', 'inline', 'chunks', 'pieces'] as const

// The fixed head: version, type, class, acl, size(6), time(6), crc(8), versionSeq(8), etag(16), parts(2).
const SIZE_AT = 4
const TIME_AT = 10
const ETAG_AT = 32
const ETAG_PARTS_AT = 48
const HEAD_BYTES = 50

/** What a list page shows of an object. */
export interface ObjectSummaryRow {
  readonly type: ObjectType
  readonly storageClass: StorageClass
  readonly sizeBytes: number
  readonly lastModifiedMs: number
  readonly etag: string
}

export function encodeObjectRow(record: ObjectRecord): Buffer {
  const [hash = '', parts = '0'] = record.etag.split('-')
  const writer = new BinaryWriter()
    .u8(VERSION)
    .u8(TYPES.indexOf(record.type))
    .u8(CLASSES.indexOf(record.storageClass))
    .u8(ACLS.indexOf(record.acl))
    .u48(record.sizeBytes)
    .u48(record.lastModifiedMs)
    .u64(record.crc64)
    .u64(record.versionSeq)
    .hex(hash)
    .u16(Number(parts))
  writeDataReference(writer, record.data)
  writeMetadata(writer, record)
  return writer.finish()
}

export function decodeObjectRow(bytes: Uint8Array): ObjectRecord {
  const summary = decodeObjectSummary(bytes)
  const reader = new BinaryReader(bytes)
  reader.raw(3)
  const acl = pick(ACLS, reader.u8())
  reader.raw(12)
  const crc64 = reader.u64()
  const versionSeq = reader.u64() as VersionSeq
  reader.raw(HEAD_BYTES - ETAG_AT)
  const data = readDataReference(reader)
  const strings = readMetadataStrings(reader)
  reader.end()
  return { ...summary, acl, crc64, versionSeq, data, ...strings }
}

/** Decodes the fixed head only. */
export function decodeObjectSummary(bytes: Uint8Array): ObjectSummaryRow {
  const row = asBuffer(bytes)
  if (row.length < HEAD_BYTES) throw new StoredFormatError('Object row is too short')
  if (row[0] !== VERSION) throw new StoredFormatError(`Object row has version ${row[0]}`)
  const parts = row.readUInt16LE(ETAG_PARTS_AT)
  const hash = row.toString('hex', ETAG_AT, ETAG_PARTS_AT).toUpperCase()
  return {
    type: pick(TYPES, row[1]),
    storageClass: pick(CLASSES, row[2]),
    sizeBytes: row.readUIntLE(SIZE_AT, 6),
    lastModifiedMs: row.readUIntLE(TIME_AT, 6),
    etag: parts === 0 ? hash : `${hash}-${parts}`,
  }
}

/** Metadata without a place of its own: rows `M` carry it too. */
export function writeMetadata(writer: BinaryWriter, metadata: ObjectMetadata): void {
  writer.text(metadata.contentType)
  writePairs(writer, metadata.headers)
  writePairs(writer, metadata.userMetadata)
}

/** Reads what `writeMetadata` wrote. */
export function readMetadataStrings(
  reader: BinaryReader,
): Pick<ObjectMetadata, 'contentType' | 'headers' | 'userMetadata'> {
  return {
    contentType: reader.text(),
    headers: readPairs(reader),
    userMetadata: readPairs(reader),
  }
}

/** Class and ACL as bytes. */
export function writeClassAndAcl(writer: BinaryWriter, metadata: ObjectMetadata): void {
  writer.u8(CLASSES.indexOf(metadata.storageClass)).u8(ACLS.indexOf(metadata.acl))
}

export function readClassAndAcl(
  reader: BinaryReader,
): Pick<ObjectMetadata, 'storageClass' | 'acl'> {
  return { storageClass: readStorageClass(reader), acl: pick(ACLS, reader.u8()) }
}

export function writeStorageClass(writer: BinaryWriter, storageClass: StorageClass): void {
  writer.u8(CLASSES.indexOf(storageClass))
}

export function readStorageClass(reader: BinaryReader): StorageClass {
  return pick(CLASSES, reader.u8())
}

/** The member at `index`, or a `StoredFormatError`. */
export function pick<T>(members: readonly T[], index: number | undefined): T {
  const member = index === undefined ? undefined : members[index]
  if (member === undefined) throw new StoredFormatError(`Unknown member ${index}`)
  return member
}

function writeDataReference(writer: BinaryWriter, data: DataReference): void {
  writer.u8(DATA_KINDS.indexOf(data.kind))
  switch (data.kind) {
    case 'none':
    case 'inline':
      return
    case 'chunks':
      writer.hex(data.dataId)
      return
    case 'pieces':
      writer.hex(data.dataSetId).u32(data.pieceCount)
      return
    default:
      unreachable(data)
  }
}

function readDataReference(reader: BinaryReader): DataReference {
  const kind = pick(DATA_KINDS, reader.u8())
  switch (kind) {
    case 'none':
    case 'inline':
      return { kind }
    case 'chunks':
      return { kind, dataId: reader.hex(16) as DataId }
    case 'pieces':
      return { kind, dataSetId: reader.hex(16) as DataSetId, pieceCount: reader.u32() }
    default:
      return unreachable(kind)
  }
}

function writePairs(writer: BinaryWriter, pairs: readonly HeaderPair[]): void {
  writer.varint(pairs.length)
  for (const [name, value] of pairs) writer.text(name).text(value)
}

function readPairs(reader: BinaryReader): HeaderPair[] {
  const pairs: HeaderPair[] = []
  for (let left = reader.count(); left > 0; left--) pairs.push([reader.text(), reader.text()])
  return pairs
}
