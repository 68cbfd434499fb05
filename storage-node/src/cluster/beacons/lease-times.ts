/**
 * How long grants live (replication.md 1.7, L1).
 *
 * @module
 */

import { assert } from '../../base/assert.ts'

/** G: so long after it has received a beacon, a grantor helps no rival. */
export const GRANT_MS = 3_000
/** So long after it has sent the beacon, the holder counts on it. */
export const HOLD_MS = 0.9 * GRANT_MS - 100
export const BEACON_INTERVAL_MS = 500
/** Without a sign of life from the main loop, or a sync, for so long the beacons end (L6). */
export const GRAY_FAILURE_MS = 2_000
/** Monotonic and wall clock may drift apart by so much from one beacon to the next. */
export const CLOCK_JUMP_MS = 500
/** What is assumed of two monotonic clocks: neither is faster than the other by more. */
export const CLOCK_RATE_ERROR_MAX = 0.05

assert(
  HOLD_MS * (1 + CLOCK_RATE_ERROR_MAX) < GRANT_MS * (1 - CLOCK_RATE_ERROR_MAX),
  'a holder stops counting on a grant before it ends, whatever their clocks (I15)',
)
