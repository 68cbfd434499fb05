/**
 * A clock that goes only when it is told to, for tests and simulations.
 *
 * @module
 */

import type { Clock, Timer } from './clock.ts'

interface PendingTimer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Wall and monotonic clock in one; both start at `startMs`. */
export class ManualClock implements Clock {
  #ms: number
  #timers: PendingTimer[] = []

  constructor(startMs: number) {
    this.#ms = startMs
  }

  nowMs(): number {
    return this.#ms
  }

  monotonicMs(): number {
    return this.#ms
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#ms + delayMs, callback }
    this.#timers.push(timer)
    return { cancel: () => this.#remove(timer) }
  }

  /** Lets time pass, and calls what becomes due on the way in the order of its time. */
  advance(ms: number): void {
    const endMs = this.#ms + ms
    for (;;) {
      const next = this.#earliest()
      if (next === undefined || next.dueMs > endMs) break
      this.#ms = Math.max(this.#ms, next.dueMs)
      this.#remove(next)
      next.callback()
    }
    this.#ms = endMs
  }

  /** Drops all timers: whoever set them has died. */
  forgetTimers(): void {
    this.#timers = []
  }

  #earliest(): PendingTimer | undefined {
    return this.#timers.reduce<PendingTimer | undefined>(
      (first, timer) => (first === undefined || timer.dueMs < first.dueMs ? timer : first),
      undefined,
    )
  }

  #remove(timer: PendingTimer): void {
    this.#timers = this.#timers.filter((other) => other !== timer)
  }
}
