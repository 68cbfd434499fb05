/**
 * Bounds how many calls of one kind are under way, so that they cannot fill the thread pool that
 * journal syncs need too (replication.md 7).
 *
 * @module
 */

import { assert } from '../base/assert.ts'

/** A number of places; who finds none free waits, in order of arrival. */
export class CallLimit {
  readonly #countMax: number
  #used = 0
  #waiting: (() => void)[] = []
  #idle: (() => void)[] = []

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** Calls `start` as soon as a place is free, perhaps at once. It must `leave` later. */
  enter(start: () => void): void {
    if (this.#used === this.#countMax) {
      this.#waiting.push(start)
      return
    }
    this.#used++
    start()
  }

  /** Gives a place back. */
  leave(): void {
    assert(this.#used > 0, 'a place is given back once')
    const next = this.#waiting.shift()
    if (next !== undefined) return next()
    this.#used--
    if (this.#used > 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves once nothing is under way or waiting. */
  idle(): Promise<void> {
    if (this.#used === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }
}
