/**
 * The one writer of a store's key-value engine: one batch in flight, what waits meanwhile forms the
 * next (replication.md J6). Two batches in flight may be recovered in the wrong order.
 *
 * A write that the engine refuses is fatal: what has been acknowledged could not be applied.
 *
 * @module
 */

import type { Fatal } from '../base/crash.ts'
import type { KeyValueEngine, Mutation } from './key-value-engine.ts'

interface Waiting {
  readonly mutations: readonly Mutation[]
  readonly done: () => void
}

/** Queues mutations and writes them in order, many callers to a batch. */
export class StateWriter {
  readonly #engine: KeyValueEngine
  readonly #fatal: Fatal
  #waiting: Waiting[] = []
  #busy: Promise<void> | undefined

  constructor(engine: KeyValueEngine, fatal: Fatal) {
    this.#engine = engine
    this.#fatal = fatal
  }

  /** Resolves once all mutations are applied, in one batch, after all that were queued before. */
  write(mutations: readonly Mutation[]): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ mutations, done: resolve })
      this.#busy ??= this.#drain()
    })
  }

  /** Resolves once everything queued so far is applied. */
  async settled(): Promise<void> {
    if (this.#busy !== undefined) await this.#busy
  }

  async #drain(): Promise<void> {
    // What else arrives in this turn of the event loop rides along.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#engine.write(mutationsOf(batch))
      } catch (cause) {
        this.#fatal(new Error('The key-value engine refused a write', { cause }))
        return
      }
      for (const { done } of batch) done()
    }
    this.#busy = undefined
  }
}

function mutationsOf(batch: readonly Waiting[]): readonly Mutation[] {
  const [only] = batch
  if (only !== undefined && batch.length === 1) return only.mutations
  return batch.flatMap(({ mutations }) => mutations)
}
