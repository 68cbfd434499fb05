/**
 * The hybrid clock of a store: the wall clock, pushed forward by what others read (replication.md
 * 1.7).
 *
 * @module
 */

import type { Clock } from './clock.ts'

/** A reading further ahead of the own wall clock is somebody's wrong clock. */
const AHEAD_MS_MAX = 10_000

/** Never falls while the process lives. */
export class HybridClock {
  readonly #clock: Clock
  #lastMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    const wallMs = this.#clock.nowMs()
    if (wallMs > this.#lastMs) this.#lastMs = wallMs
    return this.#lastMs
  }

  /**
   * True if this clock follows a jump ahead that the wall clock has taken back, as another store's
   * reading shows. It cannot fall: what it has dated would come up once more.
   */
  isMisled(readingMs: number): boolean {
    const wallMs = this.#clock.nowMs()
    if (Math.abs(readingMs - wallMs) > AHEAD_MS_MAX) return false
    return this.#lastMs > Math.max(wallMs, readingMs) + AHEAD_MS_MAX
  }

  /** Takes another store's reading in. False: it is too far ahead to be taken, and worth a report. */
  hear(readingMs: number): boolean {
    if (readingMs > this.#clock.nowMs() + AHEAD_MS_MAX) return false
    if (readingMs > this.#lastMs) this.#lastMs = readingMs
    return true
  }
}
