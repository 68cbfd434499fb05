/**
 * An ordered map from byte keys to byte values, with clones that cost nothing until one changes.
 *
 * Rows lie in blocks of sorted keys. A block, and the list of blocks, is changed in place only by
 * the map that made it; every other map copies it first.
 *
 * @module
 */

import { compareBytes } from '../base/bytes.ts'
import type { KeyRange, KeyValue, ScanOptions } from './key-value-engine.ts'

const ROWS_PER_BLOCK_MAX = 128

interface Block {
  readonly owner: object
  readonly rows: KeyValue[]
}

/** Where a key is, or would be inserted. */
interface Place {
  readonly blockIndex: number
  readonly rowIndex: number
  readonly found: boolean
}

/** A sorted map; keys and values are shared with it, not copied. */
export class SortedRows {
  #owner: object = {}
  #listOwner: object = this.#owner
  #blocks: Block[] = []

  get(key: Uint8Array): Uint8Array | undefined {
    const { blockIndex, rowIndex, found } = this.#place(key)
    return found ? this.#blocks[blockIndex]?.rows[rowIndex]?.value : undefined
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const { blockIndex, rowIndex, found } = this.#place(key)
    const { rows } = this.#ownBlock(blockIndex)
    rows.splice(rowIndex, found ? 1 : 0, { key, value })
    if (rows.length > ROWS_PER_BLOCK_MAX) this.#split(blockIndex)
  }

  delete(key: Uint8Array): void {
    const { blockIndex, rowIndex, found } = this.#place(key)
    if (!found) return
    const { rows } = this.#ownBlock(blockIndex)
    rows.splice(rowIndex, 1)
    if (rows.length === 0) this.#blocks.splice(blockIndex, 1)
  }

  /** The first rows of the range, from its end backwards if so asked. */
  scan(range: KeyRange, options: ScanOptions): KeyValue[] {
    if (compareBytes(range.start, range.end) >= 0) return []
    return options.reverse === true
      ? this.#scanBackwards(range, options.limit)
      : this.#scanForwards(range, options.limit)
  }

  /** An independent map with the same rows. */
  clone(): SortedRows {
    const clone = new SortedRows()
    clone.#blocks = this.#blocks
    // Neither may change in place what both now hold.
    clone.#listOwner = this.#owner
    this.#owner = {}
    return clone
  }

  #scanForwards({ start, end }: KeyRange, limit: number): KeyValue[] {
    const rows: KeyValue[] = []
    let { blockIndex, rowIndex } = this.#place(start)
    for (; blockIndex < this.#blocks.length; blockIndex++, rowIndex = 0) {
      for (const row of this.#blocks[blockIndex]!.rows.slice(rowIndex)) {
        if (rows.length >= limit || compareBytes(row.key, end) >= 0) return rows
        rows.push(row)
      }
    }
    return rows
  }

  #scanBackwards({ start, end }: KeyRange, limit: number): KeyValue[] {
    const rows: KeyValue[] = []
    let { blockIndex, rowIndex } = this.#place(end)
    for (; blockIndex >= 0; blockIndex--, rowIndex = ROWS_PER_BLOCK_MAX + 1) {
      for (const row of (this.#blocks[blockIndex]?.rows ?? []).slice(0, rowIndex).reverse()) {
        if (rows.length >= limit || compareBytes(row.key, start) < 0) return rows
        rows.push(row)
      }
    }
    return rows
  }

  #place(key: Uint8Array): Place {
    // The last block that begins at or before the key, or the first.
    const after = firstIndex(this.#blocks, ({ rows }) => compareBytes(rows[0]!.key, key) > 0)
    const blockIndex = Math.max(0, after - 1)
    const rows = this.#blocks[blockIndex]?.rows ?? []
    const rowIndex = firstIndex(rows, (row) => compareBytes(row.key, key) >= 0)
    const at = rows[rowIndex]
    return { blockIndex, rowIndex, found: at !== undefined && compareBytes(at.key, key) === 0 }
  }

  #ownBlock(index: number): Block {
    if (this.#listOwner !== this.#owner) {
      this.#listOwner = this.#owner
      this.#blocks = [...this.#blocks]
    }
    const block = this.#blocks[index]
    if (block?.owner === this.#owner) return block
    const copy = { owner: this.#owner, rows: [...(block?.rows ?? [])] }
    this.#blocks[index] = copy
    return copy
  }

  #split(index: number): void {
    const { rows } = this.#blocks[index]!
    const upper = { owner: this.#owner, rows: rows.splice(rows.length >>> 1) }
    this.#blocks.splice(index + 1, 0, upper)
  }
}

/** Index of the first element for which `isAfter` holds; it holds for all behind it. */
function firstIndex<T>(elements: readonly T[], isAfter: (element: T) => boolean): number {
  let low = 0
  let high = elements.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAfter(elements[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
