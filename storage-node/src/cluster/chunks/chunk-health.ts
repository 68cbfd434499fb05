/**
 * What this storage node has lately seen of the stores it brings chunks to and gets them from.
 *
 * A store that did not answer is left alone for a while, then one call tries it: so a stalled store
 * costs a call now and then instead of a wait for each chunk. Nothing here decides whether a chunk
 * counts.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'

/** How long a store that did not answer is left alone: first, and at most. */
const REST_MS_MIN = 500
const REST_MS_MAX = 8_000
/** How long a store that has said so counts as full. */
const FULL_MS = 2_000

interface Rest {
  readonly lengthMs: number
  readonly untilMs: number
}

/** Marks by store; all of them expire. */
export class StoreHealth {
  readonly #clock: Clock
  readonly #rests = new Map<StoreId, Rest>()
  readonly #fullUntilMs = new Map<StoreId, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** It has answered. */
  answered(store: StoreId): void {
    this.#rests.delete(store)
  }

  /** It did not answer, or too late. Calls that end together count as one. */
  failed(store: StoreId): void {
    const nowMs = this.#clock.monotonicMs()
    const rest = this.#rests.get(store)
    if (rest !== undefined && nowMs < rest.untilMs) return
    this.#setRest(store, rest === undefined ? REST_MS_MIN : rest.lengthMs * 2)
  }

  /** It has no room. */
  refusedFull(store: StoreId): void {
    this.#fullUntilMs.set(store, this.#clock.monotonicMs() + FULL_MS)
  }

  isFull(store: StoreId): boolean {
    return this.#clock.monotonicMs() < (this.#fullUntilMs.get(store) ?? 0)
  }

  /** Whether it is better left alone. */
  isResting(store: StoreId): boolean {
    return this.#clock.monotonicMs() < (this.#rests.get(store)?.untilMs ?? 0)
  }

  /** Whether the caller may try it; of those who ask after a rest, the first may. */
  mayTry(store: StoreId): boolean {
    if (this.isResting(store)) return false
    const rest = this.#rests.get(store)
    if (rest !== undefined) this.#setRest(store, rest.lengthMs)
    return true
  }

  #setRest(store: StoreId, lengthMs: number): void {
    const bounded = Math.min(lengthMs, REST_MS_MAX)
    const untilMs = this.#clock.monotonicMs() + bounded
    this.#rests.set(store, { lengthMs: bounded, untilMs })
  }
}
