/**
 * Decides what becomes of bytes that nothing refers to: kills, and the steps of the delete queue.
 *
 * @module
 */

import type { Decision, ObjectCommand, RowChange } from './command.ts'
import type { DecisionContext } from './decide-object.ts'
import { dropPiece } from './decide-upload.ts'
import { OssError } from './errors.ts'
import type { DataId } from './identifiers.ts'
import { dropped } from './object-changes.ts'
import type { PieceData, PieceRecord } from './object.ts'

type KillData = Extract<ObjectCommand, { kind: 'killData' }>
type WalkDroppedSet = Extract<ObjectCommand, { kind: 'walkDroppedSet' }>

/** Data older than this is never committed: less than a kill record is kept (replication.md 1.8). */
export const DATA_AGE_MS_MAX = 5 * 24 * 60 * 60 * 1000
/** Hex digits of a dataId that tell when it was made. */
const TIME_DIGITS = 12

/** Rows of a data set that one entry takes at most. */
export const WALK_COUNT_MAX = 1000

/** A row of a data set: a piece, or (without one) its part list. */
export interface SetRow {
  readonly index: number
  readonly piece: PieceRecord | undefined
}

/** Commit and kill of one dataId are ordered by the same log: whoever comes second is refused (B4). */
export function decideKillData(
  { bucketId, key, dataId }: KillData,
  isReferenced: boolean,
  { nowMs }: DecisionContext,
): Decision {
  if (isReferenced) return { changes: [], result: { kind: 'killed', referenced: true } }
  return {
    changes: [{ row: 'kill', bucketId, key, dataId, value: { killedMs: nowMs } }],
    result: { kind: 'killed', referenced: false },
  }
}

/**
 * The refusal to refer to data that was killed as an orphan, or is so old that the record of its
 * kill may be gone.
 */
export function refuseLateData(
  data: PieceData,
  isKilled: boolean,
  { nowMs }: DecisionContext,
): OssError | undefined {
  const isLate = data.kind === 'chunks' && nowMs - madeAtMs(data.dataId) > DATA_AGE_MS_MAX
  if (!isKilled && !isLate) return undefined
  return new OssError('RequestTimeout', {
    message: 'The upload took so long that its data has been removed; send it again.',
  })
}

/** Moves pieces of a dropped data set into the queue; with the last of them goes the set's record. */
export function decideWalkDroppedSet(
  { bucketId, key, dataSetId }: WalkDroppedSet,
  rows: readonly SetRow[],
  { nowMs }: DecisionContext,
): Decision {
  const changes: RowChange[] = []
  for (const { index, piece } of rows) {
    if (piece === undefined) {
      changes.push({ row: 'partList', bucketId, key, dataSetId, value: undefined })
    } else {
      changes.push({ row: 'piece', bucketId, key, dataSetId, index, value: undefined })
      changes.push(...dropPiece({ bucketId, key }, piece, nowMs))
    }
  }
  if (rows.length < WALK_COUNT_MAX) changes.push(dropped({ bucketId, key }, dataSetId, undefined))
  return { changes, result: { kind: 'done' } }
}

/** Removes a queue record, once every store has deleted the chunks. */
export function decideForgetDropped({
  bucketId,
  key,
  dataId,
}: Extract<ObjectCommand, { kind: 'forgetDropped' }>): Decision {
  return { changes: [dropped({ bucketId, key }, dataId, undefined)], result: { kind: 'done' } }
}

export function decideForgetKill({
  bucketId,
  key,
  dataId,
}: {
  readonly bucketId: KillData['bucketId']
  readonly key: KillData['key']
  readonly dataId: DataId
}): Decision {
  const changes: RowChange[] = [{ row: 'kill', bucketId, key, dataId, value: undefined }]
  return { changes, result: { kind: 'done' } }
}

function madeAtMs(dataId: DataId): number {
  return Number.parseInt(dataId.slice(0, TIME_DIGITS), 16)
}
