/**
 * Rows other than `O` and `B`: uploads, pieces, part lists, queue and kill records, counters, fences,
 * and how far a partition has been applied.
 *
 * Each begins with the version of its own form, so that each migrates by itself.
 *
 * @module
 */

import type { AccountRecord } from '../../model/account.ts'
import type { BucketCounters } from '../../model/bucket.ts'
import { noCounters } from '../../model/bucket.ts'
import type { DroppedRecord, FenceRecord } from '../../model/command.ts'
import type { DataId, VersionSeq } from '../../model/identifiers.ts'
import { RUNNING_STATE_BYTES_MAX } from '../../model/limits.ts'
import type {
  PartListRecord,
  PieceData,
  PieceRecord,
  RunningHash,
  UploadRecord,
} from '../../model/object.ts'
import type { Seq } from '../../contract/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import {
  readChecksum,
  readChecksumPlan,
  writeChecksum,
  writeChecksumPlan,
} from './checksum-bytes.ts'
import {
  pick,
  readClassAndAcl,
  readMetadataStrings,
  readTags,
  writeClassAndAcl,
  writeMetadata,
  writeTags,
} from './object-row.ts'
import { StoredFormatError } from './stored-format-error.ts'

const VERSION = 1
/** Without a checksum, which few have, a piece is written as ever. */
const PIECE_VERSION_WITH_CHECKSUM = 2
/**
 * The first had no tags, the second no word on the order of parts, the third no running hash, the fourth
 * no checksums.
 */
const UPLOAD_VERSION = 5
const UPLOAD_VERSION_WITH_HASH = 4
const UPLOAD_VERSION_WITH_ORDER = 3
const COUNTER_NAMES = Object.keys(noCounters) as (keyof BucketCounters)[]

export function encodeUploadRow(upload: UploadRecord): Buffer {
  const writer = new BinaryWriter()
    .u8(UPLOAD_VERSION)
    .u48(upload.initiatedMs)
    .u8(upload.forbidOverwrite ? 1 : 0)
    .u8(upload.isSequential ? 1 : 0)
    .varint(upload.partCount)
    .varint(upload.partBytes)
  writeClassAndAcl(writer, upload.metadata)
  writeMetadata(writer, upload.metadata)
  writeTags(writer, upload.metadata)
  const { running } = upload
  writer.u8(running === undefined ? 0 : 1)
  if (running !== undefined) writer.hex(running.md5).bytes(running.state)
  writer.u8(upload.checksums === undefined ? 0 : 1)
  if (upload.checksums !== undefined) writeChecksumPlan(writer, upload.checksums)
  return writer.finish()
}

export function decodeUploadRow(bytes: Uint8Array): UploadRecord {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version < VERSION || version > UPLOAD_VERSION) {
    throw new StoredFormatError(`Upload row has version ${version}`)
  }
  const initiatedMs = reader.u48()
  const forbidOverwrite = reader.u8() === 1
  const isSequential = version >= UPLOAD_VERSION_WITH_ORDER && reader.u8() === 1
  const partCount = reader.varint()
  const partBytes = reader.varint()
  const classAndAcl = readClassAndAcl(reader)
  const strings = readMetadataStrings(reader)
  const tags = version === VERSION ? [] : readTags(reader)
  const metadata = { ...classAndAcl, ...strings, tags }
  const isKnown = version >= UPLOAD_VERSION_WITH_HASH && reader.u8() === 1
  const running = isKnown ? readRunningHash(reader) : undefined
  const hasChecksums = version === UPLOAD_VERSION && reader.u8() === 1
  const checksums = hasChecksums ? readChecksumPlan(reader) : undefined
  reader.end()
  const begun = { initiatedMs, forbidOverwrite, isSequential, running, checksums }
  return { ...begun, partCount, partBytes, metadata }
}

function readRunningHash(reader: BinaryReader): RunningHash {
  const md5 = reader.hex(16)
  const state = reader.bytes()
  if (state.byteLength > RUNNING_STATE_BYTES_MAX) {
    throw new StoredFormatError(`The state of a running hash has ${state.byteLength} bytes`)
  }
  return { md5, state }
}

export function encodePieceRow(piece: PieceRecord): Buffer {
  const { checksum } = piece
  const writer = new BinaryWriter().u8(
    checksum === undefined ? VERSION : PIECE_VERSION_WITH_CHECKSUM,
  )
  if (checksum !== undefined) writeChecksum(writer, checksum)
  writer
    .u48(piece.offset)
    .u48(piece.sizeBytes)
    .hex(piece.md5)
    .u64(piece.crc64)
    .u48(piece.lastModifiedMs)
  if (piece.data.kind === 'inline') writer.u8(0).raw(piece.data.bytes)
  else writer.u8(1).hex(piece.data.dataId)
  return writer.finish()
}

export function decodePieceRow(bytes: Uint8Array): PieceRecord {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION && version !== PIECE_VERSION_WITH_CHECKSUM) {
    throw new StoredFormatError(`Piece row has version ${version}`)
  }
  const checksum = version === VERSION ? undefined : readChecksum(reader)
  const offset = reader.u48()
  const sizeBytes = reader.u48()
  const md5 = reader.hex(16)
  const crc64 = reader.u64()
  const lastModifiedMs = reader.u48()
  const data = readPieceData(reader)
  return { offset, sizeBytes, md5, crc64, lastModifiedMs, data, checksum }
}

function readPieceData(reader: BinaryReader): PieceData {
  if (reader.u8() === 0) return { kind: 'inline', bytes: reader.raw(reader.remaining) }
  const dataId = reader.hex(16) as DataId
  reader.end()
  return { kind: 'chunks', dataId }
}

export function encodePartListRow(list: PartListRecord): Buffer {
  const writer = start().hex(list.digest).varint(list.parts.length)
  for (const { partNumber, sizeBytes } of list.parts) writer.varint(partNumber).varint(sizeBytes)
  return writer.finish()
}

export function decodePartListRow(bytes: Uint8Array): PartListRecord {
  const reader = open(bytes, 'Part list')
  const digest = reader.hex(16)
  const parts: { partNumber: number; sizeBytes: number }[] = []
  for (let left = reader.count(); left > 0; left--) {
    parts.push({ partNumber: reader.varint(), sizeBytes: reader.varint() })
  }
  reader.end()
  return { digest, parts }
}

export function encodeDroppedRow(dropped: DroppedRecord): Buffer {
  return start()
    .u8(dropped.kind === 'data' ? 0 : 1)
    .u48(dropped.droppedMs)
    .u48(dropped.sizeBytes)
    .finish()
}

export function decodeDroppedRow(bytes: Uint8Array): DroppedRecord {
  const reader = open(bytes, 'Queue')
  const kind = pick(['data', 'set'] as const, reader.u8())
  const record = { kind, droppedMs: reader.u48(), sizeBytes: reader.u48() }
  reader.end()
  return record
}

export const encodeKillRow = (kill: { readonly killedMs: number }): Buffer =>
  start().u48(kill.killedMs).finish()

export const decodeKillRow = (bytes: Uint8Array): { killedMs: number } => ({
  killedMs: open(bytes, 'Kill').u48(),
})

export const encodeFenceRow = (fence: FenceRecord): Buffer =>
  start()
    .u48(fence.fencedMs)
    .u64(fence.attempt)
    .u8(fence.isLifted ? 1 : 0)
    .finish()

/** Fences of regions with one store name no attempt. */
export function decodeFenceRow(bytes: Uint8Array): FenceRecord {
  const reader = open(bytes, 'Fence')
  const fencedMs = reader.u48()
  if (reader.remaining === 0) return { fencedMs, attempt: 0n as VersionSeq, isLifted: false }
  const fence = { fencedMs, attempt: reader.u64() as VersionSeq, isLifted: reader.u8() === 1 }
  reader.end()
  return fence
}

export function encodeAccountRow({ name, publicAccessBlock }: AccountRecord): Buffer {
  const writer = start().u8(publicAccessBlock ? 1 : 0)
  return name === undefined ? writer.finish() : writer.text(name).finish()
}

/** What comes last is there only of accounts that have a name. */
export function decodeAccountRow(bytes: Uint8Array): AccountRecord {
  const reader = open(bytes, 'Account')
  const publicAccessBlock = reader.u8() === 1
  const name = reader.remaining > 0 ? reader.text() : undefined
  reader.end()
  return { name, publicAccessBlock }
}

export function encodeCountersRow(counters: BucketCounters): Buffer {
  const writer = start().varint(COUNTER_NAMES.length)
  for (const name of COUNTER_NAMES) writer.signed(counters[name])
  return writer.finish()
}

export function decodeCountersRow(bytes: Uint8Array): BucketCounters {
  const reader = open(bytes, 'Counters')
  const counters = { ...noCounters }
  const count = reader.count()
  for (let at = 0; at < count; at++) counters[pick(COUNTER_NAMES, at)] = reader.signed()
  reader.end()
  return counters
}

/** Row `H`: how far a partition has been applied, written with every batch. */
export interface AppliedRow {
  readonly seq: Seq
  /** The highest versionSeq handed out up to there. */
  readonly versionSeq: VersionSeq
}

export const encodeAppliedRow = (applied: AppliedRow): Buffer =>
  start().u48(applied.seq).u64(applied.versionSeq).finish()

export function decodeAppliedRow(bytes: Uint8Array): AppliedRow {
  const reader = open(bytes, 'Applied')
  return { seq: reader.u48() as Seq, versionSeq: reader.u64() as VersionSeq }
}

function start(): BinaryWriter {
  return new BinaryWriter().u8(VERSION)
}

function open(bytes: Uint8Array, what: string): BinaryReader {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw new StoredFormatError(`${what} row has version ${version}`)
  return reader
}
