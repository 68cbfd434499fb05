/**
 * Ends exchanges whose time is up.
 *
 * One timer looks at all of them every few milliseconds: a timer each would cost more than the
 * requests themselves.
 *
 * @module
 */

import type { Clock, Timer } from '../../base/clock.ts'
import type { Exchange } from './exchange.ts'

/** A deadline is noticed at most this late. */
const INTERVAL_MS = 20

export class Deadlines {
  readonly #clock: Clock
  readonly #exchanges = new Set<Exchange>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  watch(exchange: Exchange): void {
    this.#exchanges.add(exchange)
    this.#timer ??= this.#clock.schedule(INTERVAL_MS, () => this.#look())
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const exchange of this.#exchanges) {
      if (exchange.expiresMs <= nowMs) exchange.expire()
      if (exchange.isOver || exchange.expiresMs <= nowMs) this.#exchanges.delete(exchange)
    }
    this.#timer =
      this.#exchanges.size > 0 ? this.#clock.schedule(INTERVAL_MS, () => this.#look()) : undefined
  }
}
