/**
 * A key-value engine in memory, for unit tests and the simulator. It loses what RocksDB may lose.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import { Dice } from '../base/seeded-random.ts'
import { KeyValueEngineError } from './key-value-engine.ts'
import type {
  KeyRange,
  KeyValue,
  KeyValueEngine,
  Mutation,
  ScanOptions,
  Snapshot,
} from './key-value-engine.ts'
import { SortedRows } from './sorted-rows.ts'

type Batch = readonly Mutation[]

const NO_VALUE = new Uint8Array(0)

/** Keeps rows in memory, and the state of its last flush for `crash`. */
export class MemoryEngine implements KeyValueEngine {
  #rows: SortedRows
  #flushed: SortedRows
  /** Batches since then, in order; those that were in flight together share a group. */
  #unflushed: Batch[][] = []
  #inFlightCount = 0
  #isOpen = true

  constructor(rows = new SortedRows()) {
    this.#rows = rows
    this.#flushed = rows.clone()
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#requireOpen()
    return getRows(this.#rows, keys)
  }

  async scan(range: KeyRange, options: ScanOptions): Promise<KeyValue[]> {
    this.#requireOpen()
    return scanRows(this.#rows, range, options)
  }

  async write(batch: Batch): Promise<void> {
    this.#requireOpen()
    const copy = batch.map(copyMutation)
    applyBatch(this.#rows, copy)
    const group = this.#unflushed.at(-1)
    if (this.#inFlightCount > 0 && group !== undefined) group.push(copy)
    else this.#unflushed.push([copy])
    this.#inFlightCount++
    await Promise.resolve()
    this.#inFlightCount--
  }

  snapshot(): Snapshot {
    this.#requireOpen()
    const rows = this.#rows.clone()
    let isReleased = false
    const requireHeld = () => {
      if (isReleased) throw new KeyValueEngineError('Cannot read: the snapshot is released')
      this.#requireOpen()
    }
    return {
      async getMany(keys) {
        requireHeld()
        return getRows(rows, keys)
      },
      async scan(range, options) {
        requireHeld()
        return scanRows(rows, range, options)
      },
      release() {
        assert(!isReleased, 'a snapshot is released once')
        isReleased = true
      },
    }
  }

  async flush(): Promise<void> {
    this.#requireOpen()
    const rows = this.#rows.clone()
    const covered = new Set(this.#unflushed.flat())
    await Promise.resolve()
    // A crash in between still finds the flush before.
    if (!this.#isOpen) throw new KeyValueEngineError('The key-value engine is closed')
    this.#flushed = rows
    this.#unflushed = this.#unflushed
      .map((group) => group.filter((batch) => !covered.has(batch)))
      .filter((group) => group.length > 0)
  }

  async close(): Promise<void> {
    this.#isOpen = false
  }

  /** Another one with all the rows of this one, flushed. */
  copy(): MemoryEngine {
    return new MemoryEngine(this.#rows.clone())
  }

  /**
   * Ends this engine and opens another as a crash may leave it: at the last flush and some of the
   * batches after it, from the first on. Of batches that were in flight together any may be missing.
   */
  crash(random: Random): MemoryEngine {
    this.#isOpen = false
    const dice = new Dice(random)
    const rows = this.#flushed.clone()
    const keptCount = dice.below(this.#unflushed.length + 1)
    const kept = this.#unflushed.slice(0, keptCount)
    const last = kept.pop()
    for (const group of kept) for (const batch of group) applyBatch(rows, batch)
    for (const batch of last ?? []) {
      if (last?.length === 1 || dice.chance(0.5)) applyBatch(rows, batch)
    }
    return new MemoryEngine(rows)
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new KeyValueEngineError('The key-value engine is closed')
  }
}

/** Callers may reuse their buffers once a write has answered. */
function copyMutation({ key, value }: Mutation): Mutation {
  return { key: new Uint8Array(key), value: value && new Uint8Array(value) }
}

function applyBatch(rows: SortedRows, batch: Batch): void {
  for (const { key, value } of batch) {
    if (value === undefined) rows.delete(key)
    else rows.set(key, value)
  }
}

function getRows(rows: SortedRows, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
  return keys.map((key) => rows.get(key))
}

function scanRows(rows: SortedRows, range: KeyRange, options: ScanOptions): KeyValue[] {
  const found = rows.scan(range, options)
  return options.keysOnly === true ? found.map(({ key }) => ({ key, value: NO_VALUE })) : found
}
