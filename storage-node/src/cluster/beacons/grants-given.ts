/**
 * The grants that a store gives: its word not to help a rival of a partition's primary for a while
 * (replication.md 1.7, L1, L2).
 *
 * Whether something granted earlier stands in the way of a promise, or the silence after a start, is
 * the replica's decision (L3, L4): it asks `revoke` before it promises, and allows once the promise
 * is synced. So whoever is allowed is granted. Should a grant to somebody else still live then, its
 * holder released it, or this member was not needed for the seal and those that were grant that
 * holder nothing (1.12). The newer grant ends later in any case: one time a partition says until
 * when this store has to refuse.
 *
 * @module
 */

import type { Ballot, PartitionId, StoreId } from '../../contract/identifiers.ts'
import { compareBallots } from '../../replication/ballot.ts'
import type { BeaconClaim } from '../../wire/peer/beacon-codec.ts'
import type { LeaseBoard } from './lease-board.ts'
import { GRANT_MS } from './lease-times.ts'

/** What becomes of a claim; a ballot is the promise that refuses it. */
export type GrantDecision = 'granted' | 'withheld' | Ballot

export class GrantsGiven {
  readonly #board: LeaseBoard
  readonly #allowed = new Map<PartitionId, { readonly ballot: Ballot; readonly to: StoreId }>()
  readonly #untilMs = new Map<PartitionId, number>()

  constructor(board: LeaseBoard) {
    this.#board = board
  }

  /** From now on claims of `to` under this ballot are granted; the promise to it is synced. */
  allow(partition: PartitionId, ballot: Ballot, to: StoreId): void {
    this.#allowed.set(partition, { ballot, to })
  }

  /** Grants nothing for the partition from now on; returns until when the last grant lives. */
  revoke(partition: PartitionId): number {
    this.#allowed.delete(partition)
    return this.#untilMs.get(partition) ?? 0
  }

  /** Decides about a claim in a beacon that arrives now. */
  answer(from: StoreId, { partition, ballot }: BeaconClaim, nowMs: number): GrantDecision {
    const allowed = this.#allowed.get(partition)
    if (allowed === undefined) return 'withheld'
    const order = compareBallots(ballot, allowed.ballot)
    if (order < 0) return allowed.ballot
    // A higher ballot is news that the replica has not heard yet.
    if (order > 0 || from !== allowed.to) return 'withheld'
    const untilMs = nowMs + GRANT_MS
    this.#untilMs.set(partition, untilMs)
    this.#board.granted(partition, untilMs)
    return 'granted'
  }
}
