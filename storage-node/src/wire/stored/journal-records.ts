/**
 * What the journal's records say (replication.md 2.1), and their bytes.
 *
 * A record is {length u32, CRC-32 u32, type u8, partition u32, body}; the length is the body's, the
 * checksum covers everything behind it. Decoded payloads and configurations are views of the bytes
 * they were read from.
 *
 * @module
 */

import { assert, unreachable } from '../../base/assert.ts'
import { crc32 } from '../../base/checksums.ts'
import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { decodeStoreId, encodeStoreId, STORE_ID_BYTES } from './store-id.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** An element of a partition's log. The log ends with it, whatever stood above. */
export interface EntryRecord {
  readonly partition: PartitionId
  readonly ballot: Ballot
  readonly seq: Seq
  /** 16 bytes. */
  readonly opId: Uint8Array
  /** At most `PAYLOAD_SIZE_BYTES_MAX`. */
  readonly payload: Uint8Array
}

/** All durable state of a replica but its entries. The last record of a partition holds. */
export interface ReplicaRecord {
  readonly partition: PartitionId
  readonly promised: { readonly ballot: Ballot; readonly to: StoreId }
  /** Opaque here. */
  readonly configuration: Uint8Array
  /** A position whose rows a flush of the key-value engine covers (J5). */
  readonly base: LogPosition
  readonly installing: boolean
}

/** A place in a partition's log. */
export interface LogPosition {
  readonly seq: Seq
  readonly ballot: Ballot
}

/** What this store has heard from another one. */
export interface PeerRecord {
  readonly storeId: StoreId
  readonly incarnationMax: number
  /** Number of the last journal group that the peer reported synced. */
  readonly syncedGroup: number
}

/** The first record of a file. */
export interface HeadRecord {
  readonly formatVersion: number
  /** Number of the last group known synced before this file. */
  readonly follows: number
}

export type JournalRecord =
  | { readonly kind: 'head'; readonly head: HeadRecord }
  | { readonly kind: 'replica'; readonly replica: ReplicaRecord }
  | { readonly kind: 'peer'; readonly peer: PeerRecord }
  | { readonly kind: 'entry'; readonly entry: EntryRecord }
  /** The same entry again, because its file is to be dropped: it only takes its place (J4). */
  | { readonly kind: 'copy'; readonly entry: EntryRecord }
  /** A snapshot has replaced the log: what was written of it so far is gone. */
  | { readonly kind: 'restart'; readonly partition: PartitionId }

export const JOURNAL_FORMAT_VERSION = 1
export const OP_ID_BYTES = 16
/** replication.md 1.5: an entry is at most 4 MiB. */
export const PAYLOAD_SIZE_BYTES_MAX = 4 * 1024 ** 2
export const RECORD_HEADER_BYTES = 13

const TYPES = { head: 1, replica: 2, peer: 3, entry: 4, copy: 5, restart: 6 } as const
const NO_PARTITION = 0
/** Where what the checksum covers begins: behind length and checksum. */
const CHECKED_FROM = 8
const ENTRY_FIXED_BYTES = 6 + 4 + 6 + OP_ID_BYTES

/** Bytes that a record takes in a group. */
export function recordSizeBytes(record: JournalRecord): number {
  if (record.kind === 'entry' || record.kind === 'copy') {
    return RECORD_HEADER_BYTES + ENTRY_FIXED_BYTES + record.entry.payload.byteLength
  }
  return RECORD_HEADER_BYTES + encodeSmallBody(record).byteLength
}

/** Writes a record at `at`; returns where it ends. */
export function writeRecord(target: Buffer, at: number, record: JournalRecord): number {
  const bodyAt = at + RECORD_HEADER_BYTES
  let end: number
  if (record.kind === 'entry' || record.kind === 'copy') {
    end = writeEntryBody(target, bodyAt, record.entry)
  } else {
    const body = encodeSmallBody(record)
    target.set(body, bodyAt)
    end = bodyAt + body.byteLength
  }
  target[at + 8] = TYPES[record.kind]
  target.writeUInt32LE(partitionOf(record), at + 9)
  target.writeUInt32LE(end - bodyAt, at)
  target.writeUInt32LE(crc32(target.subarray(at + CHECKED_FROM, end)), at + 4)
  return end
}

/** Reads the record that begins at `at`; throws `StoredFormatError` unless it is whole and sound. */
export function readRecord(bytes: Buffer, at: number): { record: JournalRecord; end: number } {
  if (at + RECORD_HEADER_BYTES > bytes.byteLength) throw new StoredFormatError('Record ends early')
  const bodyAt = at + RECORD_HEADER_BYTES
  const end = bodyAt + bytes.readUInt32LE(at)
  if (end > bytes.byteLength) throw new StoredFormatError('Record is longer than what holds it')
  const checked = bytes.subarray(at + CHECKED_FROM, end)
  if (crc32(checked) !== bytes.readUInt32LE(at + 4)) {
    throw new StoredFormatError('Record has a wrong checksum')
  }
  const partition = bytes.readUInt32LE(at + 9) as PartitionId
  return { record: decodeBody(bytes[at + 8] ?? 0, partition, bytes.subarray(bodyAt, end)), end }
}

function writeEntryBody(target: Buffer, at: number, entry: EntryRecord): number {
  assert(entry.opId.byteLength === OP_ID_BYTES, 'an opId has 16 bytes')
  assert(entry.payload.byteLength <= PAYLOAD_SIZE_BYTES_MAX, 'a payload is within its limit')
  target.writeUIntLE(entry.ballot.epoch, at, 6)
  target.writeUInt32LE(entry.ballot.activation, at + 6)
  target.writeUIntLE(entry.seq, at + 10, 6)
  target.set(entry.opId, at + 16)
  target.set(entry.payload, at + ENTRY_FIXED_BYTES)
  return at + ENTRY_FIXED_BYTES + entry.payload.byteLength
}

function encodeSmallBody(record: Exclude<JournalRecord, { entry: EntryRecord }>): Uint8Array {
  const writer = new BinaryWriter()
  switch (record.kind) {
    case 'head':
      return writer.u16(record.head.formatVersion).u48(record.head.follows).finish()
    case 'peer': {
      const { storeId, incarnationMax, syncedGroup } = record.peer
      return writer.raw(encodeStoreId(storeId)).u48(incarnationMax).u48(syncedGroup).finish()
    }
    case 'replica': {
      const { promised, configuration, base, installing } = record.replica
      writeBallot(writer, promised.ballot).raw(encodeStoreId(promised.to))
      writeBallot(writer.u48(base.seq), base.ballot).u8(installing ? 1 : 0)
      return writer.bytes(configuration).finish()
    }
    case 'restart':
      return writer.finish()
    default:
      return unreachable(record)
  }
}

function decodeBody(type: number, partition: PartitionId, body: Buffer): JournalRecord {
  const reader = new BinaryReader(body)
  switch (type) {
    case TYPES.entry:
      return { kind: 'entry', entry: readEntry(reader, partition) }
    case TYPES.copy:
      return { kind: 'copy', entry: readEntry(reader, partition) }
    case TYPES.restart:
      reader.end()
      return { kind: 'restart', partition }
    case TYPES.replica:
      return { kind: 'replica', replica: readReplica(reader, partition) }
    case TYPES.peer:
      return { kind: 'peer', peer: readPeer(reader) }
    case TYPES.head:
      return { kind: 'head', head: readHead(reader) }
    default:
      throw new StoredFormatError(`Record has the unknown type ${type}`)
  }
}

function readEntry(reader: BinaryReader, partition: PartitionId): EntryRecord {
  const ballot = readBallot(reader)
  const seq = reader.u48() as Seq
  const opId = reader.raw(OP_ID_BYTES)
  if (reader.remaining > PAYLOAD_SIZE_BYTES_MAX) throw new StoredFormatError('Entry is too large')
  return { partition, ballot, seq, opId, payload: reader.raw(reader.remaining) }
}

function readReplica(reader: BinaryReader, partition: PartitionId): ReplicaRecord {
  const promised = { ballot: readBallot(reader), to: decodeStoreId(reader.raw(STORE_ID_BYTES)) }
  const base = { seq: reader.u48() as Seq, ballot: readBallot(reader) }
  const installing = reader.u8()
  if (installing > 1) throw new StoredFormatError(`Flag is ${installing}`)
  const configuration = reader.bytes()
  reader.end()
  return { partition, promised, configuration, base, installing: installing === 1 }
}

function readPeer(reader: BinaryReader): PeerRecord {
  const storeId = decodeStoreId(reader.raw(STORE_ID_BYTES))
  const peer = { storeId, incarnationMax: reader.u48(), syncedGroup: reader.u48() }
  reader.end()
  return peer
}

function readHead(reader: BinaryReader): HeadRecord {
  const formatVersion = reader.u16()
  if (formatVersion !== JOURNAL_FORMAT_VERSION) {
    throw new StoredFormatError(`Journal format ${formatVersion} is unknown`)
  }
  const head = { formatVersion, follows: reader.u48() }
  reader.end()
  return head
}

function writeBallot(writer: BinaryWriter, ballot: Ballot): BinaryWriter {
  return writer.u48(ballot.epoch).u32(ballot.activation)
}

function readBallot(reader: BinaryReader): Ballot {
  return { epoch: reader.u48() as Epoch, activation: reader.u32() }
}

function partitionOf(record: JournalRecord): number {
  switch (record.kind) {
    case 'entry':
    case 'copy':
      return record.entry.partition
    case 'replica':
      return record.replica.partition
    case 'restart':
      return record.partition
    case 'peer':
    case 'head':
      return NO_PARTITION
    default:
      return unreachable(record)
  }
}
