/**
 * Reads of one RocksDB session: the present state, or a snapshot.
 *
 * A call into RocksDB costs a trip through the thread pool, a key in it next to nothing: 64 keys in
 * one call cost a fifth of 64 calls. So the point reads of one turn of the event loop share a call,
 * and what arrives while it is under way waits for its end, unless there is enough for another.
 *
 * @module
 */

import type RocksDB from 'rocksdb-native'
import { assert } from '../base/assert.ts'
import { compareBytes } from '../base/bytes.ts'
import { afterTurn } from '../base/turn.ts'
import type { CallLimit } from './call-limit.ts'
import { KeyValueEngineError } from './key-value-engine.ts'
import type { KeyRange, KeyValue, Reader, ScanOptions } from './key-value-engine.ts'

/** Rows per call into RocksDB; a longer scan makes several, so that it holds no thread for long. */
const ROWS_PER_CALL_MAX = 1024
/** So many keys that wait are worth a call beside the one under way. */
const KEYS_PER_FURTHER_CALL_MIN = 32
const NO_VALUE = new Uint8Array(0)

type Value = Uint8Array | undefined

interface PointRead {
  readonly keys: readonly Uint8Array[]
  readonly resolve: (values: Value[]) => void
  readonly reject: (cause: unknown) => void
}

/** Reads through `session`, as many calls at a time as `calls` admits. */
export class RocksdbReader implements Reader {
  readonly #session: RocksDB
  readonly #calls: CallLimit
  #collected: PointRead[] = []
  #collectedKeyCount = 0
  #isTurnPending = false
  #pointCallCount = 0
  #pendingCount = 0
  #onReleased: (() => void) | undefined

  constructor(session: RocksDB, calls: CallLimit) {
    this.#session = session
    this.#calls = calls
  }

  async getMany(keys: readonly Uint8Array[]): Promise<Value[]> {
    this.#begin()
    try {
      return keys.length === 0 ? [] : await this.#collect(keys)
    } catch (cause) {
      throw new KeyValueEngineError(`Cannot read ${keys.length} rows`, { cause })
    } finally {
      this.#end()
    }
  }

  async scan(range: KeyRange, options: ScanOptions): Promise<KeyValue[]> {
    this.#begin()
    try {
      // RocksDB would take an empty end for none.
      const isEmpty = options.limit <= 0 || compareBytes(range.start, range.end) >= 0
      return isEmpty ? [] : await this.#readRows(range, options)
    } catch (cause) {
      throw new KeyValueEngineError('Cannot scan rows', { cause })
    } finally {
      this.#end()
    }
  }

  /** Refuses reads from now on; calls `onReleased` when those that began before have answered. */
  release(onReleased: () => void): void {
    assert(this.#onReleased === undefined, 'a reader is released once')
    this.#onReleased = onReleased
    if (this.#pendingCount === 0) onReleased()
  }

  #begin(): void {
    if (this.#onReleased !== undefined) throw new KeyValueEngineError('Cannot read: closed')
    this.#pendingCount++
  }

  #end(): void {
    this.#pendingCount--
    if (this.#pendingCount === 0) this.#onReleased?.()
  }

  #collect(keys: readonly Uint8Array[]): Promise<Value[]> {
    return new Promise((resolve, reject) => {
      this.#collected.push({ keys, resolve, reject })
      this.#collectedKeyCount += keys.length
      if (this.#isTurnPending) return
      this.#isTurnPending = true
      afterTurn(() => {
        this.#isTurnPending = false
        this.#startPointCall()
      })
    })
  }

  #startPointCall(): void {
    const isWorthIt =
      this.#pointCallCount === 0 || this.#collectedKeyCount >= KEYS_PER_FURTHER_CALL_MIN
    if (this.#collectedKeyCount === 0 || !isWorthIt) return
    this.#pointCallCount++
    this.#calls.enter(() => void this.#readCollected())
  }

  async #readCollected(): Promise<void> {
    const reads = this.#collected
    const capacity = this.#collectedKeyCount
    this.#collected = []
    this.#collectedKeyCount = 0
    try {
      if (capacity > 0) await this.#readBatch(reads, capacity)
    } catch (cause) {
      for (const { reject } of reads) reject(cause)
    } finally {
      this.#pointCallCount--
      this.#calls.leave()
      this.#startPointCall()
    }
  }

  async #readBatch(reads: readonly PointRead[], capacity: number): Promise<void> {
    const batch = this.#session.read({ capacity, autoDestroy: true })
    const answers = reads.map(({ keys, resolve, reject }) => {
      const [first] = keys
      // Most reads are of one row, and a promise of all costs as much again as the one in it.
      if (keys.length === 1 && first !== undefined) {
        return batch.get(first).then((value) => resolve([value ?? undefined]), reject)
      }
      return Promise.all(keys.map((key) => batch.get(key))).then(
        (values) => resolve(values.map((value) => value ?? undefined)),
        reject,
      )
    })
    batch.tryFlush()
    await Promise.all(answers)
  }

  #readRows(range: KeyRange, options: ScanOptions): Promise<KeyValue[]> {
    return new Promise((resolve, reject) => {
      const rows: KeyValue[] = []
      this.#calls.enter(() => {
        try {
          this.#openIterator(range, options)
            .on('data', ({ key, value }) => rows.push({ key, value: value ?? NO_VALUE }))
            .on('error', reject)
            .on('end', () => resolve(rows))
            // RocksDB lets go of the iterator after the last row; until then it holds the place.
            .on('close', () => this.#calls.leave())
        } catch (cause) {
          this.#calls.leave()
          reject(cause as Error)
        }
      })
    })
  }

  #openIterator({ start, end }: KeyRange, options: ScanOptions): RocksDB.Iterator {
    const { limit, reverse = false, keysOnly = false } = options
    return this.#session.iterator(
      { gte: start, lt: end },
      // One more than wanted: a call that comes back short needs no second one to see the end.
      { limit, capacity: Math.min(limit + 1, ROWS_PER_CALL_MAX), reverse, values: !keysOnly },
    )
  }
}
