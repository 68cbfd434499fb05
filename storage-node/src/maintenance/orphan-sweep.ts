/**
 * Finds chunks whose upload died before a command referred to them, and lets their owner decide.
 *
 * The owner's partition either answers that a row refers to the data, or logs a kill: from then on
 * no command can refer to it any more (B4), and the chunks may go.
 *
 * @module
 */

import type { ChunkPlacement } from '../cluster/chunks/chunk-placement.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { resultOf } from '../cluster/partitions.ts'
import type { StoreId } from '../contract/identifiers.ts'
import { CHUNKS_PER_GROUP } from '../placement/group-of.ts'
import type { DataId } from '../model/identifiers.ts'
import type { ChunkStore } from '../storage/chunks/chunk-store.ts'

const PAGE_COUNT = 1000
/** Uploads that take longer than this to commit lose their data (replication.md 1.8). */
export const ORPHAN_AGE_MS = 24 * 60 * 60 * 1000

export interface OrphanSweepParts {
  readonly partitions: Pick<Partitions, 'execute'>
  readonly placement: ChunkPlacement
  readonly chunks: Pick<ChunkStore, 'listUnconfirmed' | 'confirm' | 'remove'>
}

/** One round; returns how many bodies were freed. */
export async function sweepOrphans(
  { partitions, placement, chunks }: OrphanSweepParts,
  signal: AbortSignal,
): Promise<number> {
  let freed = 0
  for (;;) {
    const marks = await chunks.listUnconfirmed(ORPHAN_AGE_MS, PAGE_COUNT)
    for (const { dataId, chunkCount, owner } of marks) {
      if (signal.aborted) return freed
      const killed = await partitions.execute({ kind: 'killData', ...owner, dataId })
      if (resultOf(killed, 'killed').referenced) {
        await chunks.confirm(dataId, chunkCount, othersOf(placement, dataId, chunkCount))
      } else {
        await chunks.remove(dataId, chunkCount)
        freed++
      }
    }
    if (marks.length < PAGE_COUNT) return freed
  }
}

/** Nobody knows which stores have the chunks: the repair asks all of them. */
function othersOf(
  placement: ChunkPlacement,
  dataId: DataId,
  chunkCount: number,
): Map<number, readonly StoreId[]> {
  const others = new Map<number, readonly StoreId[]>()
  for (let first = 0; first < chunkCount; first += CHUNKS_PER_GROUP) {
    const stores = placement.storesOf(dataId, first).map(({ store }) => store)
    const rest = stores.filter((store) => store !== placement.self)
    const end = Math.min(first + CHUNKS_PER_GROUP, chunkCount)
    for (let index = first; index < end; index++) others.set(index, rest)
  }
  return others
}
