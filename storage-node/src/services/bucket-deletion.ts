/**
 * Carries a deletion of a bucket to its end, one way or the other (replication.md 1.14).
 *
 * Several storage nodes may work on one attempt at a time: the gateway that was asked, and the primary
 * of the system range once it takes too long. The system range decides between them. It either
 * removes the bucket, whose fences then stay, or lets it be undone, and only after that fences fall.
 * Fences carry the attempt, so whoever is late changes nothing.
 *
 * Until its record is removed the bucket is there, for everybody: a deletion may still be undone, and
 * whoever had been told that there is no such bucket would have been told wrong. So reads find it, and
 * a change that meets a fence does not wait for the end but brings it about.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Partitions } from '../cluster/partitions.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { CommandResult, ObjectCommand } from '../model/command.ts'
import { OssError } from '../model/errors.ts'

export type DeletionOutcome = 'removed' | 'kept'

/**
 * Fences every range, then removes the record; one that refuses undoes all of it. Rejects when a
 * range does not answer: the record then waits for the next one who tries.
 */
export async function finishDeletion(
  partitions: Partitions,
  bucket: BucketRecord,
): Promise<DeletionOutcome> {
  const { name, bucketId, deletion } = bucket
  assert(deletion !== undefined, `bucket "${name}" is being deleted`)
  const on = { name, bucketId, attempt: deletion.attempt }
  if (!deletion.isUndone && (await fenceAll(partitions, on))) {
    const removed = await partitions.execute({ kind: 'removeBucket', ...on })
    return removed.kind === 'stale' ? lookAgain(partitions, on) : 'removed'
  }
  const undone = await partitions.execute({ kind: 'undoBucketDeleting', ...on })
  if (undone.kind === 'stale') return lookAgain(partitions, on)
  const { attempt } = on
  await partitions.execute({ kind: 'unfenceBucket', bucketId, attempt })
  await partitions.execute({ kind: 'keepBucket', ...on })
  return 'kept'
}

type Attempt = Pick<BucketRecord, 'name' | 'bucketId'> & {
  readonly attempt: NonNullable<BucketRecord['deletion']>['attempt']
}

/**
 * Executes a command on a key of the bucket. Refused with `NoSuchBucket` only when the bucket is gone.
 */
export async function changeInBucket(
  partitions: Partitions,
  bucket: BucketRecord,
  command: ObjectCommand,
  signal?: AbortSignal,
): Promise<CommandResult> {
  for (;;) {
    try {
      return await partitions.execute(command, signal)
    } catch (error) {
      if (!(error instanceof OssError && error.code === 'NoSuchBucket')) throw error
      const { name, bucketId } = bucket
      const found = await partitions.ask({ kind: 'bucket', name }, signal)
      if (found?.bucketId !== bucketId) throw error
      // Each round another attempt has come to its end.
      if (found.deletion !== undefined) await finishDeletion(partitions, found)
    }
  }
}

/** Whether every range is fenced now; false when one has something of the bucket. */
async function fenceAll(partitions: Partitions, { bucketId, attempt }: Attempt): Promise<boolean> {
  try {
    const fenced = await partitions.execute({ kind: 'fenceBucket', bucketId, attempt })
    return fenced.kind !== 'stale'
  } catch (error) {
    if (error instanceof OssError && error.code === 'BucketNotEmpty') return false
    throw error
  }
}

/** What became of an attempt that somebody else has ended. */
async function lookAgain(
  partitions: Partitions,
  { name, bucketId }: Attempt,
): Promise<DeletionOutcome> {
  const found = await partitions.ask({ kind: 'bucket', name })
  return found?.bucketId === bucketId ? 'kept' : 'removed'
}
