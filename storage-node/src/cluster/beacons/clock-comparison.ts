/**
 * Whether it is this store's wall clock that is wrong: a majority of the region's stores agree with
 * each other, and not with it. Such a store refuses whatever others ask of it as a primary, and others
 * refuse what it asks of them (op-id.ts), so that it had better lead nothing and be asked nothing.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { OP_ID_OFF_MS_MAX } from '../replicas/recent-operations.ts'

/** What was heard longer ago says nothing. */
const HEARD_MS_MAX = 5_000
/** Beacons that waited for a process that was stopped are late, all at once; the next ones are not. */
const WRONG_MS_MIN = 1_500

interface Reading {
  /** Ahead of the own wall clock. */
  readonly aheadMs: number
  /** Monotonic. */
  readonly heardMs: number
}

export class ClockComparison {
  readonly #clock: Clock
  /** How many stores the region has, with this one. */
  readonly #storeCount: () => number
  readonly #readings = new Map<StoreId, Reading>()
  /** Since when others agree without this store; undefined: they do not. */
  #wrongSinceMs: number | undefined

  constructor(clock: Clock, storeCount: () => number) {
    this.#clock = clock
    this.#storeCount = storeCount
  }

  /** Another store's clock reads `readingMs` now. */
  hear(from: StoreId, readingMs: number): void {
    const heardMs = this.#clock.monotonicMs()
    this.#readings.set(from, { aheadMs: readingMs - this.#clock.nowMs(), heardMs })
    if (!this.#isOutvoted(heardMs)) this.#wrongSinceMs = undefined
    else this.#wrongSinceMs ??= heardMs
  }

  /** True once a majority has agreed without this store for a while, and does still. */
  get isWrong(): boolean {
    const nowMs = this.#clock.monotonicMs()
    const sinceMs = this.#wrongSinceMs
    return sinceMs !== undefined && nowMs - sinceMs >= WRONG_MS_MIN && this.#isOutvoted(nowMs)
  }

  #isOutvoted(nowMs: number): boolean {
    const fresh = [...this.#readings.values()].filter(
      ({ heardMs }) => nowMs - heardMs < HEARD_MS_MAX,
    )
    const inOrder = fresh.map(({ aheadMs }) => aheadMs).sort((a, b) => a - b)
    const majority = Math.floor(this.#storeCount() / 2) + 1
    return inOrder.some((first, at) => {
      const last = inOrder[at + majority - 1]
      if (last === undefined || last - first > OP_ID_OFF_MS_MAX) return false
      return first > OP_ID_OFF_MS_MAX || last < -OP_ID_OFF_MS_MAX
    })
  }
}
