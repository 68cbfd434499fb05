/**
 * Snapshots: for a member that lacks what the log no longer holds (replication.md 1.9).
 *
 * The receiver's rows go before the new ones come, so it gives up what it acknowledged; that is
 * allowed only if a write quorum without it has all of that, committed (I21).
 *
 * @module
 */

import type { Seq, StoreId } from '../contract/identifiers.ts'
import { compareBallots, maxBallot, NO_BALLOT, sameBallot } from './ballot.ts'
import { learnConfiguration } from './configurations.ts'
import type { LogPosition, ReplicationMessage } from './messages.ts'
import { persist } from './persistence.ts'
import { coveredWithout, stepDown } from './primary.ts'
import type { Input, SnapshotRefusal } from './protocol.ts'
import { canSendNext, noteSnapshotNeeded, restartAt } from './pump.ts'
import { isMember, report, send } from './state.ts'
import type { Primary, Progress, Turn } from './state.ts'
import { HOLD_ENTRIES_MS, OFFER_AGAIN_MS, RESEND_MS, WANT_AGAIN_MS } from './timing.ts'

type Nack = Extract<ReplicationMessage, { kind: 'nack' }>
type Offer = Extract<Input, { kind: 'snapshotOffered' }>

/** A member did not take a prepare. */
export function onNack(turn: Turn, from: StoreId, message: Nack): void {
  const { primary } = turn.state
  if (primary === undefined || !sameBallot(message.ballot, primary.ballot)) return
  const progress = primary.others.get(from)
  if (progress === undefined) return
  switch (message.reason) {
    case 'promisedMore':
      return noteHigherPromise(primary, message.promised)
    case 'backlog':
      progress.next = (Math.max(progress.acked, progress.start.seq) + 1) as Seq
      progress.window = 0
      progress.resendAtMs = turn.nowMs + RESEND_MS
      return
    case 'noState':
      noteSnapshotNeeded(turn, progress)
      return offerIfDue(turn, primary, progress, OFFER_AGAIN_MS)
    case 'gap':
      if (message.log === undefined) return
      restartAt(turn, primary, progress, message.log)
      if (canSendNext(turn, progress)) return
      offerIfDue(turn, primary, progress, OFFER_AGAIN_MS, message.log.end.seq)
  }
}

/** A member has promised more than the ballot: this epoch cannot count it any more (1.9). */
export function noteHigherPromise(primary: Primary, promised: Nack['promised']): void {
  if (compareBallots(promised, primary.ballot) <= 0) return
  primary.mustExceed = maxBallot(primary.mustExceed ?? NO_BALLOT, promised)
}

/**
 * `end` is that of the member's log under this ballot. If it lacks what is committed, a write quorum
 * without it has that and all before it, and it may have to be brought up before this primary can
 * become active at all.
 */
function offerIfDue(
  turn: Turn,
  primary: Primary,
  progress: Progress,
  pauseMs: number,
  end?: Seq,
): void {
  const { committed } = primary
  const isLacking = end !== undefined && Math.max(end, progress.acked) < committed
  if (!(primary.isActive || isLacking) || turn.nowMs - progress.offeredMs < pauseMs) return
  progress.offeredMs = turn.nowMs
  const to = progress.member.store
  const covered = isLacking ? committed : coveredWithout(turn, primary, to)
  turn.effects.push({ kind: 'offerSnapshot', to, ballot: primary.ballot, covered })
}

/** A member asks: its rows are damaged or incomplete. */
export function onSnapshotWanted(
  turn: Turn,
  from: StoreId,
  { ballot, log }: Extract<ReplicationMessage, { kind: 'snapshotWanted' }>,
): void {
  const { primary } = turn.state
  const progress = primary?.others.get(from)
  if (primary === undefined || progress === undefined || !sameBallot(ballot, primary.ballot)) return
  offerIfDue(turn, primary, progress, RESEND_MS, log?.end.seq)
}

/** The member's rows are those of `seq`: the log goes on from there. */
export function onSnapshotDone(
  turn: Turn,
  from: StoreId,
  { ballot, seq }: Extract<ReplicationMessage, { kind: 'snapshotDone' }>,
): void {
  const { primary, log } = turn.state
  const progress = primary?.others.get(from)
  if (primary === undefined || progress === undefined || !sameBallot(ballot, primary.ballot)) return
  const start = log.positionAt(seq)
  if (start === undefined) return
  const summary = { first: undefined, base: start, end: start, ballots: [start] }
  restartAt(turn, primary, progress, summary)
}

/** A primary offers its rows; the answer says whether they may replace the ones here. */
export function onSnapshotOffered(turn: Turn, offer: Offer): void {
  const { state } = turn
  const refusal = refuseOffer(turn, offer)
  if (refusal !== undefined) {
    turn.effects.push({ kind: 'answerSnapshotOffer', token: offer.token, refusal })
    if (refusal === 'ackedMore' && offer.covered > 0) holdEntries(turn)
    return
  }
  if (state.primary !== undefined) stepDown(turn)
  state.candidacy = undefined
  state.isReceiving = true
  state.quietSinceMs = turn.nowMs
  state.highestPromiseSeen = maxBallot(state.highestPromiseSeen, offer.ballot)
  // A replica that this process made has nothing to forget (L4).
  if (state.durable === undefined) state.silence = undefined
  state.durable = {
    promised: { ballot: offer.ballot, to: offer.from },
    configuration: state.durable?.configuration ?? offer.configuration,
    base: state.log.base,
    installing: true,
  }
  persist(turn, { record: true, then: { kind: 'acceptSnapshot', token: offer.token } })
}

function refuseOffer(turn: Turn, offer: Offer): SnapshotRefusal | undefined {
  const { state } = turn
  const { durable, log } = state
  if (!isMember(offer.configuration, state.identity.self)) return 'notMember'
  // Two at a time would clear each other's rows.
  if (state.isReceiving || state.isRebasing) return 'underWay'
  if (durable === undefined) return undefined
  // Entries on their way into the rows would land among the new ones.
  if (!state.isDamaged && state.applied < state.applyIssued) return 'underWay'
  if (compareBallots(offer.ballot, durable.promised.ballot) < 0) return 'promisedMore'
  if (learnConfiguration(turn, offer.configuration) === 'regressed') return 'notMember'
  const isComplete = !state.isDamaged && !durable.installing
  if (isComplete && log.has(offer.position)) return 'notNeeded'
  // Whatever stands in the log may have been acknowledged.
  if (log.end.seq > offer.covered) return 'ackedMore'
  return log.end.seq > offer.position.seq && !log.has(offer.position) ? 'ackedMore' : undefined
}

/** Takes no more entries for a while, so that others' acknowledgements catch up with this log's end. */
function holdEntries({ state, nowMs }: Turn): void {
  if (!state.isDamaged || nowMs < state.holdEntriesUntilMs + WANT_AGAIN_MS) return
  state.holdEntriesUntilMs = nowMs + HOLD_ENTRIES_MS
  if (state.following !== undefined) {
    state.following.wantedMs = nowMs + HOLD_ENTRIES_MS / 2 - WANT_AGAIN_MS
  }
}

/** The record that the rows are incomplete is synced. */
export function onSnapshotAccepted(turn: Turn, token: number): void {
  turn.effects.push({ kind: 'answerSnapshotOffer', token, refusal: undefined })
}

/** The rows are those of `position`, flushed: the log goes on behind it. */
export function onSnapshotInstalled(turn: Turn, position: LogPosition): void {
  const { state } = turn
  if (state.durable?.installing !== true || !state.isReceiving) return
  state.isReceiving = false
  state.log.rebase(position)
  state.durable = { ...state.durable, base: position, installing: false }
  state.isDamaged = false
  state.holdEntriesUntilMs = 0
  state.applied = position.seq
  state.applyIssued = position.seq
  if (state.following !== undefined) {
    // The position was committed, so it is the current ballot's too.
    const { following } = state
    following.matched = Math.max(following.matched, position.seq) as Seq
  }
  const end = state.log.end.seq
  for (const pending of state.pending) pending.end = Math.min(pending.end, end) as Seq
  state.synced = Math.max(Math.min(state.synced, end), position.seq) as Seq
  // Nothing is acknowledged before the record that the rows are complete is synced.
  state.isRebasing = true
  persist(turn, { record: true, then: { kind: 'snapshotDone' } })
}

/** Only now: an acknowledgement above the base says that the record of it is synced. */
export function onSnapshotRecorded(turn: Turn): void {
  const { durable, log, following } = turn.state
  turn.state.isRebasing = false
  if (durable === undefined) return
  const to = following?.primary ?? durable.promised.to
  const { ballot } = durable.promised
  send(turn, to, { kind: 'snapshotDone', ballot, seq: log.base.seq })
}

/** The rows stay incomplete; the next prepare's answer says so to the primary. */
export function onSnapshotFailed(turn: Turn): void {
  turn.state.isReceiving = false
  report(turn, 'A snapshot could not be finished')
}

/** The rows cannot be trusted: the journal can, so the replica goes on sealing and acknowledging. */
export function onDamaged(turn: Turn): void {
  const { state } = turn
  if (state.isDamaged) return
  state.isDamaged = true
  state.candidacy = undefined
  stepDown(turn)
}
