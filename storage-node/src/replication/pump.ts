/**
 * How entries get to one member: what is next, how much may be on its way, when to send again.
 *
 * A member is told a position that both logs share and what follows. What it acknowledges opens the
 * window; what it does not acknowledge in time is sent again from there.
 *
 * @module
 */

import type { Member } from '../contract/configuration.ts'
import type { Seq } from '../contract/identifiers.ts'
import { matchPoint } from './log-view.ts'
import type { LogPosition, LogSummary, ReplicationMessage } from './messages.ts'
import { send } from './state.ts'
import type { Primary, Progress, Turn } from './state.ts'
import { RESEND_MS, RESEND_MS_MAX, TELL_COMMIT_MS } from './timing.ts'

/** Prepares on their way to a member that acknowledges them. */
const WINDOW_PREPARE_COUNT = 8

/** A member at the beginning of a ballot. */
export function makeProgress(turn: Turn, member: Member, log: LogSummary | undefined): Progress {
  const { state } = turn
  const start = log === undefined ? state.log.end : sharedPosition(turn, log)
  return {
    member,
    acked: 0 as Seq,
    start,
    next: (start.seq + 1) as Seq,
    window: state.settings.prepareEntryCountMax,
    resendAtMs: undefined,
    resendAfterMs: RESEND_MS,
    toldCommit: 0 as Seq,
    tellAtMs: undefined,
    restartedAt: -1,
    needsSnapshot: false,
    offeredMs: -Infinity,
    behind: undefined,
  }
}

/**
 * A position of the member's log that is in this one too. Its base always is: what a base covers was
 * committed, and a primary has everything committed.
 */
function sharedPosition({ state }: Turn, log: LogSummary): LogPosition {
  const match = matchPoint(state.log.summary(), log)
  return match === undefined || match.seq < log.base.seq ? log.base : match
}

/** Sends what the member lacks and the window allows, or only the commit when that is due. */
export function pump(turn: Turn, primary: Primary, progress: Progress): void {
  const { log } = turn.state
  if (progress.needsSnapshot) return
  if (!canSendNext(turn, progress)) return noteSnapshotNeeded(turn, progress)
  const reached = Math.max(progress.acked, progress.start.seq)
  while (progress.next <= log.end.seq && progress.next <= reached + progress.window) {
    const limit = progress.next + turn.state.settings.prepareEntryCountMax - 1
    const upTo = Math.min(log.end.seq, limit, reached + progress.window) as Seq
    if (!sendPrepare(turn, primary, progress, upTo)) return noteSnapshotNeeded(turn, progress)
  }
  if (primary.committed > progress.toldCommit) progress.tellAtMs ??= turn.nowMs + TELL_COMMIT_MS
}

/** False if the member lacks entries that are not kept any more. */
export function canSendNext({ state }: Turn, { next }: Progress): boolean {
  const { first, end } = state.log
  return next > end.seq || (first !== undefined && next >= first)
}

/**
 * Entries are of no use to the member for now. It is probed all the same: that it lacks its rows may
 * be old news by the time it is heard, and then nothing else would ever contradict it.
 */
export function noteSnapshotNeeded(turn: Turn, progress: Progress): void {
  progress.needsSnapshot = true
  progress.resendAtMs ??= turn.nowMs + RESEND_MS
  progress.resendAfterMs = RESEND_MS_MAX
}

/** Sends the entries up to `upTo`, none if that is behind the next one. False: they are not held any more. */
function sendPrepare(turn: Turn, primary: Primary, progress: Progress, upTo: Seq): boolean {
  const from = progress.next
  const prev = positionBefore(turn, progress)
  if (prev === undefined) return false
  const message = prepareOf(primary, prev)
  const to = progress.member.store
  if (upTo < from) send(turn, to, message)
  else turn.effects.push({ kind: 'sendEntries', to, message, from, upTo })
  progress.next = Math.max(from, upTo + 1) as Seq
  progress.toldCommit = primary.committed
  progress.tellAtMs = undefined
  progress.resendAtMs ??= turn.nowMs + progress.resendAfterMs
  return true
}

function positionBefore({ state }: Turn, { next, start }: Progress): LogPosition | undefined {
  const seq = (next - 1) as Seq
  return start.seq === seq ? start : state.log.positionAt(seq)
}

function prepareOf(
  { ballot, configuration, committed }: Primary,
  prev: LogPosition,
): Extract<ReplicationMessage, { kind: 'prepare' }> {
  return { kind: 'prepare', ballot, configuration, prev, entries: [], commit: committed }
}

/** Times that have come: to send again, or to tell the commit. */
export function pumpOnTime(turn: Turn, primary: Primary, progress: Progress): void {
  const { nowMs, state } = turn
  if (progress.resendAtMs !== undefined && progress.resendAtMs <= nowMs) {
    progress.resendAtMs = undefined
    progress.restartedAt = -1
    progress.resendAfterMs = Math.min(progress.resendAfterMs * 2, RESEND_MS_MAX)
    // A member that may be gone is probed with little.
    progress.window = state.settings.prepareEntryCountMax
    progress.next = (Math.max(progress.acked, progress.start.seq) + 1) as Seq
    if (progress.needsSnapshot) probe(turn, primary, progress)
    else if (progress.next > state.log.end.seq)
      sendPrepare(turn, primary, progress, state.log.end.seq)
  }
  if (progress.tellAtMs !== undefined && progress.tellAtMs <= nowMs) {
    progress.tellAtMs = undefined
    if (!progress.needsSnapshot) sendPrepare(turn, primary, progress, (progress.next - 1) as Seq)
  }
}

/** Says nothing but the ballot to a member whose place in the log is not known. */
function probe(turn: Turn, primary: Primary, progress: Progress): void {
  send(turn, progress.member.store, prepareOf(primary, turn.state.log.end))
  progress.resendAtMs = turn.nowMs + progress.resendAfterMs
}

/** Takes an acknowledgement in; they may arrive out of order, and what is durable never shrinks. */
export function noteAck(turn: Turn, primary: Primary, progress: Progress, seq: Seq): void {
  const { nowMs, state } = turn
  progress.needsSnapshot = false
  progress.resendAfterMs = RESEND_MS
  const isNews = seq > progress.acked
  if (isNews) {
    progress.acked = seq
    progress.start = state.log.positionAt(seq) ?? progress.start
    const { prepareEntryCountMax } = state.settings
    const windowMax = prepareEntryCountMax * WINDOW_PREPARE_COUNT
    progress.window = Math.min(progress.window + prepareEntryCountMax, windowMax)
  }
  if (progress.next <= seq) progress.next = (seq + 1) as Seq
  if (progress.acked >= progress.next - 1) progress.resendAtMs = undefined
  else if (isNews) progress.resendAtMs = nowMs + progress.resendAfterMs
  if (progress.behind !== undefined && seq >= progress.behind.seq) {
    progress.behind = undefined
    noteBehind(turn, progress, primary.committed)
  }
}

/** Starts the clock of a member that lacks what is committed. */
export function noteBehind({ nowMs }: Turn, progress: Progress, committed: Seq): void {
  if (progress.behind !== undefined || progress.acked >= committed) return
  progress.behind = { seq: committed, sinceMs: nowMs }
}

/** The member's log is another one than was thought: goes on where the two are the same. */
export function restartAt(turn: Turn, primary: Primary, progress: Progress, log: LogSummary): void {
  const shared = sharedPosition(turn, log)
  // One lost prepare makes every later one a gap: what is sent again already is not sent once more.
  if (shared.seq <= progress.restartedAt && !progress.needsSnapshot) return
  progress.restartedAt = shared.seq
  if (shared.seq >= progress.acked) progress.start = shared
  progress.needsSnapshot = false
  progress.next = (Math.max(progress.acked, progress.start.seq) + 1) as Seq
  progress.resendAtMs = undefined
  // With nothing to send it still hears the ballot and the commit.
  if (progress.next > turn.state.log.end.seq) {
    sendPrepare(turn, primary, progress, (progress.next - 1) as Seq)
  }
}

/** When the member is due next. */
export function pumpDueMs({ resendAtMs, tellAtMs }: Progress): number | undefined {
  return earliest([resendAtMs, tellAtMs])
}

/** The earliest of times that may be absent. */
export function earliest(times: readonly (number | undefined)[]): number | undefined {
  let found: number | undefined
  for (const time of times) if (time !== undefined && !(time >= (found ?? Infinity))) found = time
  return found
}
