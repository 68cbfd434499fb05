/**
 * Ballots and members as the watches count them: apart from the product's own functions, so that a
 * mistake there is seen here.
 *
 * @module
 */

import type { Member } from '@granary/storage-node/contract/configuration'
import type { Ballot, StoreId } from '@granary/storage-node/contract/identifiers'
import type { Plan } from '../plan.ts'

/** A ballot as the key of a map. */
export function nameOf({ epoch, activation }: Ballot): string {
  return `${epoch}.${activation}`
}

/** Below zero when `a` is the lower one. */
export function compare(a: Ballot, b: Ballot): number {
  return a.epoch - b.epoch || a.activation - b.activation
}

/** What a region's plan asks of a set of members. */
export class QuorumCount {
  readonly #isAll: boolean
  /** k and kz of replication.md 1.2. */
  readonly #copyCount: number
  readonly #zoneCount: number

  constructor({ quorum, zones }: Plan) {
    this.#isAll = quorum === 'all'
    this.#copyCount = Math.min(2, zones.length)
    this.#zoneCount = Math.min(2, new Set(zones).size)
  }

  isWriteQuorum(have: ReadonlySet<StoreId>, members: readonly Member[]): boolean {
    const present = members.filter(({ store }) => have.has(store))
    const needed = this.#isAll ? members.length : Math.floor(members.length / 2) + 1
    return present.length >= needed && zoneCount(present) >= Math.min(2, zoneCount(members))
  }

  isSealSet(have: ReadonlySet<StoreId>, members: readonly Member[]): boolean {
    const others = members.filter(({ store }) => !have.has(store))
    return !this.isWriteQuorum(new Set(others.map(({ store }) => store)), members)
  }

  /** Whether copies on these members are enough for a success answer (I12, B2). */
  isEnough(copies: readonly Member[]): boolean {
    return copies.length >= this.#copyCount && zoneCount(copies) >= this.#zoneCount
  }
}

function zoneCount(members: readonly Member[]): number {
  return new Set(members.map(({ zone }) => zone)).size
}
