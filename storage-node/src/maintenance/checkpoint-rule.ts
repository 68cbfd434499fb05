/**
 * When a store makes a checkpoint (replication.md 2.1).
 *
 * @module
 */

const JOURNAL_BYTES_MAX = 64 * 1024 ** 2
const SEGMENT_BYTES_MAX = 1024 ** 3
const AGE_MS_MAX = 60_000

/** What was written since the last checkpoint, and how long ago that was. */
export interface SinceCheckpoint {
  readonly journalBytes: number
  readonly segmentBytes: number
  readonly ageMs: number
}

/** Whether the next start would have too much to replay. */
export function isCheckpointDue({ journalBytes, segmentBytes, ageMs }: SinceCheckpoint): boolean {
  if (journalBytes >= JOURNAL_BYTES_MAX || segmentBytes >= SEGMENT_BYTES_MAX) return true
  return ageMs >= AGE_MS_MAX && journalBytes + segmentBytes > 0
}
