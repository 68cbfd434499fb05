/**
 * Keeps bytes to a rate: whoever moved some waits until they are due.
 *
 * @module
 */

import type { Clock } from './clock.ts'
import { sleep } from './clock.ts'

/** Shorter waits are made up for by the next one: timers are no finer. */
const WAIT_MS_MIN = 5

/** The rate counts from the first byte on, so that one that could not be kept is caught up with. */
export class Pacer {
  readonly bytesPerSecond: number
  readonly #clock: Clock
  #startedMs: number | undefined
  #movedBytes = 0

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.bytesPerSecond = bytesPerSecond
  }

  /** Counts bytes; resolves when the rate allows that they have been moved. Undefined: at once. */
  moved(count: number): Promise<void> | undefined {
    const nowMs = this.#clock.monotonicMs()
    this.#startedMs ??= nowMs
    this.#movedBytes += count
    const dueMs = this.#startedMs + (this.#movedBytes / this.bytesPerSecond) * 1000
    return dueMs - nowMs < WAIT_MS_MIN ? undefined : sleep(this.#clock, dueMs - nowMs)
  }
}
