/**
 * Compares leases by true time, which no store can read (I14, I15).
 *
 * @module
 */

import type { Member } from '@granary/storage-node/contract/configuration'
import type { Ballot, PartitionId, StoreId } from '@granary/storage-node/contract/identifiers'
import type { Leases } from '@granary/storage-node/testing'
import type { Machine } from '../machine.ts'
import { nameOf, type QuorumCount } from './ballots.ts'
import type { Accuse } from './log-watch.ts'

/** A store that has just started grants nothing and seals nothing for so long (L4). */
const SILENCE_MS = 3_000

interface Hold {
  readonly ballot: Ballot
  readonly members: readonly Member[]
}

/** The leases of one process. */
interface Probe {
  readonly machine: Machine
  readonly life: number
  readonly self: StoreId
  readonly startedMs: number
  readonly leases: Leases
  readonly holds: Map<PartitionId, Hold>
}

/** Looks at the leases of all processes, from the outside. */
export class LeaseWatch {
  readonly #quorums: QuorumCount
  readonly #accuse: Accuse
  readonly #probes = new Map<StoreId, Probe>()

  constructor(quorums: QuorumCount, accuse: Accuse) {
    this.#quorums = quorums
    this.#accuse = accuse
  }

  /** The leases of a new process, as its replicas are to use them. */
  observe(machine: Machine, self: StoreId, leases: Leases): Leases {
    const holds = new Map<PartitionId, Hold>()
    const startedMs = machine.clock.monotonicMs()
    this.#probes.set(self, { machine, life: machine.host.life, self, startedMs, leases, holds })
    return {
      get view() {
        return leases.view
      },
      allow: (partition, ballot, to) => leases.allow(partition, ballot, to),
      revoke: (partition) => leases.revoke(partition),
      hold(partition, ballot, members) {
        holds.set(partition, { ballot, members })
        leases.hold(partition, ballot, members)
      },
      stop(partition) {
        holds.delete(partition)
        return leases.stop(partition)
      },
      onRefused: (listener) => leases.onRefused(listener),
    }
  }

  /** When a process that lives last got a beacon of the store, by true time. */
  heardMs(store: StoreId): number {
    const living = [...this.#probes.values()].filter(({ machine, life }) => {
      return machine.host.life === life
    })
    return Math.max(
      ...living.map(({ machine, leases }) => machine.clock.trueMs(leases.view.heardMs(store))),
    )
  }

  /** To be called every now and then. */
  check(): void {
    const living = [...this.#probes.values()].filter(({ machine, life }) => {
      return machine.host.life === life
    })
    const holders = new Map<PartitionId, string>()
    for (const probe of living) {
      for (const [partition, hold] of probe.holds) {
        this.#checkDeadlines(probe, partition, hold)
        if (!this.#isHeld(probe, partition, hold)) continue
        const holder = `store ${probe.self} under ${nameOf(hold.ballot)}`
        const other = holders.get(partition)
        if (other !== undefined) {
          this.#accuse('I14', `partition ${partition}: ${other} and ${holder} hold the lease`)
        }
        holders.set(partition, holder)
      }
    }
  }

  /** Whether the store's process could serve reads of the partition now. */
  holds(store: StoreId, partition: PartitionId): boolean {
    const probe = this.#probes.get(store)
    const hold = probe?.holds.get(partition)
    return probe !== undefined && hold !== undefined && this.#isHeld(probe, partition, hold)
  }

  /** Whether grants and the own store make up a quorum now. */
  #isHeld(probe: Probe, partition: PartitionId, { members }: Hold): boolean {
    const nowMs = probe.machine.clock.monotonicMs()
    const { view } = probe.leases
    const granting = members.filter(({ store }) => view.heldUntilMs(partition, store) > nowMs)
    const have = new Set([probe.self, ...granting.map(({ store }) => store)])
    return this.#quorums.isWriteQuorum(have, members)
  }

  /** The holder stops counting on a grant before the grantor may help somebody else (I15). */
  #checkDeadlines(holder: Probe, partition: PartitionId, { members }: Hold): void {
    for (const { store } of members) {
      const grantor = this.#probes.get(store)
      if (grantor === undefined || store === holder.self) continue
      const heldUntilMs = holder.leases.view.heldUntilMs(partition, store)
      if (heldUntilMs <= holder.machine.clock.monotonicMs()) continue
      const heldMs = holder.machine.clock.trueMs(heldUntilMs)
      if (heldMs <= grantEndMs(grantor, partition)) continue
      this.#accuse('I15', `partition ${partition}: ${holder.self} outlives the grant of ${store}`)
    }
  }
}

/** Until when the store helps nobody else, by true time. */
function grantEndMs({ machine, leases, startedMs, life }: Probe, partition: PartitionId): number {
  // A store that is down helps nobody, and is silent when it comes back.
  if (machine.host.life !== life) return Infinity
  const untilMs = Math.max(leases.view.grantedUntilMs(partition), startedMs + SILENCE_MS)
  return machine.clock.trueMs(untilMs)
}
