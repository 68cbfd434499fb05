/**
 * Drops tombstones whose time is over: no writer of their dataId can come any more.
 *
 * @module
 */

import { chunkNamespaceRange } from '../../wire/stored/chunk-keys.ts'
import { decodeTombstoneRow } from '../../wire/stored/chunk-rows.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'
import type { RowTransactions } from './row-transactions.ts'

/** Longer than a dataId may wait to be committed, which is 5 days (replication.md 1.8). */
export const TOMBSTONE_LIFE_MS = 7 * 24 * 60 * 60 * 1000
const ROWS_PER_STEP = 1000

/** Walks the tombstones round and round, some at a time. */
export class TombstoneExpiry {
  readonly #engine: KeyValueEngine
  readonly #transactions: RowTransactions
  #from = chunkNamespaceRange('tombstone').start

  constructor(engine: KeyValueEngine, transactions: RowTransactions) {
    this.#engine = engine
    this.#transactions = transactions
  }

  /** Looks at the next rows and returns how many it dropped. */
  async step(nowMs: number): Promise<number> {
    const { start, end } = chunkNamespaceRange('tombstone')
    const page = await this.#engine.scan({ start: this.#from, end }, { limit: ROWS_PER_STEP })
    const last = page.at(-1)
    const isAtEnd = last === undefined || page.length < ROWS_PER_STEP
    this.#from = isAtEnd ? start : Buffer.concat([last.key, Buffer.of(0)])
    const isOver = (row: Uint8Array | undefined) =>
      row !== undefined && decodeTombstoneRow(row) + TOMBSTONE_LIFE_MS <= nowMs
    const keys = page.filter(({ value }) => isOver(value)).map(({ key }) => key)
    await this.#transactions.run(keys, (rows) => {
      // One that was renewed since it was read stays.
      for (const key of keys) if (isOver(rows.get(key))) rows.delete(key)
    })
    return keys.length
  }
}
