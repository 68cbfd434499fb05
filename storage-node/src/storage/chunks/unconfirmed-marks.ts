/**
 * Lists marks of chunks: of those that nobody has confirmed, for the sweep that asks their owners, and
 * of those that have not reached all their stores, for the repair that brings them there.
 *
 * @module
 */

import type { StoreId } from '../../contract/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import {
  chunkNamespaceRange,
  readUnconfirmedRowKey,
  unconfirmedRowsBefore,
} from '../../wire/stored/chunk-keys.ts'
import type { ChunkOwner } from '../../wire/stored/chunk-records.ts'
import { decodeMarkRow } from '../../wire/stored/chunk-rows.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'

/** A dataId with marks, and who would know it. */
export interface UnconfirmedData {
  readonly dataId: DataId
  /** Chunks 0 to this one: the highest that has a mark is the last. */
  readonly chunkCount: number
  readonly owner: ChunkOwner
}

/** A chunk of this store that other stores of its group lack. */
export interface LackingCopies {
  readonly dataId: DataId
  readonly index: number
  readonly owner: ChunkOwner
  readonly lacking: readonly StoreId[]
}

/** Where the next page begins. */
export type LackingCursor = Uint8Array

export interface LackingPage {
  readonly chunks: readonly LackingCopies[]
  /** Undefined after the last one. */
  readonly next: LackingCursor | undefined
}

const ROWS_PER_PAGE = 1000

/** DataIds made before `creationMs` that have unconfirmed chunks, oldest first, at most `limit`. */
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
      const { owner, lacking } = decodeMarkRow(value)
      // Its reference is committed: it waits for a store.
      if (lacking !== undefined) continue
      // Rows of one dataId follow each other: with the next one, the last is complete.
      if (found.size === limit && !found.has(dataId)) return [...found.values()]
      found.set(dataId, { dataId, chunkCount: index + 1, owner })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < ROWS_PER_PAGE) return [...found.values()]
    from = nextKey(last.key)
  }
}

/** Chunks that have not reached all stores, in the order of their rows, from a page on. */
export async function listLackingChunks(
  engine: KeyValueEngine,
  after: LackingCursor | undefined,
): Promise<LackingPage> {
  const { start, end } = chunkNamespaceRange('unconfirmed')
  const page = await engine.scan({ start: after ?? start, end }, { limit: ROWS_PER_PAGE })
  const chunks: LackingCopies[] = []
  for (const { key, value } of page) {
    const { owner, lacking } = decodeMarkRow(value)
    if (lacking !== undefined) chunks.push({ ...readUnconfirmedRowKey(key), owner, lacking })
  }
  const last = page.at(-1)
  const isEnd = last === undefined || page.length < ROWS_PER_PAGE
  return { chunks, next: isEnd ? undefined : nextKey(last.key) }
}

function nextKey(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.of(0)])
}
