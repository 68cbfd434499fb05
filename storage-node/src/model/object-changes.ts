/**
 * Row changes that the decisions about objects have in common: what is counted, and the bytes that
 * are let go of.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { BucketCounters } from './bucket.ts'
import type { DroppedRecord, RowChange } from './command.ts'
import type { BucketId, DataId, DataSetId, ObjectKey } from './identifiers.ts'
import type { ObjectRecord, StorageClass } from './object.ts'

/** What counts the objects of a class, and their bytes. */
export const CLASS_COUNTERS = {
  Standard: { objects: 'standardObjects', bytes: 'standardBytes' },
  IA: { objects: 'infrequentObjects', bytes: 'infrequentBytes' },
  Archive: { objects: 'archiveObjects', bytes: 'archiveBytes' },
  ColdArchive: { objects: 'coldArchiveObjects', bytes: 'coldArchiveBytes' },
  DeepColdArchive: { objects: 'deepColdArchiveObjects', bytes: 'deepColdArchiveBytes' },
} as const satisfies Record<StorageClass, Record<'objects' | 'bytes', keyof BucketCounters>>

/** The key a change is about. */
export interface Place {
  readonly bucketId: BucketId
  readonly key: ObjectKey
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
  if (record.isDeleteMarker) {
    add('deleteMarkers', 1)
    return
  }
  add('objects', 1)
  add('objectBytes', record.sizeBytes)
  const { objects, bytes } = CLASS_COUNTERS[record.storageClass]
  add(objects, 1)
  add(bytes, record.sizeBytes)
}
