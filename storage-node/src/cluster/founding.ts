/**
 * Makes the records of a new region: its partitions and its placement map.
 *
 * The map is written last and says that the region is founded: a start that was cut short before
 * begins again, and creating a record twice does nothing.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import { SYSTEM_PARTITION, foundingRanges } from '../contract/founding-ranges.ts'
import type { PartitionId } from '../contract/identifiers.ts'
import type { PlacementMap, StoreEntry } from '../contract/placement-map.ts'
import { planGroups } from '../placement/plan-groups.ts'
import { planMembers } from '../placement/plan-members.ts'
import type { ConfigStoreFounder } from './config-store.ts'

export interface FoundingOptions {
  /** Number of user ranges beside the system range. */
  readonly rangeCount: number
  /** Number of placement groups; never changes. */
  readonly groupCount: number
}

/** Founds the region on these stores unless it is; tells the map where they are now. */
export async function foundRegion(
  configs: ConfigStoreFounder,
  stores: readonly StoreEntry[],
  { rangeCount, groupCount }: FoundingOptions,
): Promise<void> {
  const present = await configs.getPlacement()
  if (present !== undefined) return announce(configs, present, stores)
  const ranges = foundingRanges(rangeCount)
  for (const [at, members] of planMembers(stores, ranges.length).entries()) {
    const [preferredPrimary] = members
    const initialRange = ranges[at]
    assert(preferredPrimary !== undefined && initialRange !== undefined, 'each range has members')
    const intent = { desiredMembers: members, preferredPrimary, initialRange }
    await configs.create((SYSTEM_PARTITION + at) as PartitionId, intent)
  }
  await configs.putPlacement({ version: 1, stores, groups: planGroups(stores, groupCount) })
}

/** Stores keep their places in the map; only where they are reached may change. */
async function announce(
  configs: ConfigStoreFounder,
  present: PlacementMap,
  stores: readonly StoreEntry[],
): Promise<void> {
  const now = new Map(stores.map((entry) => [entry.store, entry]))
  const moved = present.stores.some(({ store, address, beaconAddress }) => {
    const entry = now.get(store) ?? { address, beaconAddress }
    return entry.address !== address || entry.beaconAddress !== beaconAddress
  })
  if (!moved) return
  const entries = present.stores.map((entry) => now.get(entry.store) ?? entry)
  await configs.putPlacement({ ...present, version: present.version + 1, stores: entries })
}
