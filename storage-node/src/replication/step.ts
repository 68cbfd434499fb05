/**
 * The protocol: what has happened in, what is to be done out (replication.md 1.3 to 1.9).
 *
 * Each input is first taken in by the file that knows its rule; then everything that follows from
 * the new state is done in one fixed order, until the next answer or time is needed. A step never
 * waits and touches nothing outside.
 *
 * @module
 */

import { assert, unreachable } from '../base/assert.ts'
import type { Seq, StoreId } from '../contract/identifiers.ts'
import { onSealAck, onSealRefused } from './candidate.ts'
import { obeyConfiguration, onConfigurationHint } from './configurations.ts'
import { advanceBump, bumpDueMs, onBumpRead, onBumpSwapped } from './epoch-bump.ts'
import { advanceHandover, onHandOver, onHandoverRead, onRelease } from './handover.ts'
import { onLogEntries, onLogFetch, onSync, onSyncAck } from './merge.ts'
import type { LogPosition, ReplicationMessage } from './messages.ts'
import { notePersisted } from './persistence.ts'
import { advancePrimary, onPrepareAck, onPropose } from './primary.ts'
import {
  allowGrantsIfDue,
  grantsDueMs,
  onGrantsRevoked,
  onPromised,
  onResume,
  onSeal,
} from './promises.ts'
import type { Effect, Input, Surroundings } from './protocol.ts'
import { earliest, pumpDueMs, pumpOnTime } from './pump.ts'
import { onCheck, onCheckAck, onCheckReads } from './reads.ts'
import { advanceSecondary, introduce, onPrepare, wantDueMs } from './secondary.ts'
import {
  noteHigherPromise,
  onDamaged,
  onNack,
  onSnapshotAccepted,
  onSnapshotDone,
  onSnapshotFailed,
  onSnapshotInstalled,
  onSnapshotOffered,
  onSnapshotRecorded,
  onSnapshotWanted,
} from './snapshot.ts'
import { standDueMs, standIfDue } from './standing.ts'
import { openReplica, send } from './state.ts'
import type { Continuation, ReplicaOptions, ReplicaState, Turn } from './state.ts'
import { advanceCandidacy, candidacyDueMs, onTakeoverRead, onTakeoverSwapped } from './takeover.ts'

export { openReplica }
export type { ReplicaOptions, ReplicaState }

export interface Step {
  readonly state: ReplicaState
  readonly effects: readonly Effect[]
}

/** Takes one input in. The returned state is the given one, changed in place. */
export function step(state: ReplicaState, input: Input, around: Surroundings): Step {
  const turn: Turn = { state, around, nowMs: around.nowMs, effects: [] }
  takeIn(turn, input)
  advance(turn)
  requestWake(turn)
  return { state, effects: turn.effects }
}

/** True while the replica may evaluate commands and take proposals. */
export function isActive({ primary }: ReplicaState): boolean {
  return primary?.isActive === true
}

/** The last entry of the log; a proposal's entries follow it. */
export function logEnd({ log }: ReplicaState): LogPosition {
  return log.end
}

function takeIn(turn: Turn, input: Input): void {
  const { state } = turn
  switch (input.kind) {
    case 'start':
      return onStart(turn, input.silenceUntilMs)
    case 'message':
      return onMessage(turn, input.from, input.message)
    case 'propose':
      return onPropose(turn, input.entries)
    case 'persisted':
      for (const then of notePersisted(turn, input.token)) continueWith(turn, then)
      return
    case 'applied':
      return onApplied(turn, input.seq)
    case 'flushed':
      return onFlushed(turn, input.base, input.first)
    case 'grantsRevoked':
      return onGrantsRevoked(turn, input.token, input.untilMs)
    case 'configurationRead':
      return onConfigurationRead(turn, input)
    case 'configurationSwapped':
      return onConfigurationSwapped(turn, input)
    case 'configurationHint':
      return onConfigurationHint(turn, input.configuration)
    case 'grantRefused':
      if (state.primary?.others.has(input.member)) noteHigherPromise(state.primary, input.promised)
      return
    case 'handOver':
      return onHandOver(turn, input.to)
    case 'snapshotOffered':
      return onSnapshotOffered(turn, input)
    case 'snapshotInstalled':
      return onSnapshotInstalled(turn, input.position)
    case 'snapshotFailed':
      return onSnapshotFailed(turn)
    case 'checkReads':
      return onCheckReads(turn, input.round)
    case 'damaged':
      return onDamaged(turn)
    case 'wake':
      return onWake(turn)
    default:
      return unreachable(input)
  }
}

function onMessage(turn: Turn, from: StoreId, message: ReplicationMessage): void {
  switch (message.kind) {
    case 'prepare':
      return onPrepare(turn, from, message)
    case 'prepareAck':
      return onPrepareAck(turn, from, message)
    case 'nack':
      return onNack(turn, from, message)
    case 'seal':
      return onSeal(turn, from, message)
    case 'resume':
      return onResume(turn, from, message)
    case 'sealAck':
      return onSealAck(turn, from, message)
    case 'sealRefused':
      return onSealRefused(turn, from, message)
    case 'logFetch':
      return onLogFetch(turn, from, message)
    case 'logEntries':
      return onLogEntries(turn, from, message)
    case 'sync':
      return onSync(turn, from, message)
    case 'syncAck':
      return onSyncAck(turn, from, message)
    case 'release':
      return onRelease(turn, from, message)
    case 'check':
      return onCheck(turn, from, message)
    case 'checkAck':
      return onCheckAck(turn, from, message)
    case 'snapshotWanted':
      return onSnapshotWanted(turn, from, message)
    case 'snapshotDone':
      return onSnapshotDone(turn, from, message)
    default:
      return unreachable(message)
  }
}

function onStart(turn: Turn, silenceUntilMs: number): void {
  const { state, nowMs } = turn
  state.quietSinceMs = nowMs
  if (state.durable === undefined) return
  state.silence = { untilMs: silenceUntilMs, to: state.durable.promised.to }
  // Kept if the office is still this store's; nothing is asked of the config store.
  state.resumeAtMs = nowMs
  introduce(turn)
}

function onApplied({ state, nowMs }: Turn, seq: Seq): void {
  if (seq > state.applied) state.applied = seq
  if (state.primary !== undefined && !state.primary.isActive) state.primary.progressMs = nowMs
}

function onFlushed({ state }: Turn, base: LogPosition, first: Seq | undefined): void {
  if (state.durable === undefined || base.seq < state.durable.base.seq) return
  state.durable = { ...state.durable, base }
  state.log.flushed(base, first)
}

function onConfigurationRead(
  turn: Turn,
  { token, outcome }: Extract<Input, { kind: 'configurationRead' }>,
): void {
  const purpose = turn.state.readsUnderWay.get(token)
  turn.state.readsUnderWay.delete(token)
  switch (purpose) {
    case 'takeover':
      return onTakeoverRead(turn, outcome)
    case 'bump':
      return onBumpRead(turn, outcome)
    case 'handover':
      return onHandoverRead(turn, outcome)
    case 'learn':
      if (outcome.kind === 'found') obeyConfiguration(turn, outcome.configuration)
      return
    case undefined:
      return
    default:
      return unreachable(purpose)
  }
}

function onConfigurationSwapped(
  turn: Turn,
  { token, outcome }: Extract<Input, { kind: 'configurationSwapped' }>,
): void {
  const { state } = turn
  const { swapUnderWay } = state
  if (swapUnderWay?.token !== token) return
  state.swapUnderWay = undefined
  if (swapUnderWay.for === 'takeover') onTakeoverSwapped(turn, outcome)
  else onBumpSwapped(turn, outcome)
}

function onWake(turn: Turn): void {
  const { state } = turn
  state.wakeAtMs = undefined
  const { primary } = state
  if (primary === undefined) return
  for (const progress of primary.others.values()) pumpOnTime(turn, primary, progress)
}

function continueWith(turn: Turn, then: Continuation): void {
  switch (then.kind) {
    case 'promised':
      return onPromised(turn, then.request)
    case 'send':
      return send(turn, then.to, then.message)
    case 'acceptSnapshot':
      return onSnapshotAccepted(turn, then.token)
    case 'snapshotDone':
      return onSnapshotRecorded(turn)
    default:
      return unreachable(then)
  }
}

/** Everything that follows from the state as it is now. */
function advance(turn: Turn): void {
  const { state } = turn
  if (state.primary !== undefined) advancePrimary(turn, state.primary)
  if (state.primary !== undefined) advanceBump(turn, state.primary)
  if (state.primary !== undefined) advanceHandover(turn, state.primary)
  if (state.following !== undefined) advanceSecondary(turn, state.following)
  standIfDue(turn)
  if (state.candidacy !== undefined) advanceCandidacy(turn, state.candidacy)
  allowGrantsIfDue(turn)
  assert(state.primary === undefined || state.following === undefined, 'a primary follows nobody')
}

/** Asks to be woken when something is due by time alone; an earlier wake that is set already will do. */
function requestWake(turn: Turn): void {
  const { state } = turn
  const dueMs = earliest([
    standDueMs(turn),
    grantsDueMs(turn),
    wantDueMs(turn),
    state.candidacy && candidacyDueMs(turn, state.candidacy),
    ...primaryTimes(state),
  ])
  if (dueMs === undefined || (state.wakeAtMs !== undefined && state.wakeAtMs <= dueMs)) return
  state.wakeAtMs = dueMs
  turn.effects.push({ kind: 'wake', atMs: dueMs })
}

function primaryTimes({ primary }: ReplicaState): (number | undefined)[] {
  if (primary === undefined) return []
  const pumps = [...primary.others.values()].map(pumpDueMs)
  return [...pumps, bumpDueMs(primary), primary.handover?.untilMs]
}
