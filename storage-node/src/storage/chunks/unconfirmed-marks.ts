/**
 * Lists marks of chunks that nobody has confirmed, for the sweep that asks their owners.
 *
 * @module
 */

import type { DataId } from '../../model/identifiers.ts'
import { readUnconfirmedRowKey, unconfirmedRowsBefore } from '../../wire/stored/chunk-keys.ts'
import type { ChunkOwner } from '../../wire/stored/chunk-records.ts'
import { decodeUnconfirmedRow } from '../../wire/stored/chunk-rows.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'

/** A dataId with marks, and who would know it. */
export interface UnconfirmedData {
  readonly dataId: DataId
  /** Chunks 0 to this one: the highest that has a mark is the last. */
  readonly chunkCount: number
  readonly owner: ChunkOwner
}

const ROWS_PER_PAGE = 1000

/** DataIds made before `creationMs` that have marks, oldest first, at most `limit`. */
export async function listUnconfirmedData(
  engine: KeyValueEngine,
  creationMs: number,
  limit: number,
): Promise<UnconfirmedData[]> {
  const found = new Map<DataId, UnconfirmedData>()
  const { start, end } = unconfirmedRowsBefore(creationMs)
  let from = start
  for (;;) {
    const page = await engine.scan({ start: from, end }, { limit: ROWS_PER_PAGE })
    for (const { key, value } of page) {
      const { dataId, index } = readUnconfirmedRowKey(key)
      // Rows of one dataId follow each other: with the next one, the last is complete.
      if (found.size === limit && !found.has(dataId)) return [...found.values()]
      found.set(dataId, { dataId, chunkCount: index + 1, owner: decodeUnconfirmedRow(value) })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < ROWS_PER_PAGE) return [...found.values()]
    from = Buffer.concat([last.key, Buffer.of(0)])
  }
}
