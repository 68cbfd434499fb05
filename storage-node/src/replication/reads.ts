/**
 * Who may answer a read (replication.md 1.6, I14, I16): an active primary that holds unexpired grants
 * of a write quorum, itself included, at the moment of the check; with strict reads one that a write
 * quorum has just confirmed.
 *
 * The check comes after the reading: whatever pause lies before it is harmless.
 *
 * @module
 */

import type { StoreId } from '../contract/identifiers.ts'
import { isWriteQuorum } from '../contract/quorum.ts'
import { sameBallot } from './ballot.ts'
import type { ReplicationMessage } from './messages.ts'
import type { Surroundings } from './protocol.ts'
import { send } from './state.ts'
import type { Primary, ReplicaState, Turn } from './state.ts'

/** Rounds that are remembered; who asked for an older one has long given up. */
const CHECK_ROUNDS_MAX = 64

/** Why a read must not be answered here, now. */
export type ReadRefusal = 'notActive' | 'noLease'

/**
 * The read check of `reads: lease`. With `reads: strict` the answer to a `checkReads` input counts
 * instead.
 */
export function mayRead(state: ReplicaState, around: Surroundings): ReadRefusal | undefined {
  const { primary, identity, settings } = state
  if (primary === undefined || !primary.isActive) return 'notActive'
  const { nowMs } = around
  const holds = {
    has: (store: StoreId) => store === identity.self || around.heldUntilMs(store) > nowMs,
  }
  // Joint mode, when there is one, asks for quorums of both configurations (L5).
  return isWriteQuorum(holds, primary.configuration.members, settings.quorum)
    ? undefined
    : 'noLease'
}

/** Until when the held grants are those of a write quorum; infinite for a member alone. */
export function readQuorumUntilMs(state: ReplicaState, around: Surroundings): number {
  const { primary, identity, settings } = state
  if (primary === undefined) return 0
  const { members } = primary.configuration
  const ends = members
    .map(({ store }) => (store === identity.self ? Infinity : around.heldUntilMs(store)))
    .sort((a, b) => b - a)
  const heldTo = (untilMs: number) => ({
    has: (store: StoreId) => store === identity.self || around.heldUntilMs(store) >= untilMs,
  })
  return ends.find((untilMs) => isWriteQuorum(heldTo(untilMs), members, settings.quorum)) ?? 0
}

/** Strict reads: asks every member once whether its promise is still this primary's. */
export function onCheckReads(turn: Turn, round: number): void {
  const { primary, identity } = turn.state
  if (primary === undefined || !primary.isActive) {
    turn.effects.push({ kind: 'readsChecked', round, mayRead: false })
    return
  }
  primary.checks.set(round, new Set([identity.self]))
  for (const [oldest] of primary.checks) {
    if (primary.checks.size <= CHECK_ROUNDS_MAX) break
    primary.checks.delete(oldest)
  }
  for (const store of primary.others.keys()) {
    send(turn, store, { kind: 'check', ballot: primary.ballot, round })
  }
  settleCheck(turn, primary, round)
}

/** A primary asks whether it still is one. */
export function onCheck(
  turn: Turn,
  from: StoreId,
  { ballot, round }: Extract<ReplicationMessage, { kind: 'check' }>,
): void {
  const { durable, syncedPromise } = turn.state
  if (durable === undefined || durable.promised.to !== from) return
  if (!sameBallot(durable.promised.ballot, ballot) || !sameBallot(syncedPromise, ballot)) return
  send(turn, from, { kind: 'checkAck', ballot, round })
}

export function onCheckAck(
  turn: Turn,
  from: StoreId,
  { ballot, round }: Extract<ReplicationMessage, { kind: 'checkAck' }>,
): void {
  const { primary } = turn.state
  if (primary === undefined || !sameBallot(primary.ballot, ballot)) return
  primary.checks.get(round)?.add(from)
  settleCheck(turn, primary, round)
}

function settleCheck(turn: Turn, primary: Primary, round: number): void {
  const { settings } = turn.state
  const answered = primary.checks.get(round)
  if (answered === undefined) return
  if (!isWriteQuorum(answered, primary.configuration.members, settings.quorum)) return
  primary.checks.delete(round)
  turn.effects.push({ kind: 'readsChecked', round, mayRead: true })
}
