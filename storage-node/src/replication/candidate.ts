/**
 * Standing for the office of primary: who may, when, and how a seal set is collected (replication.md
 * T0 to T2).
 *
 * The others promise first and this store last: a candidate that can only reach some of them then
 * leaves no promise of its own behind that would shut out a healthy primary.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Configuration } from '../contract/configuration.ts'
import type { StoreId } from '../contract/identifiers.ts'
import { isSealSet, isWriteQuorum } from '../contract/quorum.ts'
import { candidateBallot, compareBallots, maxBallot, NO_BALLOT, sameBallot } from './ballot.ts'
import { readConfiguration } from './configurations.ts'
import type { ReplicationMessage, SealRefusal } from './messages.ts'
import { noteSealed, requestPromise } from './promises.ts'
import { send } from './state.ts'
import type { Candidacy, ReplicaState, Turn } from './state.ts'
import { DROP_AFTER_MS, RANK_STAGGER_MS, RESEND_MS, SEAL_LIMIT_MS } from './timing.ts'

/** Steps of the back-off between the candidacies of one store. */
const BACKOFF_STEPS = 5
const PATIENCE_MAX = 4
/** Of members that are well. */
const WAITED_FOR: readonly SealRefusal[] = ['grantLives', 'silence', 'rival']

export function newCandidacy({ state, nowMs }: Turn, kind: Candidacy['kind']): Candidacy {
  return {
    kind,
    phase: kind === 'takeover' ? 'reading' : 'sealing',
    ballot: NO_BALLOT,
    configuration: undefined,
    version: '',
    sealed: new Map(),
    isOwnPromiseAsked: false,
    askAtMs: new Map(),
    waitForMs: new Map(),
    sealedMs: undefined,
    deadlineMs: nowMs + SEAL_LIMIT_MS * patienceOf(state),
    merge: undefined,
    keep: [],
    syncs: new Map(),
  }
}

/** T1: first of all, what does the config store say? */
export function stand(turn: Turn): void {
  const { state } = turn
  const { isCalled, calledAt } = state
  const known = state.durable?.configuration
  state.attemptCount += 1
  const candidacy = newCandidacy(turn, 'takeover')
  state.candidacy = candidacy
  state.isCalled = false
  state.calledAt = undefined
  // Who has handed over looked just now; the swap fails if that is no longer true.
  if (isCalled && known !== undefined && known.epoch === calledAt?.epoch) {
    return beginSealing(turn, candidacy, known, calledAt.version)
  }
  readConfiguration(turn, 'takeover')
}

/** T2: the epoch to ask for lies above every promise that was ever met. */
export function beginSealing(
  turn: Turn,
  candidacy: Candidacy,
  configuration: Configuration,
  version: string,
): void {
  const { durable, highestPromiseSeen } = turn.state
  assert(durable !== undefined, 'only a replica with state stands')
  const seen = maxBallot(durable.promised.ballot, highestPromiseSeen)
  candidacy.phase = 'sealing'
  candidacy.configuration = configuration
  candidacy.version = version
  candidacy.ballot = candidateBallot(Math.max(configuration.epoch, seen.epoch) + 1)
  candidacy.deadlineMs = turn.nowMs + SEAL_LIMIT_MS * patienceOf(turn.state)
}

/** Asks whoever is due, then this store itself; true once the promises are enough to go on. */
export function collectPromises(turn: Turn, candidacy: Candidacy): boolean {
  const { configuration, sealed } = candidacy
  const { identity, settings } = turn.state
  if (configuration === undefined) return false
  const { members } = configuration
  // A returning primary has promised its ballot before anybody hears of it (I7).
  if (candidacy.kind === 'takeover' || sealed.has(identity.self)) askOthers(turn, candidacy)
  const withSelf = { has: (store: StoreId) => store === identity.self || sealed.has(store) }
  if (candidacy.kind === 'resume' || isSealSet(withSelf, members, settings.quorum)) {
    askSelf(turn, candidacy)
  }
  if (!sealed.has(identity.self) || !isSealSet(sealed, members, settings.quorum)) return false
  candidacy.sealedMs ??= turn.nowMs
  if (candidacy.kind === 'resume' || isWriteQuorum(sealed, members, settings.quorum)) return true
  return turn.nowMs >= dropAtMs(candidacy)
}

/** When members that have not promised are left out. */
export function dropAtMs({ sealedMs = Infinity, waitForMs, sealed }: Candidacy): number {
  const waits = [...waitForMs].filter(([store]) => !sealed.has(store)).map(([, until]) => until)
  return Math.max(sealedMs + DROP_AFTER_MS, ...waits)
}

function askOthers(turn: Turn, { kind, ballot, configuration, sealed, askAtMs }: Candidacy): void {
  if (configuration === undefined) return
  for (const { store } of configuration.members) {
    if (store === turn.state.identity.self || sealed.has(store)) continue
    if ((askAtMs.get(store) ?? 0) > turn.nowMs) continue
    askAtMs.set(store, turn.nowMs + RESEND_MS)
    if (kind === 'takeover') send(turn, store, { kind: 'seal', epoch: ballot.epoch })
    else send(turn, store, { kind: 'resume', ballot, configuration })
  }
}

function askSelf(turn: Turn, candidacy: Candidacy): void {
  const { self } = turn.state.identity
  if (candidacy.isOwnPromiseAsked || (candidacy.askAtMs.get(self) ?? 0) > turn.nowMs) return
  candidacy.isOwnPromiseAsked = true
  requestPromise(turn, { from: self, ballot: candidacy.ballot })
}

export function onSealAck(
  turn: Turn,
  from: StoreId,
  { ballot, log }: Extract<ReplicationMessage, { kind: 'sealAck' }>,
): void {
  const { candidacy } = turn.state
  if (candidacy?.phase !== 'sealing' || !sameBallot(candidacy.ballot, ballot)) return
  if (candidacy.configuration?.members.some(({ store }) => store === from)) {
    noteSealed(turn, candidacy, from, log)
  }
}

export function onSealRefused(
  turn: Turn,
  from: StoreId,
  message: Extract<ReplicationMessage, { kind: 'sealRefused' }>,
): void {
  const { state, nowMs } = turn
  const { candidacy } = state
  state.highestPromiseSeen = maxBallot(state.highestPromiseSeen, message.promised)
  if (candidacy?.phase !== 'sealing' || !sameBallot(candidacy.ballot, message.ballot)) return
  if (compareBallots(message.promised, candidacy.ballot) > 0) {
    // This member will never give that promise; without it there may still be enough.
    candidacy.askAtMs.set(from, Infinity)
    if (!canStillSeal(turn, candidacy)) withdraw(turn, RESEND_MS)
    return
  }
  const retryMs = nowMs + Math.max(message.retryAfterMs, 1)
  candidacy.askAtMs.set(from, retryMs)
  if (!WAITED_FOR.includes(message.why)) return
  // It is well, and will be able to promise soon: it is waited for rather than dropped.
  candidacy.waitForMs.set(from, retryMs + RESEND_MS)
  candidacy.deadlineMs = Math.max(candidacy.deadlineMs, retryMs + RESEND_MS * 2)
}

function canStillSeal({ state }: Turn, { configuration, askAtMs }: Candidacy): boolean {
  const willing = { has: (store: StoreId) => askAtMs.get(store) !== Infinity }
  return isSealSet(willing, configuration?.members ?? [], state.settings.quorum)
}

/**
 * How many times as long as the first one the present attempt may take. Where everybody is slow, one
 * that begins anew with a higher epoch comes no further than the one before did in that time.
 */
export function patienceOf({ attemptCount }: ReplicaState): number {
  return Math.min(Math.max(attemptCount, 1), PATIENCE_MAX)
}

/** Gives up for now; the pause differs from member to member and from attempt to attempt. */
export function withdraw(turn: Turn, pauseMs: number): void {
  const { state, nowMs } = turn
  const jitterMs = ((state.attemptCount * 3) % BACKOFF_STEPS) * RESEND_MS
  state.candidacy = undefined
  state.notBeforeMs = nowMs + pauseMs + jitterMs + staggerMs(turn)
}

/** By position among the members, the primary apart. */
export function staggerMs({ state }: Turn): number {
  const { durable, identity } = state
  const { members = [], primary } = durable?.configuration ?? {}
  const others = members.filter(({ store }) => store !== primary)
  const rank = others.findIndex(({ store }) => store === identity.self)
  return Math.max(rank, 0) * RANK_STAGGER_MS
}
