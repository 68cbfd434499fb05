/**
 * Builders of commands and rows, for tests of what commands mean.
 *
 * @module
 */

import type { BucketCounters } from './bucket.ts'
import type { Decision, RowChange, StoredBody } from './command.ts'
import type { DecisionContext } from './decide-object.ts'
import type { MetVersions } from './decide-version.ts'
import type { BucketId, DataId, DataSetId, ObjectKey, VersionSeq } from './identifiers.ts'
import type { ObjectMetadata, ObjectRecord, PieceRecord, UploadRecord } from './object.ts'
import { plainVersion } from './object.ts'

export const place = { bucketId: '0123456789abcdef' as BucketId, key: 'k' as ObjectKey }
export const context: DecisionContext = { nowMs: 5000, versionSeq: 7n as VersionSeq }
export const metadata: ObjectMetadata = {
  contentType: 'text/plain',
  headers: [],
  userMetadata: [['a', 'b']],
  storageClass: 'Standard',
  acl: 'private',
  tags: [],
}

/** A dataId of its own for each number. */
export function dataId(number: number): DataId {
  return number.toString(16).padStart(32, '0') as DataId
}

/** A data set of its own for each number. */
export function dataSetId(number: number): DataSetId {
  return `f${number.toString(16).padStart(31, '0')}` as DataSetId
}

/** Sixteen bytes of hex, the same digit throughout. */
export function md5Of(digit: number): string {
  return digit.toString(16).repeat(32)
}

/** A body of that size; inline bodies carry zeros, larger ones lie in chunks of their own. */
export function body(sizeBytes: number, number = 1): StoredBody {
  const data =
    sizeBytes <= 4096
      ? ({ kind: 'inline', bytes: new Uint8Array(sizeBytes) } as const)
      : ({ kind: 'chunks', dataId: dataId(number) } as const)
  return { sizeBytes, data, md5: md5Of(number), crc64: 0n }
}

/** An object that is there already. */
export function object(change: Partial<ObjectRecord> = {}): ObjectRecord {
  return {
    ...metadata,
    type: 'Normal',
    versionSeq: 3n as VersionSeq,
    ...plainVersion,
    sizeBytes: 10,
    etag: md5Of(9),
    crc64: 0n,
    lastModifiedMs: 1000,
    data: { kind: 'inline' },
    ...change,
  }
}

/** What a new version meets where none lies behind the current one. */
export function met(current: ObjectRecord | undefined): MetVersions {
  return { current, olderNull: undefined }
}

/** A piece that is there already. */
export function piece(sizeBytes: number, number = 1): PieceRecord {
  const { data, md5, crc64 } = body(sizeBytes, number)
  return { offset: 0, sizeBytes, md5, crc64, lastModifiedMs: 1000, data }
}

/** An upload that is in progress. */
export function upload(change: Partial<UploadRecord> = {}): UploadRecord {
  const counts = { running: undefined, partCount: 0, partBytes: 0 }
  const begun = { initiatedMs: 1000, metadata, forbidOverwrite: false, isSequential: false }
  return { ...begun, ...counts, ...change }
}

/** The changes of a decision that passed. */
export function changesOf(decision: Decision): readonly RowChange[] {
  if ('refused' in decision) throw decision.refused
  return decision.changes
}

/** The code of a refusal; undefined where there is none. */
export function refusalOf(decision: Decision): string | undefined {
  return 'refused' in decision ? decision.refused.code : undefined
}

/** What a decision counts, without the time. */
export function countedBy(decision: Decision): Partial<BucketCounters> {
  const sum: Record<string, number> = {}
  for (const change of changesOf(decision)) {
    if (change.row !== 'counters') continue
    for (const [name, amount] of Object.entries(change.delta)) {
      if (name !== 'lastModifiedMs' && amount !== 0) sum[name] = (sum[name] ?? 0) + amount
    }
  }
  return sum
}

/** What a decision puts into the delete queue, by its identifier. */
export function droppedBy(decision: Decision): Record<string, string> {
  const queued: Record<string, string> = {}
  for (const change of changesOf(decision)) {
    if (change.row !== 'dropped' || change.value === undefined) continue
    queued[change.dataId] = `${change.value.kind} ${change.value.sizeBytes}`
  }
  return queued
}
