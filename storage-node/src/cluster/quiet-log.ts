/**
 * One warning a minute about each address or store, however often it gives cause for it.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

const QUIET_MS = 60_000
/** Subjects that are remembered; beyond that none is logged until the oldest are forgotten. */
const SUBJECT_COUNT_MAX = 1024

export class QuietLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #loggedMs = new Map<string, number>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Says so, unless the subject was heard of within the last minute. */
  warn(message: string, subject: Readonly<Record<string, string>>, why: string): void {
    const nowMs = this.#clock.monotonicMs()
    this.#forgetOld(nowMs)
    const key = Object.values(subject).join()
    if (this.#loggedMs.has(key) || this.#loggedMs.size >= SUBJECT_COUNT_MAX) return
    this.#loggedMs.set(key, nowMs)
    this.#logger.warn(message, { ...subject, why })
  }

  #forgetOld(nowMs: number): void {
    for (const [key, loggedMs] of this.#loggedMs) {
      if (nowMs - loggedMs < QUIET_MS) return
      this.#loggedMs.delete(key)
    }
  }
}
