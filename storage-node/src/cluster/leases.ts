/**
 * Leases as replicas see them: grants given and held, behind the beacons (replication.md 1.7).
 *
 * Whoever implements this owns the grants that this store has given: a replica asks before it
 * promises anything to a candidate. In a pod that is the beacon thread; the simulator and tests run
 * the same parts inline.
 *
 * @module
 */

import type { Member } from '../contract/configuration.ts'
import type { Ballot, PartitionId, StoreId } from '../contract/identifiers.ts'

/** What the beacons have brought; times are of the monotonic clock, in milliseconds, 0 for never. */
export interface LeaseView {
  /** When the last beacon of the store arrived. */
  heardMs(store: StoreId): number
  /** Until when the member's grant for the partition counts for this store, its primary. */
  heldUntilMs(partition: PartitionId, member: StoreId): number
  /** Until when the last grant that this store gave for the partition lives; a hint, `revoke` decides. */
  grantedUntilMs(partition: PartitionId): number
  /**
   * When a beacon first told that the store runs with a higher incarnation than this process knew
   * of: what was granted to it before went to a process of the past. 0: none did.
   */
  restartedMs(store: StoreId): number
}

export interface Leases {
  readonly view: LeaseView
  /** From now on beacons of `to` that name this ballot are granted; the promise to it is synced. */
  allow(partition: PartitionId, ballot: Ballot, to: StoreId): void
  /** Grants nothing for the partition from now on; answers until when the last grant lives. */
  revoke(partition: PartitionId): Promise<number>
  /** Names the partition in this store's beacons, as its primary, and collects its members' grants. */
  hold(partition: PartitionId, ballot: Ballot, members: readonly Member[]): void
  /** Ends that; resolves once no grant for the partition counts any more. */
  stop(partition: PartitionId): Promise<void>
  /** Called when a member refuses a beacon's ballot because it has promised a higher one. */
  onRefused(listener: (partition: PartitionId, member: StoreId, promised: Ballot) => void): void
}
