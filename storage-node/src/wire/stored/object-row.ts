/**
 * Rows `O` and `V`: a version of an object, or a delete marker.
 *
 * The head is of fixed size and holds what a list page shows of all, so that a page of 1,000 decodes no
 * headers and no metadata. What not all objects have stands behind it, each only where a flag says so.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import { unreachable } from '../../base/assert.ts'
import type { DataId, DataSetId, VersionId, VersionSeq } from '../../model/identifiers.ts'
import type {
  DataReference,
  HeaderPair,
  ObjectAcl,
  ObjectMetadata,
  ObjectRecord,
  ObjectType,
  OlderVersions,
  RestoreTimes,
  StorageClass,
  VersionState,
} from '../../model/object.ts'
import { plainVersion } from '../../model/object.ts'
import { NULL_VERSION, saltOf, versionIdOf } from '../../model/version-id.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import type { ChecksumPlan } from '../../model/object-checksum.ts'
import { readChecksumPlan, readObjectChecksum, writeObjectChecksum } from './checksum-bytes.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** Of buckets without versions, and without what flags tell of. */
const VERSION_WITHOUT_FLAGS = 1
/** Without the further flags. */
const VERSION_WITH_FLAGS = 2
const VERSION = 3
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
const SEQ_AT = 24
const ETAG_AT = 32
const ETAG_PARTS_AT = 48
const HEAD_BYTES = 50
/** Of the later version: the flags, and the restore behind them, which a list page shows. */
const FLAGS_AT = HEAD_BYTES
const RESTORE_AT = FLAGS_AT + 1

/** What a row has beyond its head, and what it is. Bits are never used again. */
const FLAGS = {
  isDeleteMarker: 1,
  /** Without it this is the null version. */
  hasVersionId: 2,
  hasRestore: 4,
  hasTags: 8,
  isSymlink: 16,
  isSealed: 32,
  hasOlder: 64,
  /** A byte of further flags, and what they tell of, behind what these do. */
  hasFurther: 128,
} as const
const FURTHER_FLAGS = { hasContentMd5: 1, hasChecksum: 2 } as const
const FURTHER_KNOWN = FURTHER_FLAGS.hasContentMd5 | FURTHER_FLAGS.hasChecksum
const SALT_BYTES = 8
const RESTORE_BYTES = 12
const TIME_BYTES = 6
const SEQ_BYTES = 8
const MD5_BYTES = 16
/** No version has this number. */
const NOWHERE = 0n

/** What a list page shows of an object. */
export interface ObjectSummaryRow {
  readonly type: ObjectType
  readonly storageClass: StorageClass
  readonly sizeBytes: number
  readonly lastModifiedMs: number
  readonly etag: string
  readonly restore: RestoreTimes | undefined
  readonly checksum: ChecksumPlan | undefined
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
  const flags = flagsOf(record)
  writer.u8(flags)
  // Most have nothing of it.
  if (flags !== 0) writeVersionState(writer, record)
  writeDataReference(writer, record.data)
  writeMetadata(writer, record)
  if (flags & FLAGS.hasTags) writePairs(writer, record.tags)
  return writer.finish()
}

export function decodeObjectRow(bytes: Uint8Array): ObjectRecord {
  const summary = decodeHead(asBuffer(bytes))
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  reader.raw(2)
  const acl = pick(ACLS, reader.u8())
  reader.raw(12)
  const crc64 = reader.u64()
  const versionSeq = reader.u64() as VersionSeq
  reader.raw(HEAD_BYTES - ETAG_AT)
  const flags = version === VERSION_WITHOUT_FLAGS ? 0 : reader.u8()
  const state = flags === 0 ? plainVersion : readVersionState(reader, flags, versionSeq)
  const data = readDataReference(reader)
  const strings = readMetadataStrings(reader)
  const tags = flags & FLAGS.hasTags ? readPairs(reader) : []
  reader.end()
  return { ...summary, acl, crc64, versionSeq, ...state, data, ...strings, tags }
}

/** Decodes what a list page shows only. */
export function decodeObjectSummary(bytes: Uint8Array): ObjectSummaryRow {
  const row = asBuffer(bytes)
  return { ...decodeHead(row), checksum: summaryChecksum(row) }
}

function decodeHead(row: Buffer): Omit<ObjectSummaryRow, 'checksum'> {
  if (row.length <= HEAD_BYTES) throw new StoredFormatError('Object row is too short')
  const version = row[0] ?? 0
  if (version < VERSION_WITHOUT_FLAGS || version > VERSION) {
    throw new StoredFormatError(`Object row has version ${version}`)
  }
  const parts = row.readUInt16LE(ETAG_PARTS_AT)
  const hash = row.toString('hex', ETAG_AT, ETAG_PARTS_AT).toUpperCase()
  return {
    type: pick(TYPES, row[1]),
    storageClass: pick(CLASSES, row[2]),
    sizeBytes: row.readUIntLE(SIZE_AT, 6),
    lastModifiedMs: row.readUIntLE(TIME_AT, 6),
    etag: parts === 0 ? hash : `${hash}-${parts}`,
    restore: version === VERSION_WITHOUT_FLAGS ? undefined : summaryRestore(row),
  }
}

function summaryRestore(row: Buffer): RestoreTimes | undefined {
  if (((row[FLAGS_AT] ?? 0) & FLAGS.hasRestore) === 0) return undefined
  if (row.length < RESTORE_AT + RESTORE_BYTES)
    throw new StoredFormatError('Object row is too short')
  return {
    readyMs: row.readUIntLE(RESTORE_AT, 6),
    expiresMs: row.readUIntLE(RESTORE_AT + 6, 6),
  }
}

/** Reads over what stands before the kind of the checksum, where there is one. */
function summaryChecksum(row: Buffer): ChecksumPlan | undefined {
  const flags = flagsIn(row)
  if ((flags & FLAGS.hasFurther) === 0) return undefined
  const reader = new BinaryReader(row)
  reader.raw(RESTORE_AT)
  if (flags & FLAGS.hasRestore) reader.raw(RESTORE_BYTES)
  if (flags & FLAGS.hasVersionId) reader.raw(SALT_BYTES)
  if (flags & FLAGS.isSymlink) reader.text()
  if (flags & FLAGS.isSealed) reader.raw(TIME_BYTES)
  if (flags & FLAGS.hasOlder) reader.raw(SEQ_BYTES)
  const further = reader.u8()
  if (further & FURTHER_FLAGS.hasContentMd5) reader.raw(MD5_BYTES)
  return further & FURTHER_FLAGS.hasChecksum ? readChecksumPlan(reader) : undefined
}

/** Whether the row says that the key was deleted. */
export function isDeleteMarkerRow(bytes: Uint8Array): boolean {
  return (flagsIn(bytes) & FLAGS.isDeleteMarker) !== 0
}

function flagsIn(row: Uint8Array): number {
  const version = row[0]
  const hasFlags = version === VERSION || version === VERSION_WITH_FLAGS
  return hasFlags ? (row[FLAGS_AT] ?? 0) : 0
}

/** What a list of versions shows of one, besides what the head has. */
export interface VersionSummaryRow extends ObjectSummaryRow {
  readonly versionSeq: VersionSeq
  readonly versionId: VersionId
  readonly isDeleteMarker: boolean
}

/** Decodes the fixed head and the identifier. */
export function decodeVersionSummary(bytes: Uint8Array): VersionSummaryRow {
  const summary = decodeObjectSummary(bytes)
  const row = asBuffer(bytes)
  const versionSeq = row.readBigUInt64LE(SEQ_AT) as VersionSeq
  const flags = flagsIn(row)
  const isDeleteMarker = (flags & FLAGS.isDeleteMarker) !== 0
  if ((flags & FLAGS.hasVersionId) === 0) {
    return { ...summary, versionSeq, versionId: NULL_VERSION, isDeleteMarker }
  }
  const saltAt = RESTORE_AT + (flags & FLAGS.hasRestore ? RESTORE_BYTES : 0)
  const versionId = versionIdOf(versionSeq, row.toString('hex', saltAt, saltAt + SALT_BYTES))
  return { ...summary, versionSeq, versionId, isDeleteMarker }
}

/** Metadata without a place of its own: rows `M` carry it too. */
export function writeMetadata(writer: BinaryWriter, metadata: ObjectMetadata): void {
  writer.text(metadata.contentType)
  writePairs(writer, metadata.headers)
  writePairs(writer, metadata.userMetadata)
}

/** Tags of an upload, which has no flag for them. */
export function writeTags(writer: BinaryWriter, { tags }: ObjectMetadata): void {
  writePairs(writer, tags)
}

export function readTags(reader: BinaryReader): ObjectMetadata['tags'] {
  return readPairs(reader)
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

function flagsOf(record: ObjectRecord): number {
  let flags = 0
  if (record.isDeleteMarker) flags |= FLAGS.isDeleteMarker
  if (record.versionId !== NULL_VERSION) flags |= FLAGS.hasVersionId
  if (record.restore !== undefined) flags |= FLAGS.hasRestore
  if (record.tags.length > 0) flags |= FLAGS.hasTags
  if (record.symlinkTarget !== undefined) flags |= FLAGS.isSymlink
  if (record.sealedMs !== undefined) flags |= FLAGS.isSealed
  if (record.older !== undefined) flags |= FLAGS.hasOlder
  if (record.contentMd5 !== undefined) flags |= FLAGS.hasFurther
  if (record.checksum !== undefined) flags |= FLAGS.hasFurther
  return flags
}

function writeVersionState(writer: BinaryWriter, state: VersionState): void {
  const { versionId, restore, symlinkTarget, sealedMs, older } = state
  if (restore !== undefined) writer.u48(restore.readyMs).u48(restore.expiresMs)
  if (versionId !== NULL_VERSION) writer.hex(saltOf(versionId))
  if (symlinkTarget !== undefined) writer.text(symlinkTarget)
  if (sealedMs !== undefined) writer.u48(sealedMs)
  if (older !== undefined) writer.u64(older.nullSeq ?? NOWHERE)
  writeFurther(writer, state)
}

function writeFurther(writer: BinaryWriter, { contentMd5, checksum }: VersionState): void {
  let further = 0
  if (contentMd5 !== undefined) further |= FURTHER_FLAGS.hasContentMd5
  if (checksum !== undefined) further |= FURTHER_FLAGS.hasChecksum
  if (further === 0) return
  writer.u8(further)
  if (contentMd5 !== undefined) writer.hex(contentMd5)
  if (checksum !== undefined) writeObjectChecksum(writer, checksum)
}

function readVersionState(
  reader: BinaryReader,
  flags: number,
  versionSeq: VersionSeq,
): VersionState {
  return {
    isDeleteMarker: (flags & FLAGS.isDeleteMarker) !== 0,
    restore: flags & FLAGS.hasRestore ? readRestore(reader) : undefined,
    versionId: flags & FLAGS.hasVersionId ? readVersionId(reader, versionSeq) : NULL_VERSION,
    symlinkTarget: flags & FLAGS.isSymlink ? reader.text() : undefined,
    sealedMs: flags & FLAGS.isSealed ? reader.u48() : undefined,
    older: flags & FLAGS.hasOlder ? readOlder(reader) : undefined,
    ...(flags & FLAGS.hasFurther ? readFurther(reader) : noFurther),
  }
}

function readRestore(reader: BinaryReader): RestoreTimes {
  return { readyMs: reader.u48(), expiresMs: reader.u48() }
}

function readOlder(reader: BinaryReader): OlderVersions {
  const nullSeq = reader.u64() as VersionSeq
  return { nullSeq: nullSeq === NOWHERE ? undefined : nullSeq }
}

const noFurther = { contentMd5: undefined, checksum: undefined } as const

function readFurther(reader: BinaryReader): Pick<VersionState, 'contentMd5' | 'checksum'> {
  const further = reader.u8()
  if (further === 0 || further > FURTHER_KNOWN) {
    throw new StoredFormatError(`Object row has further flags ${further}`)
  }
  return {
    contentMd5: further & FURTHER_FLAGS.hasContentMd5 ? reader.hex(MD5_BYTES) : undefined,
    checksum: further & FURTHER_FLAGS.hasChecksum ? readObjectChecksum(reader) : undefined,
  }
}

function readVersionId(reader: BinaryReader, versionSeq: VersionSeq): VersionId {
  return versionIdOf(versionSeq, reader.hex(SALT_BYTES))
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
