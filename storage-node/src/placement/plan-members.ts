/**
 * Chooses the members that the partitions of a new region begin with.
 *
 * @module
 */

import type { StoreId } from '../contract/identifiers.ts'
import type { StoreEntry } from '../contract/placement-map.ts'
import { planGroups } from './plan-groups.ts'

/** Members of each partition, its first primary first; stores lead equal shares. */
export function planMembers(stores: readonly StoreEntry[], count: number): StoreId[][] {
  const ledBy = new Map<StoreId, number>()
  return planGroups(stores, count).map((positions) => {
    const members = positions.flatMap((position) => stores[position]?.store ?? [])
    const led = (store: StoreId) => ledBy.get(store) ?? 0
    const first = members.reduce((best, store) => (led(store) < led(best) ? store : best))
    ledBy.set(first, led(first) + 1)
    return [first, ...members.filter((store) => store !== first)]
  })
}
