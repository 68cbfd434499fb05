/**
 * A queue of keys: each at most once in it, never one twice at a time, and failing ones back off.
 *
 * @module
 */

import type { Clock, Timer } from '@granary/storage-node/base/clock'
import type { Random } from '@granary/storage-node/base/random'

export interface WorkQueueOptions {
  readonly clock: Clock
  readonly random: Random
}

/** First wait of a key that failed; doubled with each further failure. */
export const BACK_OFF_MS_MIN = 200
export const BACK_OFF_MS_MAX = 60_000
/** A wait is shortened by up to this part, so that keys that failed together do not come again together. */
const JITTER = 0.5

interface Waiting {
  readonly dueMs: number
  readonly timer: Timer
}

export class WorkQueue {
  readonly #clock: Clock
  readonly #random: Random
  /** Keys that may be taken, first come, first served. */
  readonly #ready = new Set<string>()
  readonly #working = new Set<string>()
  /** Came again while they were worked on. */
  readonly #again = new Set<string>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #failureCounts = new Map<string, number>()
  #takers: ((key: string | undefined) => void)[] = []
  #isClosed = false

  constructor({ clock, random }: WorkQueueOptions) {
    this.#clock = clock
    this.#random = random
  }

  /** Keys that are to be worked on now. */
  get depth(): number {
    return this.#ready.size
  }

  /** Asks for work on the key as soon as there is somebody to do it; a back-off is cut short. */
  add(key: string): void {
    if (this.#isClosed) return
    this.#forgetWait(key)
    if (this.#working.has(key)) this.#again.add(key)
    else this.#ready.add(key)
    this.#hand()
  }

  /** The same after some time; the sooner of two such wishes counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return
    const dueMs = this.#clock.monotonicMs() + delayMs
    const present = this.#waiting.get(key)
    if (present !== undefined && present.dueMs <= dueMs) return
    present?.timer.cancel()
    const timer = this.#clock.schedule(delayMs, () => this.add(key))
    this.#waiting.set(key, { dueMs, timer })
  }

  /** The next key; undefined once the queue is closed. `done` or `failed` must follow. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve)
      this.#hand()
    })
  }

  /** The work on a key succeeded. */
  done(key: string): void {
    this.#failureCounts.delete(key)
    this.#release(key)
  }

  /** The work on a key failed: it comes again, later each time. Returns after how many milliseconds. */
  failed(key: string): number {
    const count = this.#failureCounts.get(key) ?? 0
    this.#failureCounts.set(key, count + 1)
    this.#release(key)
    const delayMs = this.#backOffMs(count)
    if (!this.#ready.has(key)) this.addAfter(key, delayMs)
    return delayMs
  }

  /** Forgets everything, and sends those away who wait for a key. */
  close(): void {
    this.#isClosed = true
    for (const { timer } of this.#waiting.values()) timer.cancel()
    this.#waiting.clear()
    this.#ready.clear()
    this.#again.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }

  #release(key: string): void {
    this.#working.delete(key)
    if (this.#again.delete(key) && !this.#isClosed) this.#ready.add(key)
    this.#hand()
  }

  #hand(): void {
    if (this.#isClosed) for (const taker of this.#takers.splice(0)) taker(undefined)
    for (const key of this.#ready) {
      const taker = this.#takers.shift()
      if (taker === undefined) return
      this.#ready.delete(key)
      this.#working.add(key)
      taker(key)
    }
  }

  #forgetWait(key: string): void {
    this.#waiting.get(key)?.timer.cancel()
    this.#waiting.delete(key)
  }

  #backOffMs(failureCount: number): number {
    const longest = Math.min(BACK_OFF_MS_MIN * 2 ** failureCount, BACK_OFF_MS_MAX)
    const [drawn = 0] = this.#random.bytes(1)
    return longest * (1 - (JITTER * drawn) / 256)
  }
}
