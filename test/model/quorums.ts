/**
 * The product's own quorum functions, as tables over masks: the model counts replies no other way.
 *
 * @module
 */

import type { Member, Zone } from '@granary/storage-node/contract/configuration'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import { isSealSet, isWriteQuorum, mayAcceptWrites } from '@granary/storage-node/contract/quorum'
import type { ModelSettings } from './settings.ts'

export class Quorums {
  readonly #replicaCount: number
  readonly #write: boolean[] = []
  readonly #seal: boolean[] = []
  readonly #mayWrite: boolean[] = []

  constructor({ replicaCount, zones, quorum, bug }: ModelSettings) {
    this.#replicaCount = replicaCount
    const membersOf = (set: number): Member[] =>
      zones.flatMap((zone, replica) => ((set >> replica) & 1 ? [memberIn(replica, zone)] : []))
    const floor = { minInsync: Math.min(2, replicaCount), zoneCount: new Set(zones).size }
    for (let members = 0; members < 1 << replicaCount; members++) {
      const all = membersOf(members)
      this.#mayWrite.push(mayAcceptWrites(all, floor) === undefined)
      for (let set = 0; set < 1 << replicaCount; set++) {
        const have = new Set(membersOf(set).map(({ store }) => store))
        const isAnyEnough = bug === 'sealone' && (set & members) !== 0
        this.#write.push(isWriteQuorum(have, all, quorum))
        this.#seal.push(isAnyEnough || isSealSet(have, all, quorum))
      }
    }
  }

  isWriteQuorum(set: number, members: number): boolean {
    return this.#write[(members << this.#replicaCount) | set] === true
  }

  isSealSet(set: number, members: number): boolean {
    return this.#seal[(members << this.#replicaCount) | set] === true
  }

  /** Whether so few members and zones may acknowledge writes (k and kz). */
  mayWrite(members: number): boolean {
    return this.#mayWrite[members] === true
  }
}

function memberIn(replica: number, zone: number): Member {
  return { store: `store ${replica}` as StoreId, zone: `zone ${zone}` as Zone }
}
