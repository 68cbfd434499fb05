/**
 * What replicas of one partition say to each other (replication.md 1.4). All of it may be lost,
 * duplicated, reordered or delayed without bound; answers carry the ballot of what they answer.
 *
 * @module
 */

import type { Configuration } from '../contract/configuration.ts'
import type { Ballot, Epoch, Seq } from '../contract/identifiers.ts'

/** A place in a log. */
export interface LogPosition {
  readonly seq: Seq
  readonly ballot: Ballot
}

/** An element of the log. `payload` is opaque; an epoch start has an empty one. */
export interface LogEntry extends LogPosition {
  /** 16 bytes; zeros in an epoch start. */
  readonly opId: Uint8Array
  readonly payload: Uint8Array
}

/** What a replica's log holds, without its entries. */
export interface LogSummary {
  /** The oldest entry that the journal's files still hold; undefined: none above the base. */
  readonly first: Seq | undefined
  readonly base: LogPosition
  readonly end: LogPosition
  /**
   * The first seq of each ballot's entries, ascending. The first one stands at or below the base and
   * begins what is known: the base itself, or further back as far as entries are kept.
   */
  readonly ballots: readonly LogPosition[]
}

/** Why a Seal or Resume was refused. */
export type SealRefusal =
  'promisedMore' | 'grantLives' | 'silence' | 'noState' | 'notMember' | 'quarantined' | 'rival'

export type ReplicationMessage =
  /** Entries behind `prev`; without entries it tells the commit. */
  | {
      readonly kind: 'prepare'
      readonly ballot: Ballot
      readonly configuration: Configuration
      readonly prev: LogPosition
      readonly entries: readonly LogEntry[]
      readonly commit: Seq
    }
  /** All entries up to `seq` and the promise of the ballot are synced, and equal the ballot's log. */
  | { readonly kind: 'prepareAck'; readonly ballot: Ballot; readonly seq: Seq }
  | {
      readonly kind: 'nack'
      readonly ballot: Ballot
      readonly reason: 'promisedMore' | 'gap' | 'noState' | 'backlog'
      readonly promised: Ballot
      readonly log: LogSummary | undefined
    }
  | { readonly kind: 'seal'; readonly epoch: Epoch }
  | { readonly kind: 'resume'; readonly ballot: Ballot; readonly configuration: Configuration }
  | {
      readonly kind: 'sealAck'
      /** (epoch, 0) of a Seal, the ballot of a Resume. */
      readonly ballot: Ballot
      readonly log: LogSummary
      readonly configuration: Configuration | undefined
    }
  | {
      readonly kind: 'sealRefused'
      readonly ballot: Ballot
      readonly why: SealRefusal
      readonly promised: Ballot
      readonly retryAfterMs: number
    }
  /** Asks a sealed member for its entries from `from` on, to merge them before a takeover (T3). */
  | { readonly kind: 'logFetch'; readonly ballot: Ballot; readonly from: Seq; readonly upTo: Seq }
  | {
      readonly kind: 'logEntries'
      readonly ballot: Ballot
      readonly from: Seq
      readonly entries: readonly LogEntry[]
    }
  /** The merged log, before a takeover that drops members (T4). */
  | {
      readonly kind: 'sync'
      readonly ballot: Ballot
      readonly prev: LogPosition
      readonly entries: readonly LogEntry[]
    }
  | { readonly kind: 'syncAck'; readonly ballot: Ballot; readonly seq: Seq }
  /**
   * The one that was promised the ballot does not use it any more: a primary that has stepped down,
   * whose grants are void, or a candidate whose log is too old. `to` stands at once.
   */
  | {
      readonly kind: 'release'
      readonly ballot: Ballot
      readonly to: string
      /** Of the configuration, if it was read just before: that is the target's T1. */
      readonly version: string
    }
  /** "My promise is still that ballot?" (strict reads, 1.6); `round` comes back. */
  | { readonly kind: 'check'; readonly ballot: Ballot; readonly round: number }
  | { readonly kind: 'checkAck'; readonly ballot: Ballot; readonly round: number }
  /** The receiver needs a snapshot, or has installed one up to `seq`. */
  | {
      readonly kind: 'snapshotWanted'
      readonly ballot: Ballot
      readonly log: LogSummary | undefined
    }
  | { readonly kind: 'snapshotDone'; readonly ballot: Ballot; readonly seq: Seq }
