/**
 * The clocks of one simulated machine: the monotonic one goes too fast or too slow, as its timers do;
 * the wall clock is kept right by the network, and jumps.
 *
 * @module
 */

import type { Clock, Timer } from '@granary/storage-node/base/clock'
import type { Host } from './host.ts'
import type { Scheduler } from './scheduler.ts'
import { cancel } from './scheduler.ts'

const START_MS = Date.UTC(2030, 0, 1)

/** Timers belong to the process that set them, and end with it. */
export class SimulatedClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #host: Host
  readonly #rate: number
  readonly #originMs: number
  #wallOffsetMs = 0

  /** `rate`: how fast the monotonic clock goes, 1 being right; `originMs`: where it begins. */
  constructor(scheduler: Scheduler, host: Host, rate: number, originMs: number) {
    this.#scheduler = scheduler
    this.#host = host
    this.#rate = rate
    this.#originMs = originMs
  }

  nowMs(): number {
    return START_MS + Math.floor(this.#scheduler.nowMs + this.#wallOffsetMs)
  }

  monotonicMs(): number {
    return this.#originMs + this.#scheduler.nowMs * this.#rate
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const delay = Math.max(0, delayMs) / this.#rate
    const event = this.#scheduler.afterIn(this.#host, delay, 'timer', callback)
    return { cancel: () => cancel(event) }
  }

  /** The time of the scheduler at which the monotonic clock shows so much. */
  trueMs(monotonicMs: number): number {
    return (monotonicMs - this.#originMs) / this.#rate
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms
  }

  /** The wall clock is right again. */
  correct(): void {
    this.#wallOffsetMs = 0
  }
}
