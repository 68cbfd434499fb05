/**
 * Decides what an append means (oss.md 5.12).
 *
 * Pieces are rows of a data set. A small append goes into the last piece while both together stay
 * within a row, so that a log of short lines does not become a row per line; readers stop at the
 * size of the record they read, and never see the bytes behind it.
 *
 * @module
 */

import type { Decision, ObjectCommand, RowChange } from './command.ts'
import { combineCrc64 } from './crc64-combine.ts'
import { refuseHeavyClass, refuseOverwrite } from './decide-object.ts'
import type { DecisionContext } from './decide-object.ts'
import { OssError } from './errors.ts'
import { INLINE_SIZE_BYTES_MAX } from './identifiers.ts'
import { APPEND_SIZE_BYTES_MAX } from './limits.ts'
import { countersChange } from './object-changes.ts'
import type { ObjectRecord, PieceRecord } from './object.ts'
import { plainVersion } from './object.ts'

type AppendObject = Extract<ObjectCommand, { kind: 'appendObject' }>

/** The object as it is, and its last piece where it is appendable and not empty. */
export interface AppendRows {
  readonly current: ObjectRecord | undefined
  readonly lastPiece: PieceRecord | undefined
}

/** Appends at exactly the present length, or refuses. */
export function decideAppend(
  command: AppendObject,
  { current, lastPiece }: AppendRows,
  context: DecisionContext,
): Decision {
  const refused = refuseAppend(command, current)
  if (refused !== undefined) return { refused }
  const { bucketId, key, body } = command
  if (current !== undefined && body.sizeBytes === 0) {
    return { changes: [], result: { kind: 'object', record: current } }
  }
  const pieces = addPiece(command, current, lastPiece, context.nowMs)
  const record = grownObject(command, current, pieces.pieceCount, context)
  const changes: RowChange[] = [
    { row: 'object', bucketId, key, value: record },
    countersChange(bucketId, current, record, context.nowMs),
    ...pieces.changes,
  ]
  return { changes, result: { kind: 'object', record } }
}

function refuseAppend(
  command: AppendObject,
  current: ObjectRecord | undefined,
): OssError | undefined {
  const { position, body, metadata } = command
  if (current !== undefined && !mayGrow(current)) return new OssError('ObjectNotAppendable')
  const heavy = current === undefined ? refuseHeavyClass(metadata.storageClass) : undefined
  if (heavy !== undefined) return heavy
  const lengthBytes = current?.sizeBytes ?? 0
  if (position !== lengthBytes) {
    return new OssError('PositionNotEqualToLength', {
      headers: { 'x-oss-next-append-position': String(lengthBytes) },
    })
  }
  if (lengthBytes + body.sizeBytes > APPEND_SIZE_BYTES_MAX) return new OssError('EntityTooLarge')
  // Only the first append can find something that it must not overwrite.
  return position === 0 ? refuseOverwrite(command, current) : undefined
}

/** A delete marker is nothing to append to, either (oss.md 5.12). */
function mayGrow({ type, sealedMs }: ObjectRecord): boolean {
  return type === 'Appendable' && sealedMs === undefined
}

function grownObject(
  { metadata, body, etag, dataSetId }: AppendObject,
  current: ObjectRecord | undefined,
  pieceCount: number,
  { nowMs, versionSeq }: DecisionContext,
): ObjectRecord {
  if (current === undefined || current.data.kind !== 'pieces') {
    return {
      ...metadata,
      type: 'Appendable',
      versionSeq,
      ...plainVersion,
      sizeBytes: body.sizeBytes,
      etag,
      crc64: body.crc64,
      lastModifiedMs: nowMs,
      data: { kind: 'pieces', dataSetId, pieceCount },
    }
  }
  return {
    ...current,
    sizeBytes: current.sizeBytes + body.sizeBytes,
    etag,
    crc64: combineCrc64(current.crc64, body.crc64, body.sizeBytes),
    lastModifiedMs: nowMs,
    data: { ...current.data, pieceCount },
  }
}

function addPiece(
  { bucketId, key, body, dataSetId }: AppendObject,
  current: ObjectRecord | undefined,
  last: PieceRecord | undefined,
  nowMs: number,
): { changes: RowChange[]; pieceCount: number } {
  const pieces = current?.data.kind === 'pieces' ? current.data : undefined
  const set = pieces?.dataSetId ?? dataSetId
  const count = pieces?.pieceCount ?? 0
  const write = (index: number, value: PieceRecord): RowChange => {
    return { row: 'piece', bucketId, key, dataSetId: set, index, value }
  }
  if (body.sizeBytes === 0) return { changes: [], pieceCount: count }
  const joined = last === undefined ? undefined : joinInline(last, body.data)
  if (last !== undefined && joined !== undefined) {
    const value: PieceRecord = {
      ...last,
      sizeBytes: last.sizeBytes + body.sizeBytes,
      crc64: combineCrc64(last.crc64, body.crc64, body.sizeBytes),
      lastModifiedMs: nowMs,
      data: { kind: 'inline', bytes: joined },
    }
    return { changes: [write(count - 1, value)], pieceCount: count }
  }
  const { sizeBytes, md5, crc64, data } = body
  const offset = current?.sizeBytes ?? 0
  const piece = { offset, sizeBytes, md5, crc64, lastModifiedMs: nowMs, data }
  return { changes: [write(count, piece)], pieceCount: count + 1 }
}

function joinInline(last: PieceRecord, added: PieceRecord['data']): Uint8Array | undefined {
  if (last.data.kind !== 'inline' || added.kind !== 'inline') return undefined
  const sizeBytes = last.data.bytes.byteLength + added.bytes.byteLength
  if (sizeBytes > INLINE_SIZE_BYTES_MAX) return undefined
  return Buffer.concat([last.data.bytes, added.bytes])
}
