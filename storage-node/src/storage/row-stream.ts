/**
 * The rows of a range in order, read some at a time, and left out where nobody wants them.
 *
 * @module
 */

import { compareBytes } from '../base/bytes.ts'
import { justAfter } from '../wire/stored/keys.ts'
import type { KeyRange, KeyValue, Reader } from './key-value-engine.ts'

/** Rows of the first read. */
const FIRST_COUNT = 64
/** Rows of a read behind rows that were left out: the next ones may be too. */
const PROBE_COUNT = 2
/** Each read is as many times larger than the one before, while every row is wanted. */
const GROWTH = 4
const READ_COUNT_MAX = 1001

/** Reads no further than it is asked to. */
export class RowStream {
  readonly #reader: Reader
  readonly #end: Uint8Array
  #start: Uint8Array
  #rows: KeyValue[] = []
  #at = 0
  #readCount = FIRST_COUNT
  #isAtEnd = false

  constructor(reader: Reader, { start, end }: KeyRange) {
    this.#reader = reader
    this.#start = start
    this.#end = end
  }

  /** The next row, which stays the next until it is taken. `wantedCount` bounds what is read. */
  async peek(wantedCount: number): Promise<KeyValue | undefined> {
    if (this.#at === this.#rows.length && !this.#isAtEnd) await this.#read(wantedCount)
    return this.#rows[this.#at]
  }

  take(): void {
    this.#at++
  }

  /** Leaves out every row below `start`: by a seek, unless it has been read already. */
  skipTo(start: Uint8Array): void {
    while (this.#at < this.#rows.length) {
      const row = this.#rows[this.#at]
      if (row !== undefined && compareBytes(row.key, start) >= 0) return
      this.#at++
    }
    if (compareBytes(start, this.#start) <= 0) return
    this.#start = start
    this.#readCount = PROBE_COUNT
  }

  async #read(wantedCount: number): Promise<void> {
    if (compareBytes(this.#start, this.#end) >= 0) {
      this.#isAtEnd = true
      return
    }
    const limit = Math.min(this.#readCount, wantedCount, READ_COUNT_MAX)
    const range = { start: this.#start, end: this.#end }
    this.#rows = await this.#reader.scan(range, { limit })
    this.#at = 0
    const last = this.#rows.at(-1)
    if (last === undefined || this.#rows.length < limit) this.#isAtEnd = true
    if (last !== undefined) this.#start = justAfter(last.key)
    this.#readCount = Math.min(this.#readCount * GROWTH, READ_COUNT_MAX)
  }
}
