/**
 * Decides what puts, deletes and metadata changes of a whole object mean.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { Decision, DroppedRecord, ObjectCommand, RowChange, StoredBody } from './command.ts'
import type { BucketCounters } from './bucket.ts'
import { OssError } from './errors.ts'
import type { BucketId, DataId, DataSetId, ObjectKey, VersionSeq } from './identifiers.ts'
import type { ObjectRecord } from './object.ts'
import { plainVersion } from './object.ts'

/** What the primary adds to a command: the moment, and the version number that is next. */
export interface DecisionContext {
  readonly nowMs: number
  readonly versionSeq: VersionSeq
}

/** The key a change is about. */
export interface Place {
  readonly bucketId: BucketId
  readonly key: ObjectKey
}

type PutObject = Extract<ObjectCommand, { kind: 'putObject' }>
type ReplaceMetadata = Extract<ObjectCommand, { kind: 'replaceMetadata' }>
type DeleteObject = Extract<ObjectCommand, { kind: 'deleteObject' }>

/** Replaces whatever is there; never merges with it (oss.md 5.1). */
export function decidePutObject(
  command: PutObject,
  current: ObjectRecord | undefined,
  { nowMs, versionSeq }: DecisionContext,
): Decision {
  const refused = refuseOverwrite(command.forbidOverwrite, current, command.key)
  if (refused !== undefined) return { refused }
  const { body } = command
  const record: ObjectRecord = {
    ...command.metadata,
    type: 'Normal',
    versionSeq,
    ...plainVersion,
    sizeBytes: body.sizeBytes,
    etag: command.etag,
    crc64: body.crc64,
    lastModifiedMs: nowMs,
    data: body.data.kind === 'inline' ? { kind: 'inline' } : body.data,
  }
  const changes = [
    ...replaceObject(command, current, record, nowMs),
    ...inlineBody(command, body, record),
  ]
  return { changes, result: { kind: 'object', record } }
}

/** New metadata and modification time for the record that was read; its data stays (B8). */
export function decideReplaceMetadata(
  command: ReplaceMetadata,
  current: ObjectRecord | undefined,
  { nowMs }: DecisionContext,
): Decision {
  if (current?.versionSeq !== command.versionSeq) return { changes: [], result: { kind: 'stale' } }
  const record = { ...current, ...command.metadata, etag: command.etag, lastModifiedMs: nowMs }
  const { bucketId, key } = command
  return {
    changes: [
      { row: 'object', bucketId, key, value: record },
      countersChange(bucketId, current, record, nowMs),
    ],
    result: { kind: 'object', record },
  }
}

/** Removes the object; an absent one is no error. */
export function decideDeleteObject(
  command: DeleteObject,
  current: ObjectRecord | undefined,
  { nowMs }: DecisionContext,
): Decision {
  if (current === undefined) return { changes: [], result: { kind: 'deleted', existed: false } }
  return {
    changes: replaceObject(command, current, undefined, nowMs),
    result: { kind: 'deleted', existed: true },
  }
}

/** The refusal of a create-only write where something is already. */
export function refuseOverwrite(
  forbidOverwrite: boolean,
  current: ObjectRecord | undefined,
  key: ObjectKey,
): OssError | undefined {
  if (!forbidOverwrite || current === undefined) return undefined
  return new OssError('FileAlreadyExists', { details: [{ name: 'Key', value: key }] })
}

/** Puts `next` in the place of `current`: the row, what it counted, and the bytes it let go of. */
export function replaceObject(
  { bucketId, key }: Place,
  current: ObjectRecord | undefined,
  next: ObjectRecord | undefined,
  nowMs: number,
): RowChange[] {
  const changes: RowChange[] = [
    { row: 'object', bucketId, key, value: next },
    countersChange(bucketId, current, next, nowMs),
  ]
  if (current !== undefined) changes.push(...dropData({ bucketId, key }, current, nowMs))
  return changes
}

/** The rows that free the bytes of a record which nothing refers to any more. */
export function dropData(place: Place, record: ObjectRecord, nowMs: number): RowChange[] {
  const { data } = record
  switch (data.kind) {
    case 'none':
      return []
    case 'inline':
      return [{ row: 'inline', ...place, versionSeq: record.versionSeq, value: undefined }]
    case 'chunks':
      return [
        dropped(place, data.dataId, {
          kind: 'data',
          droppedMs: nowMs,
          sizeBytes: record.sizeBytes,
        }),
      ]
    case 'pieces':
      return [dropped(place, data.dataSetId, { kind: 'set', droppedMs: nowMs, sizeBytes: 0 })]
    default:
      return unreachable(data)
  }
}

/** A row of the delete queue. */
export function dropped(
  place: Place,
  dataId: DataId | DataSetId,
  value: DroppedRecord | undefined,
): RowChange {
  return { row: 'dropped', ...place, dataId, value }
}

/** What replacing one record by another changes of the bucket's counters. */
export function countersChange(
  bucketId: BucketId,
  before: ObjectRecord | undefined,
  after: ObjectRecord | undefined,
  nowMs: number,
): RowChange {
  const delta: Record<string, number> = { lastModifiedMs: nowMs }
  if (before !== undefined) countObject(delta, before, -1)
  if (after !== undefined) countObject(delta, after, 1)
  return { row: 'counters', bucketId, delta: delta as Partial<BucketCounters> }
}

function countObject(delta: Record<string, number>, record: ObjectRecord, sign: 1 | -1): void {
  const add = (name: keyof BucketCounters, amount: number) => {
    delta[name] = (delta[name] ?? 0) + sign * amount
  }
  add('objects', 1)
  add('objectBytes', record.sizeBytes)
  const isInfrequent = record.storageClass === 'IA'
  add(isInfrequent ? 'infrequentObjects' : 'standardObjects', 1)
  add(isInfrequent ? 'infrequentBytes' : 'standardBytes', record.sizeBytes)
}

function inlineBody(place: Place, body: StoredBody, record: ObjectRecord): RowChange[] {
  if (body.data.kind !== 'inline') return []
  const { bucketId, key } = place
  const { versionSeq } = record
  return [{ row: 'inline', bucketId, key, versionSeq, value: body.data.bytes }]
}
