/**
 * Tells when the region serves everything again: every storage node answers, every bucket takes
 * writes.
 *
 * @module
 */

import { sleep, systemClock } from '@granary/storage-node/base/clock'
import type { ClientOperation } from '../simulation/checkers/history.ts'

/** By the design, healing takes no longer. */
const RECOVERY_MS_MAX = 60_000
const POLL_MS = 50

export class Recovery {
  readonly #endpoints: readonly string[]
  readonly #buckets: readonly string[]
  /** When an endpoint was last answered by, and a bucket last written to. */
  readonly #seenMs = new Map<string, number>()

  constructor(endpoints: readonly string[], buckets: readonly string[]) {
    this.#endpoints = endpoints
    this.#buckets = buckets
  }

  hear(endpoint: string, { kind, bucket }: ClientOperation, isDone: boolean): void {
    if (!isDone) return
    this.#seenMs.set(endpoint, performance.now())
    if (kind === 'put' || kind === 'append') this.#seenMs.set(bucket, performance.now())
  }

  /** Resolves once everything was served since now; rejects when that takes too long. */
  async complete(): Promise<void> {
    const sinceMs = performance.now()
    const lacking = () =>
      [...this.#endpoints, ...this.#buckets].filter((name) => {
        return (this.#seenMs.get(name) ?? 0) < sinceMs
      })
    while (lacking().length > 0) {
      if (performance.now() - sinceMs > RECOVERY_MS_MAX) {
        throw new Error(`Not served within ${RECOVERY_MS_MAX / 1000} s: ${lacking().join(' ')}`)
      }
      await sleep(systemClock, POLL_MS)
    }
  }
}
