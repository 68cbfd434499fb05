/**
 * Removes chunks from every store that has them.
 *
 * @module
 */

import type { StoreId } from '../../contract/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import { REMOVALS_PER_REQUEST } from '../../wire/peer/chunk-codec.ts'
import type { ChunksOfData } from '../../wire/peer/chunk-messages.ts'
import type { ChunkHandler } from './chunk-handler.ts'
import type { ChunkPlacement } from './chunk-placement.ts'
import type { PeerNetwork } from '../peer-network.ts'

/** A durable removal waits for a flush of the whole engine. */
const DEADLINE_MS = 30_000

export interface ChunkRemovalParts {
  readonly handler: Pick<ChunkHandler, 'remove'>
  readonly peers: Pick<PeerNetwork, 'request'>
  readonly placement: ChunkPlacement
}

/** Which stores have removed a dataId's chunks so that no crash brings them back. */
export type Removals = ReadonlyMap<DataId, ReadonlySet<StoreId>>

/** Asks the stores. */
export class ChunkRemoval {
  readonly #parts: ChunkRemovalParts

  constructor(parts: ChunkRemovalParts) {
    this.#parts = parts
  }

  /** The stores that have to remove the chunks before they may be forgotten. */
  storesOf(data: ChunksOfData): readonly StoreId[] {
    return this.#parts.placement.storesOfData(data)
  }

  /** Removes the chunks for good where `skips` does not say that this was done; tells where it was. */
  async removeDurably(
    data: readonly ChunksOfData[],
    skips: (store: StoreId, dataId: DataId) => boolean,
  ): Promise<Removals> {
    const removed = new Map<DataId, Set<StoreId>>()
    for (const { dataId } of data) removed.set(dataId, new Set())
    const byStore = this.#byStore(data, skips)
    await Promise.all(
      [...byStore].map(async ([store, some]) => {
        for (let at = 0; at < some.length; at += REMOVALS_PER_REQUEST) {
          const part = some.slice(at, at + REMOVALS_PER_REQUEST)
          if (!(await this.#remove(store, part, true))) return
          for (const { dataId } of part) removed.get(dataId)?.add(store)
        }
      }),
    )
    return removed
  }

  /** Removes what was never referred to. Best effort: what is left over is found as an orphan. */
  async discard(data: ChunksOfData): Promise<void> {
    await Promise.all(this.storesOf(data).map((store) => this.#remove(store, [data], false)))
  }

  #byStore(
    data: readonly ChunksOfData[],
    skips: (store: StoreId, dataId: DataId) => boolean,
  ): Map<StoreId, ChunksOfData[]> {
    const byStore = new Map<StoreId, ChunksOfData[]>()
    for (const one of data) {
      for (const store of this.storesOf(one)) {
        if (skips(store, one.dataId)) continue
        const some = byStore.get(store) ?? []
        byStore.set(store, some)
        some.push(one)
      }
    }
    return byStore
  }

  /** Whether the store has done it. */
  async #remove(
    store: StoreId,
    data: readonly ChunksOfData[],
    isDurable: boolean,
  ): Promise<boolean> {
    const { handler, peers, placement } = this.#parts
    if (store === placement.self) {
      await handler.remove(data, isDurable)
      return true
    }
    const request = { kind: 'chunkRemove', data, isDurable } as const
    return peers.request(store, request, { deadlineMs: DEADLINE_MS }).then(
      () => true,
      () => false,
    )
  }
}
