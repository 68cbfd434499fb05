/**
 * Frees bytes that nothing refers to any more, once readers have had their time.
 *
 * Each store does it for the partitions it is primary of. A queue record goes only after every store
 * of the data has removed it so that no crash brings it back: else one would keep the chunks with
 * nobody left who knows that they are garbage. A store that is absent keeps the record queued.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { ChunkRemoval } from '../cluster/chunks/chunk-removal.ts'
import type { PartitionId, StoreId } from '../contract/identifiers.ts'
import type { BucketId, DataId, DataSetId, ObjectKey } from '../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../model/identifiers.ts'
import { FENCE_KEPT_MS } from '../model/decide-bucket.ts'
import type { DroppedEntry } from '../model/query.ts'
import type { ChunksOfData } from '../wire/peer/chunk-messages.ts'
import type { OwnPartitions } from './own-partitions.ts'

/** Queued data that is remembered while a store is absent; the others of it are asked again. */
const DONE_COUNT_MAX = 100_000
/** Queue records that one flush covers. */
const PAGE_COUNT = 1000
/** Kill records outlive every upload that could still want to commit (replication.md 1.8). */
export const KILL_KEPT_MS = 7 * 24 * 60 * 60 * 1000

export interface GarbageCollectionParts {
  readonly partitions: OwnPartitions
  readonly removal: Pick<ChunkRemoval, 'removeDurably' | 'storesOf'>
  readonly clock: Clock
  /** How long replaced and deleted bytes stay for the readers that had begun. */
  readonly graceMs: number
}

/** Data of a queue record whose time has come. */
interface QueuedData extends ChunksOfData {
  readonly bucketId: BucketId
  readonly key: ObjectKey
}

interface Round {
  /** By dataId that stays queued: the stores that have removed it. */
  readonly stillDone: Map<DataId, Set<StoreId>>
  readonly waiting: QueuedData[]
  collected: number
}

/** Goes round and round; remembers which stores are done with what is still queued. */
export class GarbageCollector {
  readonly #parts: GarbageCollectionParts
  #done = new Map<DataId, Set<StoreId>>()

  constructor(parts: GarbageCollectionParts) {
    this.#parts = parts
  }

  /** One round: everything whose time has come. Returns how many records it took off the queue. */
  async collect(signal: AbortSignal): Promise<number> {
    const { partitions, clock } = this.#parts
    const nowMs = clock.nowMs()
    const round: Round = { stillDone: new Map(), waiting: [], collected: 0 }
    for (const partition of partitions.primaries()) {
      await this.#collectPartition(partition, nowMs, round, signal)
      await forgetKills(partitions, partition, nowMs)
      await forgetBuckets(partitions, partition, nowMs)
    }
    await this.#freeData(round)
    // What is not queued here any more is another store's business.
    this.#done = round.stillDone
    return round.collected
  }

  async #collectPartition(
    partition: PartitionId,
    nowMs: number,
    round: Round,
    signal: AbortSignal,
  ): Promise<void> {
    const { partitions, graceMs } = this.#parts
    let after: Uint8Array | undefined
    while (!signal.aborted) {
      const page = await partitions.ask(partition, { kind: 'dropped', after, limit: PAGE_COUNT })
      const due = page.filter((entry) => isDue(entry, nowMs, graceMs))
      round.collected += await this.#freeSets(due)
      round.waiting.push(...due.filter(({ kind }) => kind === 'data').map(queuedOf))
      // Partitions share a flush: most have little to free.
      if (round.waiting.length >= PAGE_COUNT) await this.#freeData(round)
      after = page.at(-1)?.row
      if (page.length < PAGE_COUNT) break
    }
  }

  /** A set puts its pieces into the queue, as dropped now; a later round takes them from there. */
  async #freeSets(due: readonly DroppedEntry[]): Promise<number> {
    const sets = due.filter(({ kind }) => kind === 'set')
    for (const { bucketId, key, dataId } of sets) {
      const dataSetId = dataId as DataSetId
      await this.#parts.partitions.execute({ kind: 'walkDroppedSet', bucketId, key, dataSetId })
    }
    return sets.length
  }

  async #freeData(round: Round): Promise<void> {
    const { partitions, removal } = this.#parts
    const data = round.waiting.splice(0)
    if (data.length === 0) return
    const isDone = (store: StoreId, dataId: DataId) => this.#done.get(dataId)?.has(store) === true
    const removed = await removal.removeDurably(data, isDone)
    const gone = data.filter((one) => {
      const { dataId } = one
      const done = new Set([...(this.#done.get(dataId) ?? []), ...(removed.get(dataId) ?? [])])
      if (removal.storesOf(one).every((store) => done.has(store))) return true
      if (round.stillDone.size < DONE_COUNT_MAX) round.stillDone.set(dataId, done)
      return false
    })
    await Promise.all(
      gone.map(({ bucketId, key, dataId }) =>
        partitions.execute({ kind: 'forgetDropped', bucketId, key, dataId }),
      ),
    )
    round.collected += gone.length
  }
}

function queuedOf({ bucketId, key, dataId, sizeBytes }: DroppedEntry): QueuedData {
  return { bucketId, key, dataId: dataId as DataId, chunkCount: chunksOf(sizeBytes) }
}

/** Whether a queue record may be acted upon. */
export function isDue(
  { droppedMs }: Pick<DroppedEntry, 'droppedMs'>,
  nowMs: number,
  graceMs: number,
): boolean {
  return droppedMs + graceMs <= nowMs
}

async function forgetKills(
  partitions: OwnPartitions,
  partition: PartitionId,
  nowMs: number,
): Promise<void> {
  let after: Uint8Array | undefined
  for (;;) {
    const page = await partitions.ask(partition, { kind: 'kills', after, limit: PAGE_COUNT })
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

async function forgetBuckets(
  partitions: OwnPartitions,
  partition: PartitionId,
  nowMs: number,
): Promise<void> {
  let after: Uint8Array | undefined
  for (;;) {
    const page = await partitions.ask(partition, { kind: 'fences', after, limit: PAGE_COUNT })
    const old = page.filter(({ fencedMs }) => fencedMs + FENCE_KEPT_MS <= nowMs)
    for (const { bucketId } of old) await partitions.execute({ kind: 'forgetBucket', bucketId })
    after = page.at(-1)?.row
    if (page.length < PAGE_COUNT) return
  }
}

function chunksOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / CHUNK_SIZE_BYTES))
}
