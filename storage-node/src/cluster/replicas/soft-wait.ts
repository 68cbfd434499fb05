/**
 * The soft wait (replication.md 1.5, step 6): an entry that a write quorum has is answered once all
 * healthy members have it, or a moment later.
 *
 * @module
 */

import type { Clock, Timer } from '../../base/clock.ts'
import type { Seq } from '../../contract/identifiers.ts'

const SOFT_WAIT_MS = 10

interface Waiting {
  readonly seq: Seq
  readonly dueMs: number
  readonly done: () => void
}

/** Those who wait, in the order of their entries. */
export class SoftWait {
  readonly #clock: Clock
  readonly #waiting: Waiting[] = []
  #settled = 0 as Seq
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Returns nothing when there is nothing to wait for. Calls come in the order of seqs. */
  wait(seq: Seq): Promise<void> | undefined {
    if (seq <= this.#settled) return undefined
    return new Promise((done) => {
      this.#waiting.push({ seq, dueMs: this.#clock.monotonicMs() + SOFT_WAIT_MS, done })
      this.#timer ??= this.#clock.schedule(SOFT_WAIT_MS, () => this.#onTime())
    })
  }

  /** All healthy members have everything up to here. */
  settled(upTo: Seq): void {
    this.#settled = upTo
    this.#release(({ seq }) => seq <= upTo)
  }

  /** Nobody is waited for any more: what is committed stays so. */
  end(): void {
    this.#settled = 0 as Seq
    this.#release(() => true)
  }

  #onTime(): void {
    this.#timer = undefined
    const nowMs = this.#clock.monotonicMs()
    this.#release(({ dueMs }) => dueMs <= nowMs)
    const [next] = this.#waiting
    if (next === undefined) return
    this.#timer = this.#clock.schedule(next.dueMs - nowMs, () => this.#onTime())
  }

  #release(isOver: (waiting: Waiting) => boolean): void {
    let count = 0
    for (const waiting of this.#waiting) {
      if (!isOver(waiting)) break
      waiting.done()
      count++
    }
    this.#waiting.splice(0, count)
    if (this.#waiting.length > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
