/**
 * Spreads placement groups over the stores of a region that is being founded.
 *
 * Each group goes to three stores in three zones, or in as many as there are. The store that has the
 * fewest groups so far takes the next one; among equals a hash decides, so that a store shares its
 * groups with all others and not with the same two: what it holds is copied again from everywhere.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import { asBuffer } from '../base/bytes.ts'
import { md5 } from '../base/checksums.ts'
import type { StoreEntry } from '../contract/placement-map.ts'

/** Copies of a chunk. */
export const COPY_COUNT = 3

/** What placement looks at. */
export type PlacedStore = Pick<StoreEntry, 'store' | 'zone'>

interface Candidate {
  readonly position: number
  readonly zone: string
  readonly name: string
  groupCount: number
}

/** For each group the positions of its stores in `stores`, ascending. The same input, the same plan. */
export function planGroups(stores: readonly PlacedStore[], groupCount: number): number[][] {
  assert(stores.length > 0, 'a region has a store')
  const candidates = stores.map(({ store, zone }, position) => {
    return { position, zone, name: store, groupCount: 0 }
  })
  return Array.from({ length: groupCount }, (_, group) => planGroup(candidates, group))
}

function planGroup(candidates: readonly Candidate[], group: number): number[] {
  const order = [...candidates]
    .map((candidate) => ({ candidate, rank: rankOf(group, candidate) }))
    .sort((a, b) => a.candidate.groupCount - b.candidate.groupCount || a.rank - b.rank)
    .map(({ candidate }) => candidate)
  const chosen: Candidate[] = []
  while (chosen.length < Math.min(COPY_COUNT, candidates.length)) {
    chosen.push(bestFor(chosen, order))
  }
  for (const candidate of chosen) candidate.groupCount++
  return chosen.map(({ position }) => position).sort((a, b) => a - b)
}

/** The first one in order whose zone has the fewest of the stores chosen so far. */
function bestFor(chosen: readonly Candidate[], order: readonly Candidate[]): Candidate {
  const usesOf = (zone: string) => chosen.filter((other) => other.zone === zone).length
  const rest = order.filter((candidate) => !chosen.includes(candidate))
  const fewest = Math.min(...rest.map(({ zone }) => usesOf(zone)))
  const best = rest.find(({ zone }) => usesOf(zone) === fewest)
  assert(best !== undefined, 'there is a store that is not chosen yet')
  return best
}

/** Orders stores differently for each group. A CRC would not: it is linear, so orders repeat. */
function rankOf(group: number, { name }: Candidate): number {
  return asBuffer(md5(Buffer.from(`${group} ${name}`))).readUInt32BE(0)
}
