/**
 * Frees bytes that nothing refers to any more, once readers have had their time.
 *
 * A queue record goes only after a flush covers what it asked for: else a crash would bring the
 * chunks back with nobody left who knows that they are garbage.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Partitions } from '../cluster/partition-router.ts'
import type { DataId, DataSetId } from '../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../model/identifiers.ts'
import type { DroppedEntry } from '../model/query.ts'
import type { ChunkStore } from '../storage/chunks/chunk-store.ts'

/** Queue records that one flush covers. */
const PAGE_COUNT = 1000
/** Kill records outlive every upload that could still want to commit (replication.md 1.8). */
export const KILL_KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** Fences outlive every write that had begun when their bucket was deleted (replication.md 1.14). */
export const FENCE_KEPT_MS = 24 * 60 * 60 * 1000

export interface GarbageCollectionParts {
  readonly partitions: Partitions
  readonly chunks: Pick<ChunkStore, 'remove'>
  /** Makes what was removed so far durable. */
  readonly flush: () => Promise<void>
  readonly clock: Clock
  /** How long replaced and deleted bytes stay for the readers that had begun. */
  readonly graceMs: number
}

/** One round: everything whose time has come. Returns how many records it took off the queue. */
export async function collectGarbage(
  parts: GarbageCollectionParts,
  signal: AbortSignal,
): Promise<number> {
  const nowMs = parts.clock.nowMs()
  let collected = 0
  let after: Uint8Array | undefined
  while (!signal.aborted) {
    const page = await parts.partitions.ask({ kind: 'dropped', after, limit: PAGE_COUNT })
    const due = page.filter((entry) => isDue(entry, nowMs, parts.graceMs))
    collected += due.length
    await freeSets(parts.partitions, due)
    await freeData(parts, due)
    after = page.at(-1)?.row
    if (page.length < PAGE_COUNT) break
  }
  await forgetKills(parts, nowMs)
  await forgetBuckets(parts, nowMs)
  return collected
}

/** Whether a queue record may be acted upon. */
export function isDue(
  { droppedMs }: Pick<DroppedEntry, 'droppedMs'>,
  nowMs: number,
  graceMs: number,
): boolean {
  return droppedMs + graceMs <= nowMs
}

/** A set puts its pieces into the queue, as dropped now; the next round takes them from there. */
async function freeSets(partitions: Partitions, due: readonly DroppedEntry[]): Promise<void> {
  for (const entry of due) {
    if (entry.kind !== 'set') continue
    const { bucketId, key } = entry
    const dataSetId = entry.dataId as DataSetId
    await partitions.execute({ kind: 'walkDroppedSet', bucketId, key, dataSetId })
  }
}

async function freeData(
  { partitions, chunks, flush }: GarbageCollectionParts,
  due: readonly DroppedEntry[],
): Promise<void> {
  const data = due.filter(({ kind }) => kind === 'data')
  if (data.length === 0) return
  await Promise.all(
    data.map(({ dataId, sizeBytes }) => chunks.remove(dataId as DataId, chunksOf(sizeBytes))),
  )
  await flush()
  await Promise.all(
    data.map(({ bucketId, key, dataId }) =>
      partitions.execute({ kind: 'forgetDropped', bucketId, key, dataId: dataId as DataId }),
    ),
  )
}

async function forgetKills({ partitions }: GarbageCollectionParts, nowMs: number): Promise<void> {
  let after: Uint8Array | undefined
  for (;;) {
    const page = await partitions.ask({ kind: 'kills', after, limit: PAGE_COUNT })
    const old = page.filter(({ killedMs }) => killedMs + KILL_KEPT_MS <= nowMs)
    await Promise.all(
      old.map(({ bucketId, key, dataId }) =>
        partitions.execute({ kind: 'forgetKill', bucketId, key, dataId }),
      ),
    )
    after = page.at(-1)?.row
    if (page.length < PAGE_COUNT) return
  }
}

async function forgetBuckets({ partitions }: GarbageCollectionParts, nowMs: number): Promise<void> {
  let after: Uint8Array | undefined
  for (;;) {
    const page = await partitions.ask({ kind: 'fences', after, limit: PAGE_COUNT })
    const old = page.filter(({ fencedMs }) => fencedMs + FENCE_KEPT_MS <= nowMs)
    for (const { bucketId } of old) await partitions.execute({ kind: 'forgetBucket', bucketId })
    after = page.at(-1)?.row
    if (page.length < PAGE_COUNT) return
  }
}

function chunksOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / CHUNK_SIZE_BYTES))
}
