/**
 * The rows of one replica, each decoded once, for those who compare them with each other.
 *
 * @module
 */

import {
  decodeCountersRow,
  decodeDroppedRow,
  decodeObjectRow,
  decodePartListRow,
  decodePieceRow,
  decodeUploadRow,
  objectKeyOfRow,
} from '@granary/storage-node/testing'

export interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A broken rule. */
export interface RowFault {
  readonly rule: string
  readonly detail: string
}

/** A row `O` or `V`. */
export interface VersionRow {
  /** Bucket and key, as they stand in the row's key, in hex. */
  readonly position: string
  readonly isCurrent: boolean
  readonly record: ReturnType<typeof decodeObjectRow>
}

/** The rows `D` of one data set. */
export interface DataSet {
  readonly pieces: Map<number, ReturnType<typeof decodePieceRow>>
  list: ReturnType<typeof decodePartListRow> | undefined
}

/** Where a name is one of several at a position, both are in it: `position/name`. */
export interface ReplicaRows {
  readonly versions: readonly VersionRow[]
  readonly inlineBytes: ReadonlyMap<string, number>
  readonly uploads: ReadonlyMap<string, ReturnType<typeof decodeUploadRow>>
  readonly sets: ReadonlyMap<string, DataSet>
  /** What a row `G` says waits for its deletion. */
  readonly dropped: ReadonlyMap<string, 'data' | 'set'>
  readonly killed: ReadonlySet<string>
  readonly counters: ReadonlyMap<string, ReturnType<typeof decodeCountersRow>>
}

const PART_LIST_INDEX = 0xffff_ffff
const POSITION_START = 1
const BUCKET_ID_END = 9
const BUCKET_ID_DIGITS = 16
const ID_BYTES = 16
const TOP_SEQ = 0xffff_ffff_ffff_ffffn

export function readReplicaRows(rows: readonly Row[]): ReplicaRows {
  const versions: VersionRow[] = []
  const inlineBytes = new Map<string, number>()
  const uploads = new Map<string, ReturnType<typeof decodeUploadRow>>()
  const sets = new Map<string, DataSet>()
  const dropped = new Map<string, 'data' | 'set'>()
  const killed = new Set<string>()
  const counters = new Map<string, ReturnType<typeof decodeCountersRow>>()
  for (const { key, value } of rows) {
    const row = asBuffer(key)
    switch (String.fromCharCode(row[0] ?? 0)) {
      case 'O':
      case 'V':
        versions.push(versionOf(row, value))
        break
      case 'I':
        inlineBytes.set(nameWithSeq(row), value.byteLength)
        break
      case 'M':
        uploads.set(nameWithId(row), decodeUploadRow(value))
        break
      case 'D':
        addToSet(sets, row, value)
        break
      case 'G':
        dropped.set(nameWithId(row), decodeDroppedRow(value).kind)
        break
      case 'K':
        killed.add(nameWithId(row))
        break
      case 'S':
        counters.set(row.toString('hex', POSITION_START, BUCKET_ID_END), decodeCountersRow(value))
    }
  }
  return { versions, inlineBytes, uploads, sets, dropped, killed, counters }
}

/** The bucket of a position, or of a name that begins with one. */
export function bucketIdOf(position: string): string {
  return position.slice(0, BUCKET_ID_DIGITS)
}

function versionOf(row: Buffer, value: Uint8Array): VersionRow {
  const position = row.toString('hex', POSITION_START, objectKeyOfRow(row).end)
  return { position, isCurrent: row[0] === CURRENT, record: decodeObjectRow(value) }
}

const CURRENT = 'O'.charCodeAt(0)

function addToSet(sets: Map<string, DataSet>, row: Buffer, value: Uint8Array): void {
  const name = nameWithId(row)
  const set = sets.get(name) ?? { pieces: new Map(), list: undefined }
  sets.set(name, set)
  const index = row.readUInt32BE(row.byteLength - 4)
  if (index === PART_LIST_INDEX) set.list = decodePartListRow(value)
  else set.pieces.set(index, decodePieceRow(value))
}

function nameWithId(row: Buffer): string {
  const { end } = objectKeyOfRow(row)
  return `${row.toString('hex', POSITION_START, end)}/${row.toString('hex', end, end + ID_BYTES)}`
}

function nameWithSeq(row: Buffer): string {
  const { end } = objectKeyOfRow(row)
  return `${row.toString('hex', POSITION_START, end)}/${TOP_SEQ - row.readBigUInt64BE(end)}`
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
