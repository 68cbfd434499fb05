/**
 * What every storage node of a region has to agree on, and what it gives its store.
 *
 * @module
 */

import type { PlacementMap } from './contract/placement-map.ts'
import type { ReplicationSettings } from './replication/protocol.ts'
import type { Store, StoreSettings } from './storage/store.ts'

/** Placement groups of a region that is made by `npm start`. */
export const PLACEMENT_GROUP_COUNT = 16
/** Copies that a write needs at least, in a region that has as many stores. */
const MIN_INSYNC = 2
const PREPARE_ENTRY_COUNT_MAX = 1024
const ROW_CACHE_BYTES_MAX = 16 * 1024 ** 2

/** Follows from how many stores and zones there are. */
export function replicationSettings(
  { stores }: Pick<PlacementMap, 'stores'>,
  isOneKernel: boolean,
): ReplicationSettings {
  return {
    quorum: 'majority',
    minInsync: Math.min(MIN_INSYNC, stores.length),
    zoneCount: new Set(stores.map(({ zone }) => zone)).size,
    reads: 'lease',
    isOneKernel,
    prepareEntryCountMax: PREPARE_ENTRY_COUNT_MAX,
  }
}

/** Of one of so many stores in a process. */
export function storeSettings(
  storeCount: number,
  groupCount = PLACEMENT_GROUP_COUNT,
): StoreSettings {
  return {
    groupCount,
    rowCacheBytesMax: Math.floor(ROW_CACHE_BYTES_MAX / storeCount),
  }
}

/** A region with one store from before there were ranges has a single one for all buckets. */
export function isOlderThanRanges({ journal }: Store): boolean {
  return journal.replicas().some(({ configuration }) => configuration.byteLength === 0)
}
