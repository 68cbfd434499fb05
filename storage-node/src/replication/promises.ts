/**
 * Promises: what a candidate or a returning primary gets from a member (replication.md T2, L2 to L4).
 *
 * A promise is given in two moves. First the lease service stops granting and says until when the
 * last grant lives; then, if no rival of the asker can still hold it, the promise is synced and
 * answered. This store's own promise goes the same way.
 *
 * @module
 */

import type { Ballot, StoreId } from '../contract/identifiers.ts'
import { candidateBallot, compareBallots, maxBallot, NO_BALLOT, sameBallot } from './ballot.ts'
import { learnConfiguration, readConfiguration } from './configurations.ts'
import type { LogSummary, ReplicationMessage, SealRefusal } from './messages.ts'
import { persist } from './persistence.ts'
import { stepDown } from './primary.ts'
import { mayRead, readQuorumUntilMs } from './reads.ts'
import { isMember, send, takeToken } from './state.ts'
import type { Candidacy, PromiseRequest, Turn } from './state.ts'
import { GRANT_MS, RESEND_MS, SEAL_LIMIT_MS } from './timing.ts'

/** A refusal of this store's own promise is told to its candidacy, others' by message. */
export interface Refusal {
  readonly why: SealRefusal
  readonly retryAfterMs: number
}

/** A candidate asks for the promise of an epoch. */
export function onSeal(
  turn: Turn,
  from: StoreId,
  { epoch }: Extract<ReplicationMessage, { kind: 'seal' }>,
): void {
  // A member of the first configuration that has not heard of it yet finds out.
  if (turn.state.durable === undefined) readConfiguration(turn, 'learn')
  requestPromise(turn, { from, ballot: candidateBallot(epoch) })
}

/** The primary of the stored configuration has come back, or has just learnt that it is one. */
export function onResume(
  turn: Turn,
  from: StoreId,
  { ballot, configuration }: Extract<ReplicationMessage, { kind: 'resume' }>,
): void {
  if (configuration.primary !== from || configuration.epoch !== ballot.epoch) return
  if (!isMember(configuration, turn.state.identity.self)) {
    return answerRefusal(turn, { from, ballot }, { why: 'notMember', retryAfterMs: 0 })
  }
  if (learnConfiguration(turn, configuration) === 'regressed') return
  requestPromise(turn, { from, ballot })
}

/** Starts on a promise, or says at once why not. */
export function requestPromise(turn: Turn, request: PromiseRequest): void {
  const { durable, grants, pending, identity } = turn.state
  const refusal = mayPromise(turn, request)
  if (refusal?.why === 'rival') turn.state.candidacy?.askAtMs.delete(request.from)
  if (refusal !== undefined) return answerRefusal(turn, request, refusal)
  // A repeated question finds the promise given; its answer still waits for the sync.
  if (durable !== undefined && sameBallot(durable.promised.ballot, request.ballot)) {
    if (pending.length === 0 && request.from !== identity.self) answerPromise(turn, request)
    return
  }
  if (grants.waiting.some(({ from }) => from === request.from)) return
  grants.waiting.push(request)
  if (grants.revoking === undefined) revokeGrants(turn)
}

function revokeGrants(turn: Turn): void {
  const { grants } = turn.state
  grants.revoking = takeToken(turn)
  grants.allowed = undefined
  turn.effects.push({ kind: 'revokeGrants', token: grants.revoking })
}

/** The lease service grants nothing any more; the last grant lives until `untilMs`. */
export function onGrantsRevoked(turn: Turn, token: number, untilMs: number): void {
  const { grants, durable } = turn.state
  if (grants.revoking !== token) return
  grants.revoking = undefined
  if (untilMs <= turn.nowMs) grants.holder = undefined
  else if (grants.holder !== undefined && grants.holder !== durable?.promised.to) {
    grants.formerUntilMs = untilMs
    grants.holder = undefined
  }
  for (const request of grants.waiting.splice(0)) decide(turn, request, untilMs)
}

function decide(turn: Turn, request: PromiseRequest, untilMs: number): void {
  const refusal = mayPromise(turn, request)
  if (refusal !== undefined) return answerRefusal(turn, request, refusal)
  const liveUntilMs = rivalGrantUntilMs(turn, request.from, untilMs)
  if (liveUntilMs > turn.nowMs) {
    const retryAfterMs = untilKnownDeadMs(turn, liveUntilMs - turn.nowMs)
    return answerRefusal(turn, request, { why: 'grantLives', retryAfterMs })
  }
  givePromise(turn, request)
}

/** Everything that stands against a promise but the grants, whose end only the lease service knows. */
function mayPromise(turn: Turn, { from, ballot }: PromiseRequest): Refusal | undefined {
  const { durable, primary, identity } = turn.state
  if (durable === undefined) return { why: 'noState', retryAfterMs: GRANT_MS }
  const order = compareBallots(ballot, durable.promised.ballot)
  if (order < 0 || (order === 0 && durable.promised.to !== from)) {
    return { why: 'promisedMore', retryAfterMs: 0 }
  }
  if (givesWayTo(turn, { from, ballot })) return { why: 'rival', retryAfterMs: RESEND_MS }
  const silentMs = silentUntilMs(turn) - turn.nowMs
  if (silentMs > 0) return { why: 'silence', retryAfterMs: untilKnownDeadMs(turn, silentMs) }
  if (primary === undefined || from === identity.self) return undefined
  // A healthy primary is its own rival; one that nobody grants anything any more steps down.
  if (!primary.isActive || mayRead(turn.state, turn.around) !== undefined) return undefined
  const heldMs = readQuorumUntilMs(turn.state, turn.around) - turn.nowMs
  return { why: 'grantLives', retryAfterMs: Math.min(heldMs, GRANT_MS) }
}

/**
 * True if it is the asker that gives way to this store's own candidacy. Two candidates whose questions
 * cross would promise each other what neither has promised itself, each end its candidacy for that,
 * and stand again at the same time.
 */
function givesWayTo({ state }: Turn, { from, ballot }: PromiseRequest): boolean {
  const { candidacy, identity } = state
  if (candidacy?.kind !== 'takeover' || candidacy.phase !== 'sealing') return false
  const order = compareBallots(ballot, candidacy.ballot)
  return order < 0 || (order === 0 && from > identity.self)
}

/**
 * Until when this store keeps quiet after a start: it cannot remember what it granted (L4). In local
 * mode the one who can hold a grant is dead if it is this store or has started again since.
 */
export function silentUntilMs({ state, around, nowMs }: Turn): number {
  const { silence, settings, identity } = state
  if (silence === undefined || silence.untilMs <= nowMs) return 0
  const isDead = silence.to === identity.self || around.restartedMs(silence.to) > 0
  return settings.isOneKernel && isDead ? 0 : silence.untilMs
}

/**
 * Where one kernel guards all locks, the beacon that tells of a restart ends the wait: the process
 * that has come back may ask before its beacons say so.
 */
function untilKnownDeadMs({ state }: Turn, waitMs: number): number {
  return state.settings.isOneKernel ? Math.min(waitMs, RESEND_MS) : waitMs
}

/** Until when somebody other than the asker's present process can hold a grant (L3). */
function rivalGrantUntilMs(turn: Turn, from: StoreId, untilMs: number): number {
  if (untilMs <= turn.nowMs) return 0
  const formerUntilMs = Math.min(turn.state.grants.formerUntilMs, untilMs)
  return Math.max(formerUntilMs, holderGrantUntilMs(turn, from, untilMs))
}

/** The same, but for those that had the office before the holder. */
function holderGrantUntilMs({ state, around }: Turn, from: StoreId, untilMs: number): number {
  const { grants, durable, settings } = state
  const holder = grants.holder ?? durable?.promised.to
  if (holder === undefined) return untilMs
  const promised = durable?.promised
  const isReleased =
    grants.released !== undefined &&
    promised?.to === holder &&
    sameBallot(grants.released, promised.ballot)
  if (isReleased) return 0
  // Granted before the holder's present process made itself known: to the one before it.
  if (around.restartedMs(holder) > untilMs - GRANT_MS) return settings.isOneKernel ? 0 : untilMs
  return holder === from ? 0 : untilMs
}

function givePromise(turn: Turn, request: PromiseRequest): void {
  const { state } = turn
  if (state.durable === undefined) return
  if (state.primary !== undefined) stepDown(turn)
  if (request.from !== state.identity.self) state.candidacy = undefined
  state.durable = {
    ...state.durable,
    promised: { ballot: request.ballot, to: request.from },
  }
  state.highestPromiseSeen = maxBallot(state.highestPromiseSeen, request.ballot)
  // That nobody else holds a grant that counts has just been found out.
  if (state.grants.holder !== request.from) state.grants.holder = undefined
  state.grants.formerUntilMs = 0
  state.following = undefined
  state.isCalled = false
  state.resumeAtMs = undefined
  // Whoever asked has time to finish before this store stands itself.
  state.quietSinceMs = turn.nowMs
  persist(turn, { record: true, then: { kind: 'promised', request } })
}

/** The promise is synced. */
export function onPromised(turn: Turn, request: PromiseRequest): void {
  const { durable, candidacy, identity, log } = turn.state
  if (durable === undefined || !sameBallot(durable.promised.ballot, request.ballot)) return
  if (request.from !== identity.self) return answerPromise(turn, request)
  if (candidacy !== undefined && sameBallot(candidacy.ballot, request.ballot)) {
    noteSealed(turn, candidacy, identity.self, log.summary())
  }
}

/** A member, or this store itself, has promised. */
export function noteSealed(
  turn: Turn,
  candidacy: Candidacy,
  store: StoreId,
  log: LogSummary,
): void {
  candidacy.sealed.set(store, log)
  // Slow disks take their time with each promise; one more means that it goes on.
  candidacy.deadlineMs = Math.max(candidacy.deadlineMs, turn.nowMs + SEAL_LIMIT_MS)
}

function answerPromise(turn: Turn, { from, ballot }: PromiseRequest): void {
  const { log, durable } = turn.state
  const configuration = durable?.configuration
  send(turn, from, { kind: 'sealAck', ballot, log: log.summary(), configuration })
}

function answerRefusal(turn: Turn, request: PromiseRequest, refusal: Refusal): void {
  const { state } = turn
  if (request.from === state.identity.self) {
    const { candidacy } = state
    if (candidacy === undefined) return
    // Asked again when the reason is gone; a higher promise ends the candidacy by itself.
    candidacy.isOwnPromiseAsked = false
    candidacy.askAtMs.set(request.from, turn.nowMs + Math.max(refusal.retryAfterMs, 1))
    return
  }
  send(turn, request.from, {
    kind: 'sealRefused',
    ballot: request.ballot,
    why: refusal.why,
    promised: state.durable?.promised.ballot ?? NO_BALLOT,
    retryAfterMs: Math.ceil(
      Math.max(refusal.retryAfterMs, refusal.why === 'promisedMore' ? RESEND_MS : 1),
    ),
  })
}

/** Lets the lease service grant again, once the promise is synced and the silence is over (L2, L4). */
export function allowGrantsIfDue(turn: Turn): void {
  const { durable, grants, identity, syncedPromise } = turn.state
  if (durable === undefined || grants.revoking !== undefined) return
  const { ballot, to } = durable.promised
  if (ballot.activation === 0 || to === identity.self) return
  if (!sameBallot(syncedPromise, ballot) || isAllowed(grants.allowed, ballot)) return
  if (silentUntilMs(turn) > turn.nowMs) return
  // Another has been granted: until when is asked now, so that it does not count against this one.
  if (grants.holder !== undefined && grants.holder !== to) return revokeGrants(turn)
  grants.allowed = ballot
  grants.holder = to
  turn.effects.push({ kind: 'allowGrants', ballot, to })
}

function isAllowed(allowed: Ballot | undefined, ballot: Ballot): boolean {
  return allowed !== undefined && sameBallot(allowed, ballot)
}

/** When silence ends, if grants wait for that. */
export function grantsDueMs(turn: Turn): number | undefined {
  const { durable, grants, identity } = turn.state
  const until = silentUntilMs(turn)
  if (until === 0 || durable === undefined || durable.promised.to === identity.self)
    return undefined
  return isAllowed(grants.allowed, durable.promised.ballot) ? undefined : until
}
