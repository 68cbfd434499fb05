/**
 * Ends deletions of buckets that whoever began them did not end: the primary of the system range does
 * (replication.md 1.14).
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Partitions } from '../cluster/partitions.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { finishDeletion } from '../services/bucket-deletion.ts'
import { everyBucket } from '../services/every-bucket.ts'

/** How long whoever began a deletion has it alone. */
export const DELETION_ALONE_MS = 10_000

export interface BucketDeletionsParts {
  readonly partitions: Partitions
  readonly clock: Clock
  readonly logger: Logger
  /** Default: DELETION_ALONE_MS. */
  readonly aloneMs?: number
}

/** The deletions that somebody else may take up, the oldest first. */
export function dueDeletions(
  buckets: readonly BucketRecord[],
  nowMs: number,
  aloneMs: number,
): BucketRecord[] {
  const since = ({ deletion }: BucketRecord) => deletion?.sinceMs ?? Infinity
  return buckets
    .filter((bucket) => since(bucket) + aloneMs <= nowMs)
    .sort((a, b) => since(a) - since(b))
}

/** One round; returns how many deletions came to an end. */
export async function endBucketDeletions(
  { partitions, clock, logger, aloneMs = DELETION_ALONE_MS }: BucketDeletionsParts,
  signal: AbortSignal,
): Promise<number> {
  const buckets: BucketRecord[] = []
  for await (const bucket of everyBucket(partitions)) {
    if (bucket.deletion !== undefined) buckets.push(bucket)
  }
  let ended = 0
  for (const bucket of dueDeletions(buckets, clock.nowMs(), aloneMs)) {
    if (signal.aborted) break
    try {
      const outcome = await finishDeletion(partitions, bucket)
      logger.info('Ended a bucket deletion', { bucket: bucket.name, outcome })
      ended++
    } catch (error) {
      logger.warn('Could not end a bucket deletion', {
        bucket: bucket.name,
        error: String(error),
      })
    }
  }
  return ended
}
