/**
 * The primary: its log is the ballot's, members follow, a write quorum commits (replication.md 1.5,
 * T5).
 *
 * Its own promise is synced before the first prepare leaves (I7). Entries of earlier ballots never
 * count by number: they commit with the epoch start that follows them (I10). It becomes active when
 * that one is applied (I23).
 *
 * @module
 */

import type { Configuration } from '../contract/configuration.ts'
import type { Ballot, Seq, StoreId } from '../contract/identifiers.ts'
import { isWriteQuorum } from '../contract/quorum.ts'
import { maxBallot, sameBallot } from './ballot.ts'
import type { LogEntry, LogSummary, ReplicationMessage } from './messages.ts'
import { persist } from './persistence.ts'
import type { ProposedEntry } from './protocol.ts'
import { makeProgress, noteAck, noteBehind, pump } from './pump.ts'
import type { Primary, Progress, Turn } from './state.ts'
import { HEALTHY_BEACON_MS, SOFT_WAIT_MS } from './timing.ts'

const OP_ID_BYTES = 16
const NO_OP_ID = new Uint8Array(OP_ID_BYTES)
const NO_PAYLOAD = new Uint8Array()

export interface Office {
  readonly ballot: Ballot
  readonly configuration: Configuration
  /** What members are known to hold, from their promises. */
  readonly logs: ReadonlyMap<StoreId, LogSummary>
}

/** Takes the office up; a primary that already acts goes on under the new ballot. */
export function becomePrimary(turn: Turn, { ballot, configuration, logs }: Office): void {
  const { state } = turn
  if (state.durable === undefined) return
  const { self } = state.identity
  const before = state.primary
  state.durable = { ...state.durable, promised: { ballot, to: self }, configuration }
  state.highestPromiseSeen = maxBallot(state.highestPromiseSeen, ballot)
  state.following = undefined
  state.candidacy = undefined
  state.resumeAtMs = undefined
  const epochStart = (state.log.end.seq + 1) as Seq
  const others = configuration.members.filter(({ store }) => store !== self)
  const progress = others.map((member) => {
    return [member.store, makeProgress(turn, member, logs.get(member.store))] as const
  })
  state.primary = {
    ballot,
    configuration,
    epochStart,
    others: new Map(progress),
    isActive: before?.isActive ?? false,
    committed: before?.committed ?? state.applied,
    settled: before?.settled ?? state.applied,
    progressMs: turn.nowMs,
    lapseCheckMs: 0,
    mustExceed: undefined,
    bump: undefined,
    handover: undefined,
    checks: new Map(),
  }
  const start = { seq: epochStart, ballot, opId: NO_OP_ID, payload: NO_PAYLOAD }
  persist(turn, { record: true, entries: [start] })
  turn.effects.push({ kind: 'holdLease', ballot, members: configuration.members })
}

/** Leaves the office: no read, no proposal, no prepare from now on. */
export function stepDown(
  turn: Turn,
  then: readonly { readonly to: StoreId; readonly message: ReplicationMessage }[] = [],
): void {
  const { state } = turn
  const { primary } = state
  if (primary === undefined) return
  state.primary = undefined
  state.quietSinceMs = turn.nowMs
  for (const round of primary.checks.keys()) {
    turn.effects.push({ kind: 'readsChecked', round, mayRead: false })
  }
  if (primary.isActive) turn.effects.push({ kind: 'deactivated' })
  turn.effects.push({ kind: 'dropLease', then })
}

/** Client writes, in their order. */
export function onPropose(turn: Turn, proposed: readonly ProposedEntry[]): void {
  const { primary, log } = turn.state
  // Whoever proposed has been told by `deactivated` that nothing comes of it.
  if (primary === undefined || !primary.isActive) return
  const from = log.end.seq + 1
  const { ballot } = primary
  const entries = proposed.map(({ opId, payload }, at): LogEntry => {
    return { seq: (from + at) as Seq, ballot, opId, payload }
  })
  persist(turn, { entries })
}

export function onPrepareAck(
  turn: Turn,
  from: StoreId,
  { ballot, seq }: Extract<ReplicationMessage, { kind: 'prepareAck' }>,
): void {
  const { primary, log } = turn.state
  // An answer to an earlier ballot says nothing about this one.
  if (primary === undefined || !sameBallot(ballot, primary.ballot)) return
  const progress = primary.others.get(from)
  if (progress === undefined || seq > log.end.seq) return
  if (seq > progress.acked && !primary.isActive) primary.progressMs = turn.nowMs
  noteAck(turn, primary, progress, seq)
}

/** What follows from whatever has been acknowledged, synced or applied by now. */
export function advancePrimary(turn: Turn, primary: Primary): void {
  const { state } = turn
  if (!sameBallot(state.syncedPromise, primary.ballot)) return
  commit(turn, primary)
  applyCommitted(turn, primary)
  activate(turn, primary)
  for (const progress of primary.others.values()) pump(turn, primary, progress)
  settle(turn, primary)
}

function commit(turn: Turn, primary: Primary): void {
  const { state } = turn
  const { members } = primary.configuration
  let committed = primary.committed
  const tryCommit = (seq: Seq) => {
    if (seq <= committed || seq < primary.epochStart) return
    if (isWriteQuorum(holdersOf(turn, primary, seq), members, state.settings.quorum))
      committed = seq
  }
  tryCommit(state.synced)
  for (const { acked } of primary.others.values()) tryCommit(acked)
  if (committed === primary.committed) return
  primary.committed = committed
  for (const progress of primary.others.values()) noteBehind(turn, progress, committed)
}

/** The members that have the log up to `seq` synced under this ballot. */
function holdersOf({ state }: Turn, primary: Primary, seq: Seq) {
  return {
    has: (store: StoreId) =>
      store === state.identity.self
        ? state.synced >= seq
        : (primary.others.get(store)?.acked ?? 0) >= seq,
  }
}

function applyCommitted(turn: Turn, { committed }: Primary): void {
  const { state } = turn
  // Two others may commit an entry before it is synced here: RocksDB never leads the journal (I13).
  const upTo = Math.min(committed, state.synced) as Seq
  if (upTo <= state.applyIssued || state.isDamaged) return
  state.applyIssued = upTo
  turn.effects.push({ kind: 'apply', upTo })
}

function activate(turn: Turn, primary: Primary): void {
  if (primary.isActive || turn.state.applied < primary.epochStart) return
  primary.isActive = true
  const { members } = primary.configuration
  turn.effects.push({ kind: 'activated', ballot: primary.ballot, members })
  turn.state.attemptCount = 0
}

/** Soft wait: says how far every member has got that is worth waiting for. */
function settle(turn: Turn, primary: Primary): void {
  let settled = primary.committed
  for (const progress of primary.others.values()) {
    if (isWaitedFor(turn, progress)) settled = Math.min(settled, progress.acked) as Seq
  }
  if (settled <= primary.settled || !primary.isActive) return
  primary.settled = settled
  turn.effects.push({ kind: 'settled', upTo: settled })
}

function isWaitedFor(
  { around, nowMs }: Turn,
  { member, behind, needsSnapshot }: Progress,
): boolean {
  if (needsSnapshot || nowMs - around.heardMs(member.store) > HEALTHY_BEACON_MS) return false
  return behind === undefined || nowMs - behind.sinceMs <= SOFT_WAIT_MS
}

/** The highest committed seq that a write quorum without the member has: a snapshot's `covered`. */
export function coveredWithout(turn: Turn, primary: Primary, member: StoreId): Seq {
  const { state } = turn
  const { members } = primary.configuration
  const reached = [state.synced, ...[...primary.others.values()].map(({ acked }) => acked)]
  const covered = reached.filter((seq) => {
    const holders = holdersOf(turn, primary, seq)
    const rest = { has: (store: StoreId) => store !== member && holders.has(store) }
    return isWriteQuorum(rest, members, state.settings.quorum)
  })
  return Math.min(primary.committed, Math.max(0, ...covered)) as Seq
}
