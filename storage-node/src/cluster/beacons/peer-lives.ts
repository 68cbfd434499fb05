/**
 * Which processes of other stores this one has heard of (replication.md D6, L4).
 *
 * @module
 */

import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import type { LeaseBoard } from './lease-board.ts'

/**
 * A restart is dated a little before it was heard of, so that rounding never makes a grant that the
 * new process was given at that moment one of the past.
 */
const RESTART_MARGIN_MS = 1

export class PeerLives {
  readonly #board: LeaseBoard
  readonly #incarnations: Map<StoreId, Incarnation>

  /** `known`: the highest incarnation of each store that was on record when this process started. */
  constructor(known: ReadonlyMap<StoreId, Incarnation>, board: LeaseBoard) {
    this.#board = board
    this.#incarnations = new Map(known)
  }

  /** Takes note of a beacon's process; false when it is one of the past. */
  meet(store: StoreId, incarnation: Incarnation, nowMs: number): boolean {
    const known = this.#incarnations.get(store)
    if (known !== undefined && incarnation <= known) return incarnation === known
    this.#incarnations.set(store, incarnation)
    // Of a store that is not on record nobody knows whether it had a past.
    if (known !== undefined) this.#board.restarted(store, nowMs - RESTART_MARGIN_MS)
    return true
  }
}
