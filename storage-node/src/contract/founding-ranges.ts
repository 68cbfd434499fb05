/**
 * The ranges that a region's partitions begin with (replication.md 4.1).
 *
 * bucketIds are random, so ranges cut evenly over them get even shares of the buckets.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { PartitionRange } from './configuration.ts'
import type { PartitionId } from './identifiers.ts'

/** User ranges of a region that is not told another number. */
export const FOUNDING_RANGE_COUNT = 24
/** Two bytes of the bucketId decide where a founding range begins. */
export const FOUNDING_RANGE_COUNT_MAX = 4096

const BUCKET_ID_BYTES = 8
const CUT_SPACE = 0x1_0000

/** Every position there is. */
export const WHOLE_SPACE: PartitionRange = { start: new Uint8Array(), end: new Uint8Array() }

/** Founding partitions are numbered in the order of their ranges. */
export const SYSTEM_PARTITION = 1 as PartitionId

/** bucketId 0: settings. Never split. */
export const SYSTEM_RANGE: PartitionRange = {
  start: new Uint8Array(BUCKET_ID_BYTES),
  end: firstUserPosition(),
}

/** The system range, then `rangeCount` user ranges; together they cover the space without overlap. */
export function foundingRanges(rangeCount = FOUNDING_RANGE_COUNT): readonly PartitionRange[] {
  assert(
    Number.isInteger(rangeCount) && rangeCount >= 1 && rangeCount <= FOUNDING_RANGE_COUNT_MAX,
    `a region has 1 to ${FOUNDING_RANGE_COUNT_MAX} founding ranges`,
  )
  const starts = Array.from({ length: rangeCount }, (_, at) => startOf(at, rangeCount))
  const ranges = starts.map((start, at) => ({ start, end: starts[at + 1] ?? new Uint8Array() }))
  return [SYSTEM_RANGE, ...ranges]
}

/** Whether the position lies in the range. */
export function isInRange({ start, end }: PartitionRange, position: Uint8Array): boolean {
  return (
    Buffer.compare(start, position) <= 0 &&
    (end.byteLength === 0 || Buffer.compare(position, end) < 0)
  )
}

function startOf(at: number, rangeCount: number): Uint8Array {
  if (at === 0) return firstUserPosition()
  const start = new Uint8Array(BUCKET_ID_BYTES)
  new DataView(start.buffer).setUint16(0, Math.floor((at * CUT_SPACE) / rangeCount))
  return start
}

function firstUserPosition(): Uint8Array {
  const position = new Uint8Array(BUCKET_ID_BYTES)
  position[BUCKET_ID_BYTES - 1] = 1
  return position
}
