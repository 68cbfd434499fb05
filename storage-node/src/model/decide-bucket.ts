/**
 * Decides what commands on buckets mean: their records in the system range, their fences in user
 * ranges (replication.md 1.14).
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { AccountSettings } from './account.ts'
import { unsetSettings } from './bucket.ts'
import type { BucketRecord } from './bucket.ts'
import { withSetting } from './bucket-setting.ts'
import type {
  BucketRangeCommand,
  Decision,
  FenceRecord,
  RowChange,
  SystemCommand,
} from './command.ts'
import type { DecisionContext } from './decide-object.ts'
import { OssError } from './errors.ts'
import type { BucketId, BucketName } from './identifiers.ts'

type CreateBucket = Extract<SystemCommand, { kind: 'createBucket' }>
type SetBucketAcl = Extract<SystemCommand, { kind: 'setBucketAcl' }>
type PutBucketSetting = Extract<SystemCommand, { kind: 'putBucketSetting' }>
type RefreshOwnerBlock = Extract<SystemCommand, { kind: 'refreshOwnerBlock' }>
type MarkDeleting = Extract<SystemCommand, { kind: 'markBucketDeleting' }>
type FenceBucket = Extract<BucketRangeCommand, { kind: 'fenceBucket' | 'unfenceBucket' }>
type EndDeleting = Extract<
  SystemCommand,
  { kind: 'removeBucket' | 'undoBucketDeleting' | 'keepBucket' }
>

/** Fences outlive every write that had begun when their bucket was deleted (replication.md 1.14). */
export const FENCE_KEPT_MS = 24 * 60 * 60 * 1000

/** What a range knows of a bucket. */
export interface BucketInRange {
  readonly fence: FenceRecord | undefined
  readonly isEmpty: boolean
  /** Where the next range of the bucket begins. */
  readonly continuesAt: Uint8Array | undefined
}

/** What a new bucket meets. */
export interface BeforeCreation {
  readonly existing: BucketRecord | undefined
  readonly ownedCount: number
  /** What is said of the account that is to own it. */
  readonly ofOwner: AccountSettings
}

/** Making one's own bucket again with the same settings succeeds and may change its ACL and its tags. */
export function decideCreateBucket(
  command: CreateBucket,
  { existing, ownedCount, ofOwner }: BeforeCreation,
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
    deletion: undefined,
    ...unsetSettings,
    tags: command.tags ?? unsetSettings.tags,
    ownerPublicAccessBlock: ofOwner.publicAccessBlock,
  }
  return putBucket(record, true)
}

export function decideSetBucketAcl(
  { name, bucketId, acl }: SetBucketAcl,
  existing: BucketRecord | undefined,
): Decision {
  if (existing?.bucketId !== bucketId) return noSuchBucket(name)
  return putBucket({ ...existing, acl }, false)
}

/** Settings come one at a time, so that two who change different ones do not undo each other. */
export function decidePutBucketSetting(
  { name, bucketId, setting }: PutBucketSetting,
  existing: BucketRecord | undefined,
): Decision {
  if (existing?.bucketId !== bucketId) return noSuchBucket(name)
  return putBucket(withSetting(existing, setting), false)
}

/** The bucket says what its account says: asked for after the account was changed. */
export function decideRefreshOwnerBlock(
  { bucketId }: RefreshOwnerBlock,
  existing: BucketRecord | undefined,
  { publicAccessBlock }: AccountSettings,
): Decision {
  // A bucket that is not there, or another one since, has nothing to learn.
  if (existing?.bucketId !== bucketId) return { changes: [], result: { kind: 'stale' } }
  return putBucket({ ...existing, ownerPublicAccessBlock: publicAccessBlock }, false)
}

/** Stale while another attempt is under way: until it is over, nobody can say how it ends. */
export function decideMarkDeleting(
  { name }: MarkDeleting,
  existing: BucketRecord | undefined,
  { nowMs, versionSeq }: DecisionContext,
): Decision {
  if (existing === undefined) return noSuchBucket(name)
  if (existing.deletion !== undefined) return { changes: [], result: { kind: 'stale' } }
  const deletion = { attempt: versionSeq, sinceMs: nowMs, isUndone: false }
  return putBucket({ ...existing, deletion }, false)
}

/**
 * Removing and undoing exclude each other: whoever comes second finds the attempt over. Only what is
 * undone is kept, for only then nobody removes it while its fences fall.
 */
export function decideEndDeleting(
  { kind, name, bucketId, attempt }: EndDeleting,
  existing: BucketRecord | undefined,
): Decision {
  const stale: Decision = { changes: [], result: { kind: 'stale' } }
  const deletion = existing?.bucketId === bucketId ? existing.deletion : undefined
  if (existing === undefined || deletion?.attempt !== attempt) return stale
  switch (kind) {
    case 'removeBucket':
      if (deletion.isUndone) return stale
      return { changes: [{ row: 'bucket', name, value: undefined }], result: { kind: 'done' } }
    case 'undoBucketDeleting':
      return putBucket({ ...existing, deletion: { ...deletion, isUndone: true } }, false)
    case 'keepBucket':
      return deletion.isUndone ? putBucket({ ...existing, deletion: undefined }, false) : stale
    default:
      return unreachable(kind)
  }
}

/** From a fence on, the range refuses every mutation in the bucket; it needs an empty one. */
export function decideFence(
  { kind, bucketId, attempt }: FenceBucket,
  { fence, isEmpty, continuesAt }: BucketInRange,
  { nowMs }: DecisionContext,
): Decision {
  const isLifted = kind === 'unfenceBucket'
  const result = { kind: 'ranged', continuesAt } as const
  if (fence !== undefined && fence.attempt >= attempt) {
    const isOver = fence.attempt > attempt || (fence.isLifted && !isLifted)
    if (isOver) return { changes: [], result: { kind: 'stale' } }
    if (fence.isLifted === isLifted) return { changes: [], result }
  }
  if (!isLifted && !isEmpty) return { refused: new OssError('BucketNotEmpty') }
  const value = { fencedMs: nowMs, attempt, isLifted }
  return { changes: [{ row: 'fence', bucketId, value }], result }
}

/**
 * Fences fall after a day: bucket ids are never used again. Under a fence the counters are those of
 * an empty bucket, so they may go with it.
 */
export function decideForgetBucket(
  { bucketId }: { readonly bucketId: BucketId },
  { fence, continuesAt }: Omit<BucketInRange, 'isEmpty'>,
  { nowMs }: DecisionContext,
): Decision {
  const result = { kind: 'ranged', continuesAt } as const
  if (fence === undefined || nowMs - fence.fencedMs < FENCE_KEPT_MS) return { changes: [], result }
  const changes: RowChange[] = [{ row: 'fence', bucketId, value: undefined }]
  if (!fence.isLifted) changes.push({ row: 'noCounters', bucketId })
  return { changes, result }
}

function recreate(command: CreateBucket, existing: BucketRecord): Decision {
  const same =
    existing.owner === command.owner &&
    existing.storageClass === command.storageClass &&
    existing.dataRedundancy === command.dataRedundancy
  if (!same) {
    return {
      refused: new OssError('BucketAlreadyExists', {
        details: [{ name: 'BucketName', value: command.name }],
      }),
    }
  }
  const { acl = existing.acl, tags = existing.tags } = command
  const isUnchanged = acl === existing.acl && tags === existing.tags
  // One that is being deleted is made again when that is over, if it ends so.
  return isUnchanged || existing.deletion !== undefined
    ? { changes: [], result: { kind: 'bucket', record: existing, created: false } }
    : putBucket({ ...existing, acl, tags }, false)
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
