/**
 * Checks a history bucket by bucket, while it grows and at its end: keys are independent of each
 * other, and no list reaches beyond its bucket.
 *
 * @module
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { HistoryViolation } from '../simulation/checkers/check-history.ts'
import type { ClientHistory } from '../simulation/checkers/history.ts'
import type { CheckerAnswer } from './checker-worker.ts'

export class HistoryChecks {
  readonly #history: ClientHistory
  readonly #buckets: readonly string[]
  readonly #worker = new Worker(new URL('./checker-worker.ts', import.meta.url))
  readonly #violations = new Map<string, HistoryViolation>()
  #checkCount = 0

  constructor(history: ClientHistory, buckets: readonly string[]) {
    this.#history = history
    this.#buckets = buckets
  }

  /** What was found so far, once each. */
  get violations(): readonly HistoryViolation[] {
    return [...this.#violations.values()]
  }

  /** Checks what there is of one bucket, another one each time. */
  async checkNext(): Promise<void> {
    await this.#check(this.#buckets[this.#checkCount++ % this.#buckets.length] ?? '')
  }

  async checkAll(): Promise<void> {
    for (const bucket of this.#buckets) await this.#check(bucket)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  async #check(bucket: string): Promise<void> {
    const calls = this.#history.calls.filter(({ operation }) => operation.bucket === bucket)
    // Copied at once: what is open now stays open in the copy.
    this.#worker.postMessage(calls)
    const [violations] = (await once(this.#worker, 'message')) as [CheckerAnswer]
    for (const violation of violations) {
      this.#violations.set(`${violation.kind} ${bucket} ${violation.key}`, violation)
    }
  }
}
