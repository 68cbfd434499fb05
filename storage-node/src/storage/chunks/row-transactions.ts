/**
 * Reads some rows, decides, and writes, as if nobody else did anything meanwhile.
 *
 * Transactions run in the order they were asked for. All that wait are run together: one read, one
 * batch. Later ones of the same batch see what the earlier ones wrote.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { toHex } from '../../base/bytes.ts'
import type { Fatal } from '../../base/crash.ts'
import type { KeyValueEngine, Mutation } from '../key-value-engine.ts'
import type { StateWriter } from '../state-writer.ts'

/** Rows as a transaction sees and changes them. */
export interface RowView {
  /** Only keys that the transaction named beforehand, or put itself. */
  get(key: Uint8Array): Uint8Array | undefined
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
}

interface Waiting {
  readonly keys: readonly Uint8Array[]
  readonly decide: (rows: RowView) => void
  readonly done: () => void
  readonly failed: (cause: unknown) => void
}

/** So many keys are read at once. */
const KEY_COUNT_MAX = 1024

/** Runs transactions over one engine, through the store's one writer. */
export class RowTransactions {
  readonly #engine: KeyValueEngine
  readonly #writer: StateWriter
  readonly #fatal: Fatal
  #waiting: Waiting[] = []
  #isBusy = false

  constructor(engine: KeyValueEngine, writer: StateWriter, fatal: Fatal) {
    this.#engine = engine
    this.#writer = writer
    this.#fatal = fatal
  }

  /**
   * Resolves once what `decide` puts and deletes is applied. Rejects, and changes nothing, when the
   * rows cannot be read. A `decide` that throws ends the process.
   */
  run(keys: readonly Uint8Array[], decide: (rows: RowView) => void): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ keys, decide, done, failed })
      if (!this.#isBusy) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#isBusy = true
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#runSome(this.#takeSome())
    this.#isBusy = false
  }

  #takeSome(): Waiting[] {
    let keyCount = 0
    let count = 0
    for (const { keys } of this.#waiting) {
      keyCount += keys.length
      if (count > 0 && keyCount > KEY_COUNT_MAX) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #runSome(some: readonly Waiting[]): Promise<void> {
    const rows = new Overlay()
    try {
      const keys = some.flatMap(({ keys }) => keys)
      if (keys.length > 0) rows.load(keys, await this.#engine.getMany(keys))
    } catch (cause) {
      for (const { failed } of some) failed(cause)
      return
    }
    try {
      for (const { decide } of some) decide(rows)
    } catch (cause) {
      // What is counted beside the rows may be half changed: nothing can be decided any more.
      for (const { failed } of some) failed(cause)
      this.#fatal(new Error('A change of chunk rows could not be decided', { cause }))
      return
    }
    await this.#writer.write(rows.mutations())
    for (const { done } of some) done()
  }
}

class Overlay implements RowView {
  readonly #rows = new Map<string, Uint8Array | undefined>()
  readonly #changes = new Map<string, Mutation>()

  load(keys: readonly Uint8Array[], values: readonly (Uint8Array | undefined)[]): void {
    for (const [at, key] of keys.entries()) this.#rows.set(toHex(key), values[at])
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const name = toHex(key)
    assert(this.#rows.has(name), 'a transaction names the rows it reads')
    return this.#rows.get(name)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#change(key, value)
  }

  delete(key: Uint8Array): void {
    this.#change(key, undefined)
  }

  mutations(): Mutation[] {
    return [...this.#changes.values()]
  }

  #change(key: Uint8Array, value: Uint8Array | undefined): void {
    const name = toHex(key)
    this.#rows.set(name, value)
    this.#changes.set(name, { key, value })
  }
}
