/**
 * A planned change of primary (replication.md 1.9): drain, step down, release the grants, and let the
 * target take over at once. If it has not within a second, this store resumes.
 *
 * @module
 */

import type { StoreId } from '../contract/identifiers.ts'
import { sameBallot } from './ballot.ts'
import { obeyConfiguration, readConfiguration } from './configurations.ts'
import type { ReplicationMessage } from './messages.ts'
import { stepDown } from './primary.ts'
import type { Input } from './protocol.ts'
import { report } from './state.ts'
import type { Handover, Primary, Turn } from './state.ts'
import { HANDOVER_MS } from './timing.ts'

/** A target that lacks more than this would keep clients waiting. */
const TARGET_BEHIND_COUNT_MAX = 100

export type HandoverRefusal = 'notActive' | 'notMember' | 'behind' | 'underWay'

/** Begins by asking the config store, without which the target could not take over. */
export function onHandOver(turn: Turn, to: StoreId): void {
  const { primary } = turn.state
  const refusal = mayHandOver(turn, to)
  if (primary === undefined || refusal !== undefined) {
    report(turn, `A handover to ${to} is refused: ${refusal}`)
    return
  }
  primary.handover = { to, phase: 'reading', version: '', untilMs: turn.nowMs + HANDOVER_MS }
  readConfiguration(turn, 'handover')
}

function mayHandOver({ state }: Turn, to: StoreId): HandoverRefusal | undefined {
  const { primary, log } = state
  if (primary === undefined || !primary.isActive) return 'notActive'
  if (primary.handover !== undefined) return 'underWay'
  const target = primary.others.get(to)
  if (target === undefined) return 'notMember'
  return log.end.seq - target.acked > TARGET_BEHIND_COUNT_MAX ? 'behind' : undefined
}

export function onHandoverRead(
  turn: Turn,
  outcome: Extract<Input, { kind: 'configurationRead' }>['outcome'],
): void {
  const { primary } = turn.state
  if (primary?.handover?.phase !== 'reading') return
  if (outcome.kind !== 'found' || outcome.configuration.epoch !== primary.ballot.epoch) {
    primary.handover = undefined
    report(turn, 'A handover is given up: the config store has no answer, or another one')
    if (outcome.kind === 'found') obeyConfiguration(turn, outcome.configuration)
    return
  }
  primary.handover.phase = 'draining'
  primary.handover.version = outcome.version
  turn.effects.push({ kind: 'admission', isOpen: false })
}

/** Steps down once everything is applied here and at the target, or gives up. */
export function advanceHandover(turn: Turn, primary: Primary): void {
  const { state } = turn
  const { handover } = primary
  if (handover === undefined) return
  const end = state.log.end.seq
  const isDrained =
    handover.phase === 'draining' &&
    state.applied === end &&
    primary.others.get(handover.to)?.acked === end
  if (isDrained) return release(turn, primary, handover)
  if (turn.nowMs < handover.untilMs) return
  if (handover.phase === 'draining') turn.effects.push({ kind: 'admission', isOpen: true })
  primary.handover = undefined
}

function release(turn: Turn, { others, ballot }: Primary, { to, version }: Handover): void {
  const message: ReplicationMessage = { kind: 'release', ballot, to, version }
  stepDown(
    turn,
    [...others.keys()].map((store) => ({ to: store, message })),
  )
  turn.state.resumeAtMs = turn.nowMs + HANDOVER_MS
}

/** The primary of the ballot has stepped down: its grants are void, and its choice stands at once. */
export function onRelease(
  turn: Turn,
  from: StoreId,
  { ballot, to, version }: Extract<ReplicationMessage, { kind: 'release' }>,
): void {
  const { state } = turn
  const promised = state.durable?.promised
  if (promised?.to !== from || !sameBallot(promised.ballot, ballot)) return
  state.grants.released = ballot
  state.quietSinceMs = turn.nowMs
  state.isCalled = to === state.identity.self
  state.calledAt = version === '' ? undefined : { epoch: ballot.epoch, version }
}
