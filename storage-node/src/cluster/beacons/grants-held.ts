/**
 * The grants that a store holds as primary of its partitions (replication.md 1.7, L1).
 *
 * A grant counts from the moment the beacon was sent that it answers, so a slow way costs time and
 * never lengthens it.
 *
 * @module
 */

import type { Ballot, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { BeaconAnswer, BeaconClaim, BeaconRefusal } from '../../wire/peer/beacon-codec.ts'
import { sameBallot } from '../../replication/ballot.ts'
import type { LeaseBoard } from './lease-board.ts'
import { HOLD_MS } from './lease-times.ts'

/** Answers to older lists are of no use: so many beacons ago was long before. */
const LIST_COUNT_MAX = 8
/** A member may learn of a new primary only now; so long it is worth asking it again soon. */
const SETTLING_MS = 1_000

interface HeldPartition {
  readonly ballot: Ballot
  readonly members: ReadonlySet<StoreId>
  readonly sinceMs: number
}

/** What a beacon says about partitions. */
export interface ClaimList {
  readonly number: number
  readonly claims: readonly BeaconClaim[]
}

/** What an answer leads to beside grants. */
export interface AnswerResult {
  readonly refused: readonly BeaconRefusal[]
  /** The member should be asked again soon. */
  readonly isSettling: boolean
}

export class GrantsHeld {
  readonly #board: LeaseBoard
  readonly #partitions = new Map<PartitionId, HeldPartition>()
  readonly #grants = new Map<PartitionId, Map<StoreId, number>>()
  /** By number; the last one is current. */
  readonly #lists = new Map<number, readonly BeaconClaim[]>()
  #lastNumber = 0
  /** Beacons sent before count no more. */
  #stampMsMin = -Infinity

  constructor(board: LeaseBoard) {
    this.#board = board
    this.#renewList()
  }

  hold(partition: PartitionId, ballot: Ballot, members: readonly StoreId[], nowMs: number): void {
    this.#forget(partition)
    this.#partitions.set(partition, { ballot, members: new Set(members), sinceMs: nowMs })
    this.#renewList()
  }

  stop(partition: PartitionId): void {
    if (!this.#partitions.delete(partition)) return
    this.#forget(partition)
    this.#renewList()
  }

  /** A clock has jumped: nothing that was granted counts, nor what was asked for by now. */
  dropAll(nowMs: number): void {
    this.#stampMsMin = nowMs
    for (const partition of this.#partitions.keys()) this.#forget(partition)
  }

  list(): ClaimList {
    return { number: this.#lastNumber, claims: this.#lists.get(this.#lastNumber) ?? [] }
  }

  onAnswer(from: StoreId, answer: BeaconAnswer, nowMs: number): AnswerResult {
    const { stampMs } = answer
    const refused: BeaconRefusal[] = []
    let isSettling = false
    // A stamp from the future was not made here.
    if (!(stampMs <= nowMs && stampMs >= this.#stampMsMin)) return { refused, isSettling }
    const exceptions = exceptionsOf(answer)
    for (const { partition, ballot } of this.#lists.get(answer.listNumber) ?? []) {
      const held = this.#partitions.get(partition)
      if (held === undefined || !held.members.has(from)) continue
      if (!sameBallot(held.ballot, ballot)) continue
      const exception = exceptions.get(partition)
      if (exception === undefined) this.#grant(partition, from, stampMs + HOLD_MS)
      else if (exception !== 'withheld') refused.push({ partition, promised: exception })
      else if (nowMs - held.sinceMs < SETTLING_MS) isSettling = true
    }
    return { refused, isSettling }
  }

  #grant(partition: PartitionId, from: StoreId, untilMs: number): void {
    let grants = this.#grants.get(partition)
    if (grants === undefined) this.#grants.set(partition, (grants = new Map()))
    // Answers may arrive out of order.
    if (untilMs <= (grants.get(from) ?? 0)) return
    grants.set(from, untilMs)
    this.#board.held(partition, from, untilMs)
  }

  #forget(partition: PartitionId): void {
    this.#grants.delete(partition)
    this.#board.nothingHeld(partition)
  }

  #renewList(): void {
    const claims = [...this.#partitions].map(([partition, { ballot }]) => ({ partition, ballot }))
    this.#lists.set(++this.#lastNumber, claims)
    this.#lists.delete(this.#lastNumber - LIST_COUNT_MAX)
  }
}

/** What is not granted; whatever else was claimed is. */
function exceptionsOf(answer: BeaconAnswer): Map<PartitionId, 'withheld' | Ballot> {
  const exceptions = new Map<PartitionId, 'withheld' | Ballot>()
  for (const partition of answer.withheld) exceptions.set(partition, 'withheld')
  for (const { partition, promised } of answer.refused) exceptions.set(partition, promised)
  return exceptions
}
