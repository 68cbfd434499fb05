/**
 * One line about each address that is refused, however often it tries.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'

const QUIET_MS = 60_000
/** Addresses that are remembered; beyond that none is logged until the oldest are forgotten. */
const ADDRESS_COUNT_MAX = 1024

export class RefusalLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #loggedMs = new Map<string, number>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Says so, unless the address was heard of within the last minute. */
  refused(message: string, address: string, why: string): void {
    const nowMs = this.#clock.monotonicMs()
    this.#forgetOld(nowMs)
    if (this.#loggedMs.has(address) || this.#loggedMs.size >= ADDRESS_COUNT_MAX) return
    this.#loggedMs.set(address, nowMs)
    this.#logger.warn(message, { address, why })
  }

  #forgetOld(nowMs: number): void {
    for (const [address, loggedMs] of this.#loggedMs) {
      if (nowMs - loggedMs < QUIET_MS) return
      this.#loggedMs.delete(address)
    }
  }
}
