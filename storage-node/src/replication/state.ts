/**
 * What a replica remembers between two steps, and the turn in which a step changes it.
 *
 * A state belongs to one replica and is changed in place by this folder alone: the write path runs
 * thousands of times a second. Whoever drives it keeps the reference and looks at it through the
 * functions that `step.ts` and `reads.ts` export.
 *
 * @module
 */

import type { Configuration, Member } from '../contract/configuration.ts'
import type { Ballot, Epoch, Seq, StoreId } from '../contract/identifiers.ts'
import { NO_BALLOT } from './ballot.ts'
import { LogView } from './log-view.ts'
import type { LogPosition, LogSummary, ReplicationMessage } from './messages.ts'
import type {
  DurableReplica,
  Effect,
  RecoveredReplica,
  ReplicaIdentity,
  ReplicationSettings,
  Surroundings,
} from './protocol.ts'

/** A candidate's or returning primary's wish that this store promises a ballot to it. */
export interface PromiseRequest {
  readonly from: StoreId
  readonly ballot: Ballot
}

/** What is due once a `persist` effect is synced. */
export type Continuation =
  | { readonly kind: 'promised'; readonly request: PromiseRequest }
  | { readonly kind: 'send'; readonly to: StoreId; readonly message: ReplicationMessage }
  | { readonly kind: 'acceptSnapshot'; readonly token: number }
  | { readonly kind: 'snapshotDone' }

/** A `persist` effect that has not come back. */
export interface PendingPersist {
  readonly token: number
  /** The log's end that it makes durable; lowered when a later one truncates. */
  end: Seq
  /** Of the record in it. */
  readonly promised: Ballot | undefined
  readonly then: Continuation | undefined
}

/** A secondary's view of the primary it follows. Volatile: a start knows of none. */
export interface Following {
  readonly ballot: Ballot
  readonly primary: StoreId
  /** The log is known to equal the ballot's up to here; the commit counts no further (1.3). */
  matched: Seq
  /** As heard under this ballot. */
  commit: Seq
  acked: Seq
  isAckDue: boolean
  /** When a snapshot was last asked for. */
  wantedMs: number
}

/** What a primary knows of another member. */
export interface Progress {
  readonly member: Member
  /** Highest acknowledgement under this ballot. */
  acked: Seq
  /** A position of the member's log that is also in this one, to start sending behind. */
  start: LogPosition
  /** The first entry that is not on its way. */
  next: Seq
  /** How many entries may be on their way. */
  window: number
  resendAtMs: number | undefined
  resendAfterMs: number
  /** The commit that it was last told. */
  toldCommit: Seq
  /** When it gets an empty prepare, to hear of the commit. */
  tellAtMs: number | undefined
  /** Where sending began again after a gap; below zero: nowhere yet. */
  restartedAt: number
  needsSnapshot: boolean
  offeredMs: number
  /** A commit that it had not acknowledged when that was reached, and since when. */
  behind: { readonly seq: Seq; readonly sinceMs: number } | undefined
}

/** A primary, active or on its way there (T5). */
export interface Primary {
  readonly ballot: Ballot
  readonly configuration: Configuration
  readonly epochStart: Seq
  /** The other members. */
  readonly others: Map<StoreId, Progress>
  isActive: boolean
  committed: Seq
  settled: Seq
  /** When this began, or a member last got further while it was not active. */
  progressMs: number
  /** Until then it is not asked whether the members still grant their leases. */
  lapseCheckMs: number
  /** A promise above the ballot that was met: an epoch above it is needed. */
  mustExceed: Ballot | undefined
  bump: EpochBump | undefined
  handover: Handover | undefined
  /** Strict reads: who answered which round. */
  readonly checks: Map<number, Set<StoreId>>
}

/** A swap that only raises the epoch (1.9, promise above the ballot). */
export interface EpochBump {
  phase: 'reading' | 'swapping' | 'waiting'
  configuration: Configuration | undefined
  retryAtMs: number
}

export interface Handover {
  readonly to: StoreId
  phase: 'reading' | 'draining'
  /** Of the configuration in the config store, once it was read. */
  version: string
  readonly untilMs: number
}

/** How a store gets to be primary: takeover (T0 to T5), or resume and assume without the config store. */
export interface Candidacy {
  readonly kind: 'takeover' | 'resume'
  phase: 'reading' | 'sealing' | 'merging' | 'syncing' | 'swapping'
  ballot: Ballot
  /** M; undefined while it is being read. */
  configuration: Configuration | undefined
  version: string
  /** Who has promised, this store included, and what their logs hold. */
  readonly sealed: Map<StoreId, LogSummary>
  isOwnPromiseAsked: boolean
  /** When each member is asked next. */
  readonly askAtMs: Map<StoreId, number>
  /** Members that will be able to promise by then, and are not dropped before. */
  readonly waitForMs: Map<StoreId, number>
  /** Since when those who promised are a seal set. */
  sealedMs: number | undefined
  deadlineMs: number
  merge: Merge | undefined
  /** M'. */
  keep: readonly Member[]
  readonly syncs: Map<StoreId, SyncProgress>
}

/** Fetching the tail of the best log (T3). */
export interface Merge {
  readonly from: StoreId
  readonly log: LogSummary
  next: Seq
  resendAtMs: number
}

/** Making the merged log durable at a member that stays (T4). */
export interface SyncProgress {
  start: LogPosition
  acked: Seq
  resendAtMs: number
}

/** Grants that this store gives, as far as promises depend on them (L2, L3). */
export interface Grants {
  /** What the lease service may grant now. */
  allowed: Ballot | undefined
  /** To whom live grants can have been given since it was last found out who can hold any. */
  holder: StoreId | undefined
  /** Until when others can hold some: those that had the office before the holder. */
  formerUntilMs: number
  /** The primary of this ballot has released its grants. */
  released: Ballot | undefined
  /** Number of the revocation under way. */
  revoking: number | undefined
  readonly waiting: PromiseRequest[]
}

export type ReadPurpose = 'learn' | 'takeover' | 'bump' | 'handover'

export interface ReplicaState {
  readonly identity: ReplicaIdentity
  readonly settings: ReplicationSettings
  durable: DurableReplica | undefined
  log: LogView
  /** The log up to here is synced. */
  synced: Seq
  /** Of the newest synced record. */
  syncedPromise: Ballot
  readonly pending: PendingPersist[]
  applied: Seq
  applyIssued: Seq
  isDamaged: boolean
  /** A snapshot was accepted and is neither installed nor given up. */
  isReceiving: boolean
  /** A snapshot is installed, and the record that says so not yet synced. */
  isRebasing: boolean
  /** No new entries until then, so that a snapshot's `covered` can reach the log's end. */
  holdEntriesUntilMs: number
  /** L4; `to` is whom the promise found by the start named. */
  silence: { readonly untilMs: number; readonly to: StoreId } | undefined
  following: Following | undefined
  primary: Primary | undefined
  candidacy: Candidacy | undefined
  readonly grants: Grants
  /** Answers that are due from the config store, by token. */
  readonly readsUnderWay: Map<number, ReadPurpose>
  swapUnderWay: { readonly token: number; readonly for: 'takeover' | 'bump' } | undefined
  /** Since when no primary has been heard of, other than by beacons. */
  quietSinceMs: number
  /** Stands as soon as it may: a primary has released its office to this store. */
  isCalled: boolean
  /** What the one that released its office had read in the config store just before. */
  calledAt: { readonly epoch: Epoch; readonly version: string } | undefined
  /** Back-off between candidacies. */
  notBeforeMs: number
  /** Candidacies since this store last got to act, or followed somebody. */
  attemptCount: number
  /** Own office to be taken up again, and when. */
  resumeAtMs: number | undefined
  highestPromiseSeen: Ballot
  nextToken: number
  wakeAtMs: number | undefined
}

/** One step: what it changes, what it sees, what it wants done. */
export interface Turn {
  readonly state: ReplicaState
  readonly around: Surroundings
  readonly nowMs: number
  readonly effects: Effect[]
}

export interface ReplicaOptions {
  readonly identity: ReplicaIdentity
  readonly settings: ReplicationSettings
  readonly recovered: RecoveredReplica
}

/** A replica as a start finds it, before its `start` input. */
export function openReplica({ identity, settings, recovered }: ReplicaOptions): ReplicaState {
  const { durable, log, isDamaged } = recovered
  // Rows that a snapshot was replacing count for nothing, however many are there.
  const applied = durable?.installing === true ? (0 as Seq) : recovered.applied
  return {
    identity,
    settings,
    durable,
    log: new LogView(log),
    synced: log.end.seq,
    syncedPromise: durable?.promised.ballot ?? NO_BALLOT,
    pending: [],
    applied,
    applyIssued: applied,
    isDamaged,
    isReceiving: false,
    isRebasing: false,
    holdEntriesUntilMs: 0,
    silence: undefined,
    following: undefined,
    primary: undefined,
    candidacy: undefined,
    grants: {
      allowed: undefined,
      holder: undefined,
      formerUntilMs: 0,
      released: undefined,
      revoking: undefined,
      waiting: [],
    },
    readsUnderWay: new Map(),
    swapUnderWay: undefined,
    quietSinceMs: 0,
    isCalled: false,
    calledAt: undefined,
    notBeforeMs: 0,
    attemptCount: 0,
    resumeAtMs: undefined,
    highestPromiseSeen: durable?.promised.ballot ?? NO_BALLOT,
    nextToken: 1,
    wakeAtMs: undefined,
  }
}

/** A fresh number for an effect that is answered. */
export function takeToken({ state }: Turn): number {
  return state.nextToken++
}

export function send(turn: Turn, to: StoreId, message: ReplicationMessage): void {
  turn.effects.push({ kind: 'send', to, message })
}

export function report(turn: Turn, what: string): void {
  turn.effects.push({ kind: 'report', what })
}

/** True if the store is among the members. */
export function isMember(configuration: Configuration, store: StoreId): boolean {
  return configuration.members.some((member) => member.store === store)
}

/** The configuration that this replica last learned of; it may have been replaced since. */
export function knownConfiguration({ durable }: ReplicaState): Configuration | undefined {
  return durable?.configuration
}
