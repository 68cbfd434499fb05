/**
 * A member that follows a primary: takes its entries, acknowledges what is synced, applies what is
 * committed (replication.md 1.5).
 *
 * The tail that an older ballot left behind goes when entries of a newer one contradict it, and only
 * from the first one that does: a shorter late duplicate takes nothing away. Until then it counts
 * for nothing, because the commit counts only as far as the log is known to match.
 *
 * @module
 */

import type { Ballot, Seq, StoreId } from '../contract/identifiers.ts'
import { compareBallots, maxBallot, NO_BALLOT, sameBallot } from './ballot.ts'
import { learnConfiguration } from './configurations.ts'
import type { LogEntry, LogPosition, ReplicationMessage } from './messages.ts'
import { persist } from './persistence.ts'
import { stepDown } from './primary.ts'
import { isMember, send } from './state.ts'
import type { Following, Turn } from './state.ts'
import { WANT_AGAIN_MS } from './timing.ts'

type Prepare = Extract<ReplicationMessage, { kind: 'prepare' }>
type NackReason = Extract<ReplicationMessage, { kind: 'nack' }>['reason']

export function onPrepare(turn: Turn, from: StoreId, message: Prepare): void {
  const { state } = turn
  const { ballot, configuration, prev, entries } = message
  if (!isSound(message, from) || from === state.identity.self) return
  if (!isMember(configuration, state.identity.self)) return
  if (state.durable !== undefined && isBelow(ballot, state.durable.promised.ballot)) {
    return nack(turn, from, ballot, 'promisedMore')
  }
  if (learnConfiguration(turn, configuration) === 'regressed') return
  if (state.durable === undefined) return nack(turn, from, ballot, 'noState')
  const isNewPromise = follow(turn, from, ballot)
  if (state.durable.installing) return nackInstalling(turn, from, ballot, isNewPromise)
  if (entries.length > 0 && turn.nowMs < state.holdEntriesUntilMs) {
    return nack(turn, from, ballot, 'backlog')
  }
  const matched = takeTail(turn, prev, entries, isNewPromise)
  if (matched === undefined) {
    if (isNewPromise) persist(turn, { record: true })
    return nack(turn, from, ballot, 'gap')
  }
  noteMatched(state.following, matched, message.commit)
}

/** Sound messages name their sender as primary, and entries that follow each other up to its ballot. */
function isSound({ ballot, configuration, prev, entries }: Prepare, from: StoreId): boolean {
  if (configuration.primary !== from || configuration.epoch !== ballot.epoch) return false
  return isChain(prev, entries, ballot)
}

/** True if the entries stand behind `prev`, in order, and none has a ballot above the given one. */
export function isChain(prev: LogPosition, entries: readonly LogEntry[], ballot: Ballot): boolean {
  let before = prev
  for (const entry of entries) {
    if (entry.seq !== before.seq + 1 || isBelow(entry.ballot, before.ballot)) return false
    before = entry
  }
  return !isBelow(ballot, before.ballot)
}

function isBelow(a: Ballot, b: Ballot): boolean {
  return compareBallots(a, b) < 0
}

/** Obeys the ballot from now on. True if that takes a new promise, which is to be made durable. */
function follow(turn: Turn, primary: StoreId, ballot: Ballot): boolean {
  const { state } = turn
  const { durable, following } = state
  if (durable === undefined) return false
  if (state.primary !== undefined) stepDown(turn)
  state.candidacy = undefined
  state.isCalled = false
  state.quietSinceMs = turn.nowMs
  if (following === undefined || !sameBallot(following.ballot, ballot)) {
    // What is applied was committed, and every later primary has everything committed.
    const matched = state.applied
    state.attemptCount = 0
    state.following = {
      ballot,
      primary,
      matched,
      commit: matched,
      acked: 0 as Seq,
      isAckDue: false,
      wantedMs: -Infinity,
    }
  }
  if (sameBallot(durable.promised.ballot, ballot)) return false
  state.durable = { ...durable, promised: { ballot, to: primary } }
  state.highestPromiseSeen = maxBallot(state.highestPromiseSeen, ballot)
  return true
}

function nackInstalling(turn: Turn, to: StoreId, ballot: Ballot, isNewPromise: boolean): void {
  if (isNewPromise) persist(turn, { record: true })
  nack(turn, to, ballot, 'noState')
}

function noteMatched(following: Following | undefined, matched: Seq, commit: Seq): void {
  if (following === undefined) return
  if (matched > following.matched) following.matched = matched
  if (commit > following.commit) following.commit = commit
  following.isAckDue = true
}

/**
 * Fits entries behind `prev` into the log: from the first one that differs, everything is replaced.
 * Returns up to where the log is now the sender's; undefined if it lacks `prev`.
 */
export function takeTail(
  turn: Turn,
  prev: LogPosition,
  entries: readonly LogEntry[],
  record: boolean,
): Seq | undefined {
  const { log } = turn.state
  // Below the base everything is committed, so it is the sender's too.
  if (prev.seq > log.base.seq && !log.has(prev)) return undefined
  if (prev.seq === log.base.seq && !sameBallot(prev.ballot, log.base.ballot)) return undefined
  const at = entries.findIndex((entry) => entry.seq > log.base.seq && !log.has(entry))
  const fresh = at === -1 ? [] : entries.slice(at)
  if (fresh.length > 0 || record) persist(turn, { record, entries: fresh })
  return Math.max(log.base.seq, prev.seq + entries.length) as Seq
}

function nack(turn: Turn, to: StoreId, ballot: Ballot, reason: NackReason): void {
  const { durable, log } = turn.state
  send(turn, to, {
    kind: 'nack',
    ballot,
    reason,
    promised: durable?.promised.ballot ?? NO_BALLOT,
    log: durable === undefined ? undefined : log.summary(),
  })
}

/** After a start: tells the primary of the promise where this log ends, so that it goes on from there. */
export function introduce(turn: Turn): void {
  const { durable, identity } = turn.state
  if (durable === undefined || durable.promised.to === identity.self) return
  const { ballot, to } = durable.promised
  if (ballot.activation > 0) nack(turn, to, ballot, durable.installing ? 'noState' : 'gap')
}

/** Acknowledges and applies as far as that is due by now. */
export function advanceSecondary(turn: Turn, following: Following): void {
  acknowledge(turn, following)
  applyCommitted(turn, following)
  wantSnapshot(turn, following)
}

function acknowledge(turn: Turn, following: Following): void {
  const { state, around } = turn
  if (!sameBallot(state.syncedPromise, following.ballot)) return
  if (state.durable?.installing || state.isRebasing || around.isBacklogged()) return
  const seq = Math.min(following.matched, state.synced) as Seq
  const isAnswer = following.isAckDue && seq === following.matched
  if (!isAnswer && seq <= following.acked) return
  if (seq === following.matched) following.isAckDue = false
  following.acked = seq
  send(turn, following.primary, { kind: 'prepareAck', ballot: following.ballot, seq })
}

function applyCommitted(turn: Turn, { commit, matched }: Following): void {
  const { state } = turn
  const upTo = Math.min(commit, matched, state.synced) as Seq
  if (state.isDamaged || state.durable?.installing || upTo <= state.applyIssued) return
  state.applyIssued = upTo
  turn.effects.push({ kind: 'apply', upTo })
}

/** Rows that cannot be trusted are replaced by the primary's (1.9). */
function wantSnapshot(turn: Turn, following: Following): void {
  const { state, nowMs } = turn
  if (!state.isDamaged && state.durable?.installing !== true) return
  if (nowMs - following.wantedMs < WANT_AGAIN_MS) return
  following.wantedMs = nowMs
  const { ballot, primary } = following
  send(turn, primary, { kind: 'snapshotWanted', ballot, log: state.log.summary() })
}

/** When a snapshot is asked for again. */
export function wantDueMs({ state }: Turn): number | undefined {
  const { following, isDamaged, durable } = state
  if (following === undefined || !(isDamaged || durable?.installing === true)) return undefined
  return following.wantedMs + WANT_AGAIN_MS
}
