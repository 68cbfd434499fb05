/**
 * The best log of a seal set: fetched into this store's own (T3), and made durable at the members
 * that stay if others are dropped (T4).
 *
 * Everything acknowledged is in the best log, because the seal set meets every write quorum. What
 * this log has beyond the point where the two part was never committed.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Member } from '../contract/configuration.ts'
import type { Seq, StoreId } from '../contract/identifiers.ts'
import { isWriteQuorum } from '../contract/quorum.ts'
import { sameBallot } from './ballot.ts'
import { patienceOf, withdraw } from './candidate.ts'
import { compareLogs, LogView, matchPoint } from './log-view.ts'
import type { LogEntry, LogPosition, LogSummary, ReplicationMessage } from './messages.ts'
import { persist } from './persistence.ts'
import { isChain, takeTail } from './secondary.ts'
import { send } from './state.ts'
import type { Candidacy, Turn } from './state.ts'
import { MERGE_LIMIT_MS, RESEND_MS, WITHDRAW_MS } from './timing.ts'

type Message<Kind extends ReplicationMessage['kind']> = Extract<ReplicationMessage, { kind: Kind }>

/** Chooses the best log; what this one lacks of it is fetched. */
export function beginMerge(turn: Turn, candidacy: Candidacy): void {
  const { state, nowMs } = turn
  const own = state.log.summary()
  candidacy.phase = 'merging'
  candidacy.deadlineMs = nowMs + MERGE_LIMIT_MS * patienceOf(state)
  let best: { readonly store: StoreId; readonly log: LogSummary } | undefined
  for (const [store, log] of candidacy.sealed) {
    if (compareLogs(log, best?.log ?? own) > 0) best = { store, log }
  }
  if (best === undefined) return
  const next = partingSeq(turn, own, best.log)
  if (best.log.first === undefined || next < best.log.first)
    return yieldTo(turn, candidacy, best.store)
  candidacy.merge = { from: best.store, log: best.log, next, resendAtMs: 0 }
}

/** What that log no longer holds can only come as a snapshot: the one who has it stands instead (T3). */
function yieldTo(turn: Turn, { ballot }: Candidacy, to: StoreId): void {
  send(turn, to, { kind: 'release', ballot, to, version: '' })
  withdraw(turn, WITHDRAW_MS)
}

/** The first seq at which the two logs may differ. What is applied here was committed: it is in both. */
function partingSeq({ state }: Turn, own: LogSummary, best: LogSummary): Seq {
  return (Math.max(matchPoint(own, best)?.seq ?? 0, state.applied) + 1) as Seq
}

/** Fetches what is due; true once the merged log is synced here. */
export function advanceMerge(turn: Turn, { merge, ballot }: Candidacy): boolean {
  const { state, nowMs } = turn
  if (merge === undefined || merge.next > merge.log.end.seq) {
    return state.synced === state.log.end.seq
  }
  if (merge.resendAtMs > nowMs) return false
  merge.resendAtMs = nowMs + RESEND_MS
  const limit = merge.next + state.settings.prepareEntryCountMax - 1
  const upTo = Math.min(merge.log.end.seq, limit) as Seq
  send(turn, merge.from, { kind: 'logFetch', ballot, from: merge.next, upTo })
  return false
}

/** A candidate that was promised its ballot asks for entries. */
export function onLogFetch(turn: Turn, from: StoreId, message: Message<'logFetch'>): void {
  const { durable, log } = turn.state
  const { ballot, upTo } = message
  // Under that promise nothing in this log changes but by the asker's own hand.
  if (durable?.promised.to !== from || !sameBallot(durable.promised.ballot, ballot)) return
  if (log.first === undefined || message.from < log.first) return
  const last = Math.min(upTo, log.end.seq) as Seq
  if (message.from > last) return
  turn.effects.push({
    kind: 'sendEntries',
    to: from,
    message: { kind: 'logEntries', ballot, from: message.from, entries: [] },
    from: message.from,
    upTo: last,
  })
}

export function onLogEntries(turn: Turn, from: StoreId, message: Message<'logEntries'>): void {
  const { candidacy, log } = turn.state
  const merge = candidacy?.merge
  if (candidacy?.phase !== 'merging' || merge?.from !== from) return
  if (!sameBallot(message.ballot, candidacy.ballot) || message.from !== merge.next) return
  const before = log.positionAt((merge.next - 1) as Seq)
  assert(before !== undefined, 'the logs part inside this one or at its end')
  if (!isChain(before, message.entries, message.ballot) || !isOf(merge.log, message.entries)) return
  const reached = takeTail(turn, before, message.entries, false)
  if (reached === undefined) return
  merge.next = (reached + 1) as Seq
  merge.resendAtMs = 0
  candidacy.deadlineMs = turn.nowMs + MERGE_LIMIT_MS
}

/** True unless the entries contradict what the member said of its log when it promised. */
function isOf(summary: LogSummary, entries: readonly LogEntry[]): boolean {
  const log = new LogView(summary)
  return entries.every((entry) => log.ballotAt(entry.seq) === undefined || log.has(entry))
}

/** The members that stay if those that did not promise are dropped. */
export function sealedMembers({ configuration, sealed }: Candidacy): readonly Member[] {
  return configuration?.members.filter(({ store }) => sealed.has(store)) ?? []
}

/** Brings the merged log to the members that stay; true once a write quorum of them has it synced. */
export function advanceSync(turn: Turn, candidacy: Candidacy): boolean {
  const { state, nowMs } = turn
  const { self } = state.identity
  const end = state.log.end.seq
  for (const { store } of candidacy.keep) {
    if (store === self) continue
    const sync = candidacy.syncs.get(store) ?? beginSync(turn, candidacy, store)
    if (sync.acked >= end || sync.resendAtMs > nowMs) continue
    sync.resendAtMs = nowMs + RESEND_MS
    sendSync(turn, candidacy, store, sync.start)
  }
  const have = {
    has: (store: StoreId) => store === self || (candidacy.syncs.get(store)?.acked ?? -1) >= end,
  }
  return isWriteQuorum(have, candidacy.keep, state.settings.quorum)
}

function beginSync({ state }: Turn, candidacy: Candidacy, store: StoreId) {
  const log = candidacy.sealed.get(store)
  assert(log !== undefined, 'only members that promised stay')
  const match = matchPoint(state.log.summary(), log)
  const start = match === undefined || match.seq < log.base.seq ? log.base : match
  const sync = { start, acked: -1 as Seq, resendAtMs: 0 }
  candidacy.syncs.set(store, sync)
  return sync
}

function sendSync(turn: Turn, { ballot }: Candidacy, to: StoreId, prev: LogPosition): void {
  const { log, settings } = turn.state
  const message = { kind: 'sync', ballot, prev, entries: [] } as const
  const from = (prev.seq + 1) as Seq
  const upTo = Math.min(log.end.seq, prev.seq + settings.prepareEntryCountMax) as Seq
  if (upTo < from) send(turn, to, message)
  else if (log.first !== undefined && from >= log.first) {
    turn.effects.push({ kind: 'sendEntries', to, message, from, upTo })
  }
}

/** The merged log of a candidate that this store has promised its ballot. */
export function onSync(turn: Turn, from: StoreId, message: Message<'sync'>): void {
  const { durable } = turn.state
  const { ballot, prev, entries } = message
  if (durable?.promised.to !== from || !sameBallot(durable.promised.ballot, ballot)) return
  if (durable.installing || !isChain(prev, entries, ballot)) return
  const seq = takeTail(turn, prev, entries, false)
  if (seq === undefined) return
  persist(turn, { then: { kind: 'send', to: from, message: { kind: 'syncAck', ballot, seq } } })
}

export function onSyncAck(turn: Turn, from: StoreId, { ballot, seq }: Message<'syncAck'>): void {
  const { candidacy, log } = turn.state
  const sync = candidacy?.syncs.get(from)
  if (candidacy?.phase !== 'syncing' || sync === undefined) return
  if (!sameBallot(ballot, candidacy.ballot) || seq <= sync.acked || seq > log.end.seq) return
  sync.acked = seq
  sync.start = log.positionAt(seq) ?? sync.start
  sync.resendAtMs = 0
  candidacy.deadlineMs = turn.nowMs + MERGE_LIMIT_MS
}
