/**
 * Decides what commands on buckets mean: their records in the system range, their fences in user
 * ranges (replication.md 1.14).
 *
 * @module
 */

import type { BucketRecord } from './bucket.ts'
import type { BucketRangeCommand, Decision, RowChange, SystemCommand } from './command.ts'
import type { DecisionContext } from './decide-object.ts'
import { OssError } from './errors.ts'
import type { BucketId, BucketName } from './identifiers.ts'

type CreateBucket = Extract<SystemCommand, { kind: 'createBucket' }>
type SetBucketAcl = Extract<SystemCommand, { kind: 'setBucketAcl' }>
type MarkDeleting = Extract<SystemCommand, { kind: 'markBucketDeleting' }>
type FenceBucket = Extract<BucketRangeCommand, { kind: 'fenceBucket' | 'unfenceBucket' }>
type EndDeleting = Extract<SystemCommand, { kind: 'undoBucketDeleting' | 'removeBucket' }>

/** Making one's own bucket again with the same settings succeeds and may change its ACL. */
export function decideCreateBucket(
  command: CreateBucket,
  { existing, ownedCount }: { existing: BucketRecord | undefined; ownedCount: number },
  { nowMs }: DecisionContext,
): Decision {
  if (existing !== undefined) return recreate(command, existing)
  if (ownedCount >= command.bucketCountMax) return { refused: new OssError('TooManyBuckets') }
  const { name, bucketId, owner, storageClass, dataRedundancy } = command
  const record: BucketRecord = {
    name,
    bucketId,
    owner,
    acl: command.acl ?? 'private',
    storageClass,
    dataRedundancy,
    createdMs: nowMs,
    deletingSinceMs: undefined,
  }
  return putBucket(record, true)
}

export function decideSetBucketAcl(
  { name, acl }: SetBucketAcl,
  existing: BucketRecord | undefined,
): Decision {
  if (existing === undefined || existing.deletingSinceMs !== undefined) return noSuchBucket(name)
  return putBucket({ ...existing, acl }, false)
}

export function decideMarkDeleting(
  { name }: MarkDeleting,
  existing: BucketRecord | undefined,
  { nowMs }: DecisionContext,
): Decision {
  if (existing === undefined || existing.deletingSinceMs !== undefined) return noSuchBucket(name)
  return putBucket({ ...existing, deletingSinceMs: nowMs }, false)
}

/** Ends a deletion one way or the other; a bucket of that name which is a later one is left alone. */
export function decideEndDeleting(
  { kind, name, bucketId }: EndDeleting,
  existing: BucketRecord | undefined,
): Decision {
  if (existing?.bucketId !== bucketId || existing.deletingSinceMs === undefined) {
    return { changes: [], result: { kind: 'done' } }
  }
  if (kind === 'undoBucketDeleting') {
    return putBucket({ ...existing, deletingSinceMs: undefined }, false)
  }
  return { changes: [{ row: 'bucket', name, value: undefined }], result: { kind: 'done' } }
}

/** From a fence on, the range refuses every mutation in the bucket; it needs an empty one. */
export function decideFence(
  { kind, bucketId }: FenceBucket,
  isEmpty: boolean,
  { nowMs }: DecisionContext,
): Decision {
  if (kind === 'fenceBucket' && !isEmpty) return { refused: new OssError('BucketNotEmpty') }
  const value = kind === 'fenceBucket' ? { fencedMs: nowMs } : undefined
  return { changes: [{ row: 'fence', bucketId, value }], result: { kind: 'done' } }
}

/** Fences fall after a day: bucket ids are never used again. */
export function decideForgetBucket({ bucketId }: { readonly bucketId: BucketId }): Decision {
  const changes: RowChange[] = [
    { row: 'fence', bucketId, value: undefined },
    { row: 'noCounters', bucketId },
  ]
  return { changes, result: { kind: 'done' } }
}

function recreate(command: CreateBucket, existing: BucketRecord): Decision {
  const same =
    existing.owner === command.owner &&
    existing.deletingSinceMs === undefined &&
    existing.storageClass === command.storageClass &&
    existing.dataRedundancy === command.dataRedundancy
  if (!same) {
    return {
      refused: new OssError('BucketAlreadyExists', {
        details: [{ name: 'BucketName', value: command.name }],
      }),
    }
  }
  const { acl } = command
  return acl === undefined || acl === existing.acl
    ? { changes: [], result: { kind: 'bucket', record: existing, created: false } }
    : putBucket({ ...existing, acl }, false)
}

function putBucket(record: BucketRecord, created: boolean): Decision {
  return {
    changes: [{ row: 'bucket', name: record.name, value: record }],
    result: { kind: 'bucket', record, created },
  }
}

function noSuchBucket(name: BucketName): Decision {
  return {
    refused: new OssError('NoSuchBucket', { details: [{ name: 'BucketName', value: name }] }),
  }
}
