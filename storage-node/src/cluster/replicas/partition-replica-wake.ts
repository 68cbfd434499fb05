/**
 * The time at which a replica wants to be woken.
 *
 * @module
 */

import type { Clock, Timer } from '../../base/clock.ts'

/** One timer that is set again and again, mostly for later: it is rarely worth being replaced. */
export class WakeTimer {
  readonly #clock: Clock
  readonly #wake: () => void
  #timer: Timer | undefined
  #firesAtMs = Infinity
  #wantedAtMs = Infinity

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  set(atMs: number): void {
    this.#wantedAtMs = atMs
    if (this.#firesAtMs <= atMs) return
    this.#timer?.cancel()
    this.#schedule()
  }

  cancel(): void {
    this.#timer?.cancel()
  }

  #schedule(): void {
    const delayMs = Math.max(0, this.#wantedAtMs - this.#clock.monotonicMs())
    this.#firesAtMs = this.#wantedAtMs
    this.#timer = this.#clock.schedule(Math.ceil(delayMs), () => this.#fire())
  }

  #fire(): void {
    this.#firesAtMs = Infinity
    if (this.#clock.monotonicMs() < this.#wantedAtMs) return this.#schedule()
    this.#wantedAtMs = Infinity
    this.#wake()
  }
}
