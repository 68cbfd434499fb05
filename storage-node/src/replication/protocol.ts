/**
 * The protocol's boundary: what a replica keeps, what may happen to it, what it wants done
 * (replication.md 1.3 to 1.9). `step.ts` maps the one to the other without waiting for anything.
 *
 * @module
 */

import type { Configuration, Member } from '../contract/configuration.ts'
import type { Ballot, PartitionId, Seq, StoreId } from '../contract/identifiers.ts'
import type { QuorumRule } from '../contract/quorum.ts'
import type { LogEntry, LogPosition, LogSummary, ReplicationMessage } from './messages.ts'

/** All durable state of a replica but its entries. */
export interface DurableReplica {
  readonly promised: { readonly ballot: Ballot; readonly to: StoreId }
  /** The last one learned; undefined before the first. */
  readonly configuration: Configuration | undefined
  readonly base: LogPosition
  /** A snapshot is on its way in: the rows are incomplete. */
  readonly installing: boolean
}

/** What differs from region to region. */
export interface ReplicationSettings {
  /** W: how many members must have an entry. */
  readonly quorum: QuorumRule
  /** k and kz of 1.2: below them client writes are refused. */
  readonly minInsync: number
  readonly zoneCount: number
  readonly reads: 'lease' | 'strict'
  /** Local mode: one kernel guards all store locks (L4's exception). */
  readonly isOneKernel: boolean
  /** Entries of one Prepare, at most; bytes are the driver's. */
  readonly prepareEntryCountMax: number
}

export interface ReplicaIdentity {
  readonly partition: PartitionId
  readonly self: StoreId
  readonly zone: string
}

/** A replica as a start finds it; `log.ballots` from the oldest kept entry on. */
export interface RecoveredReplica {
  /** Undefined: this store never had state for the partition. */
  readonly durable: DurableReplica | undefined
  readonly log: LogSummary
  /** While `installing` it may lie beyond the log: the new rows are there, their record is not. */
  readonly applied: Seq
  /** Its rows are not to be trusted: it seals and acks, but never stands (1.9). */
  readonly isDamaged: boolean
}

/** What a step may look at; read at the time of the input, never kept. */
export interface Surroundings {
  /** Monotonic milliseconds. */
  readonly nowMs: number
  heardMs(store: StoreId): number
  heldUntilMs(member: StoreId): number
  grantedUntilMs(): number
  /**
   * When this process learnt that the store runs with a higher incarnation than was on record for
   * it; 0: it did not. Grants that were given before went to a process of the past (L3, L4).
   */
  restartedMs(store: StoreId): number
  /** More than 64 MiB wait to be applied: acks wait too (1.5). */
  isBacklogged(): boolean
}

/** A command's entry on its way into the log. */
export interface ProposedEntry {
  readonly opId: Uint8Array
  readonly payload: Uint8Array
}

/** Why an offered snapshot was refused. */
export type SnapshotRefusal = 'promisedMore' | 'notNeeded' | 'ackedMore' | 'notMember' | 'underWay'

export type Input =
  /** First, once. `silenceUntilMs`: no seal and no grant before (L4). */
  | { readonly kind: 'start'; readonly silenceUntilMs: number }
  | { readonly kind: 'message'; readonly from: StoreId; readonly message: ReplicationMessage }
  /** Only while active; seqs follow the order. */
  | { readonly kind: 'propose'; readonly entries: readonly ProposedEntry[] }
  /** Everything of the `persist` effect with this number is synced, and all before it. */
  | { readonly kind: 'persisted'; readonly token: number }
  /** The engine holds everything up to `seq`. */
  | { readonly kind: 'applied'; readonly seq: Seq }
  /** A checkpoint has covered `base`; the record that says so is synced. */
  | { readonly kind: 'flushed'; readonly base: LogPosition; readonly first: Seq | undefined }
  /** Answer to `revokeGrants`. */
  | { readonly kind: 'grantsRevoked'; readonly token: number; readonly untilMs: number }
  /** Answer to `getConfiguration`: a quorum read; undefined: the object is gone. */
  | {
      readonly kind: 'configurationRead'
      readonly token: number
      readonly outcome:
        | {
            readonly kind: 'found'
            readonly version: string
            readonly configuration: Configuration
          }
        | { readonly kind: 'none' }
        | { readonly kind: 'unavailable' }
    }
  /** Answer to `swapConfiguration`. */
  | {
      readonly kind: 'configurationSwapped'
      readonly token: number
      readonly outcome: 'won' | 'lost' | 'unknown'
    }
  /** A hint: something may have changed; never acted upon without a read. */
  | { readonly kind: 'configurationHint'; readonly configuration: Configuration }
  /** A member refused a beacon because it has promised more. */
  | { readonly kind: 'grantRefused'; readonly member: StoreId; readonly promised: Ballot }
  /** Step down in favour of `to` (1.9). */
  | { readonly kind: 'handOver'; readonly to: StoreId }
  /** A snapshot has been written and flushed: the rows are those of `position`. */
  | { readonly kind: 'snapshotInstalled'; readonly position: LogPosition }
  /** A primary wants to send a snapshot; answered by `answerSnapshotOffer`. */
  | {
      readonly kind: 'snapshotOffered'
      readonly token: number
      readonly from: StoreId
      readonly ballot: Ballot
      readonly configuration: Configuration
      readonly position: LogPosition
      readonly covered: Seq
    }
  /** A snapshot could not be finished; the rows stay incomplete until another one is. */
  | { readonly kind: 'snapshotFailed' }
  /** Strict reads: asks the members once; `round` rises from call to call. */
  | { readonly kind: 'checkReads'; readonly round: number }
  /** The state machine or its rows cannot be trusted any more. */
  | { readonly kind: 'damaged' }
  /** The time of a `wake` effect has come. */
  | { readonly kind: 'wake' }

export type Effect =
  | { readonly kind: 'send'; readonly to: StoreId; readonly message: ReplicationMessage }
  /**
   * The same for a message with entries, which the driver takes from the log: `from` to `upTo`
   * inclusive, in as many messages as it takes when each has at most 1 MiB or one entry (the `prev`
   * or `from` of a later one follows from the one before); the message's own `entries` are empty.
   * Which entries these are is settled before the next effect: later ones may replace them.
   */
  | {
      readonly kind: 'sendEntries'
      readonly to: StoreId
      readonly message: Extract<ReplicationMessage, { entries: readonly LogEntry[] }>
      readonly from: Seq
      readonly upTo: Seq
    }
  /**
   * Makes durable, in this order: the replica's record, then the entries (the first one truncates
   * whatever stands at and above it). `persisted` comes back once both are synced. A record whose
   * base lies above the log's end starts the log anew behind that base.
   */
  | {
      readonly kind: 'persist'
      readonly token: number
      readonly replica: DurableReplica | undefined
      readonly entries: readonly LogEntry[]
    }
  /** Committed, and synced here: to be applied in order (I13). */
  | { readonly kind: 'apply'; readonly upTo: Seq }
  /** All members that beacons show as healthy have everything up to here: the soft wait is over. */
  | { readonly kind: 'settled'; readonly upTo: Seq }
  /** May evaluate, propose and, with the read check, read (I23). `lastSeq`: the epoch start's. */
  | { readonly kind: 'activated'; readonly ballot: Ballot; readonly members: readonly Member[] }
  /** A handover drains: what is not proposed yet waits while it is closed. */
  | { readonly kind: 'admission'; readonly isOpen: boolean }
  /** Outcome of `checkReads`; none comes for a round that too few members answer. */
  | { readonly kind: 'readsChecked'; readonly round: number; readonly mayRead: boolean }
  /**
   * Accepted: the record that the rows are incomplete is synced, so they may be replaced now. The
   * driver then says `snapshotInstalled` or `snapshotFailed`.
   */
  | {
      readonly kind: 'answerSnapshotOffer'
      readonly token: number
      readonly refusal: SnapshotRefusal | undefined
    }
  /** No longer: proposals that are not committed have an unknown outcome. */
  | { readonly kind: 'deactivated' }
  /** The lease effects, for `cluster/leases.ts`. */
  | { readonly kind: 'allowGrants'; readonly ballot: Ballot; readonly to: StoreId }
  | { readonly kind: 'revokeGrants'; readonly token: number }
  | { readonly kind: 'holdLease'; readonly ballot: Ballot; readonly members: readonly Member[] }
  /** `then` is sent once no held grant counts any more. */
  | {
      readonly kind: 'dropLease'
      readonly then: readonly { readonly to: StoreId; readonly message: ReplicationMessage }[]
    }
  | { readonly kind: 'getConfiguration'; readonly token: number }
  | {
      readonly kind: 'swapConfiguration'
      readonly token: number
      readonly expected: string
      readonly configuration: Configuration
    }
  /** Send a snapshot of the applied rows; `covered` as in 1.9: a receiver that has acked more waits. */
  | {
      readonly kind: 'offerSnapshot'
      readonly to: StoreId
      readonly ballot: Ballot
      readonly covered: Seq
    }
  /** For one line in the log or a status. */
  | { readonly kind: 'report'; readonly what: string }
  /** Call back at `atMs`; the latest one holds. */
  | { readonly kind: 'wake'; readonly atMs: number }
