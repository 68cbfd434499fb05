/**
 * The placement map as one storage node sees it: which stores hold a chunk, and when copies count.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Member, Zone } from '../../contract/configuration.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import type { WriteFloor } from '../../contract/quorum.ts'
import { isEnoughCopies } from '../../contract/quorum.ts'
import type { DataId } from '../../model/identifiers.ts'
import { CHUNKS_PER_GROUP, groupOf } from '../../placement/group-of.ts'
import type { ChunksOfData } from '../../wire/peer/chunk-messages.ts'
import type { ConfigStore } from '../config-store.ts'
import { ConfigStoreUnavailableError } from '../config-store.ts'
import type { PlacementFile } from './placement-file.ts'

export interface ChunkPlacementOptions {
  readonly self: StoreId
  readonly zone: Zone
  /** Number of placement groups of the region, as in the keys of stored chunks. */
  readonly groupCount: number
  readonly floor: WriteFloor
}

/** The newest map that has been seen; empty before the first. */
export class ChunkPlacement {
  readonly #options: ChunkPlacementOptions
  #map: PlacementMap = { version: 0, stores: [], groups: [] }
  /** By number of the group, nearest first; filled as they are asked for. */
  #groups: (readonly Member[])[] = []

  constructor(options: ChunkPlacementOptions) {
    this.#options = options
  }

  get version(): number {
    return this.#map.version
  }

  get self(): StoreId {
    return this.#options.self
  }

  /** All stores of the region. */
  get stores(): PlacementMap['stores'] {
    return this.#map.stores
  }

  /** Takes a map unless it is older than the one at hand. */
  take(map: PlacementMap): void {
    if (map.version <= this.#map.version) return
    const { groupCount } = this.#options
    assert(map.groups.length === groupCount, `the region has ${groupCount} placement groups`)
    this.#map = map
    this.#groups = []
  }

  /**
   * Takes the map that was kept, the one there is, and each later one. A config store that does not
   * answer is no reason not to start: chunks are where they were.
   */
  async follow(
    configs: Pick<ConfigStore, 'getPlacement' | 'watchPlacement'>,
    kept?: Pick<PlacementFile, 'load' | 'save'>,
  ): Promise<{ stop(): void }> {
    const known = await kept?.load()
    // One of before the region was given its number of groups is no use.
    if (known?.groups.length === this.#options.groupCount) this.take(known)
    const takeNew = (map: PlacementMap) => {
      if (map.version <= this.#map.version) return
      this.take(map)
      void kept?.save(map)
    }
    const watch = configs.watchPlacement(takeNew)
    try {
      const map = await configs.getPlacement()
      if (map !== undefined) takeNew(map)
    } catch (error) {
      if (!(error instanceof ConfigStoreUnavailableError)) throw error
    }
    return watch
  }

  /** The stores of a chunk's group: this one first, then those of its zone, then the others. */
  storesOf(dataId: DataId, index: number): readonly Member[] {
    const group = groupOf(dataId, index, this.#options.groupCount)
    return (this.#groups[group] ??= this.#nearestFirst(this.#map.groups[group] ?? []))
  }

  /** Every store that has a chunk of the data. */
  storesOfData({ dataId, chunkCount }: ChunksOfData): readonly StoreId[] {
    const stores = new Set<StoreId>()
    for (let index = 0; index < chunkCount; index += CHUNKS_PER_GROUP) {
      for (const { store } of this.storesOf(dataId, index)) stores.add(store)
    }
    return [...stores]
  }

  /** Whether a chunk with these copies may be referred to (B2). */
  isEnough(copies: readonly Member[]): boolean {
    return isEnoughCopies(copies, this.#options.floor)
  }

  #nearestFirst(group: readonly number[]): Member[] {
    const members = group.flatMap((position) => this.#map.stores[position] ?? [])
    const distance = ({ store, zone }: Member) => {
      if (store === this.#options.self) return 0
      return zone === this.#options.zone ? 1 : 2
    }
    return members
      .map(({ store, zone }) => ({ store, zone }))
      .sort((a, b) => distance(a) - distance(b))
  }
}
