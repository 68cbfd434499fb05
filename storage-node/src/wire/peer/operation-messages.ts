/**
 * What a gateway asks the primary of a partition (replication.md 1.5, 1.6), and settings (1.14).
 *
 * @module
 */

import type { Member } from '../../contract/configuration.ts'
import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { Command, CommandResult } from '../../model/command.ts'
import type { Answer, Query, QueryKind } from '../../model/query.ts'
import type { SettingName } from '../../model/setting-name.ts'

/** A refusal that the client can correct: an `OssError` on its way. */
export interface Refusal {
  readonly code: string
  readonly message: string | undefined
  readonly details: readonly { readonly name: string; readonly value: string }[]
  /** Of the answer: where an append has to go on, which version is a delete marker. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** What a primary, or somebody who is not, answers. */
export type PrimaryReply<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Not the primary; who it is as far as this store knows. */
  | { readonly kind: 'elsewhere'; readonly epoch: Epoch; readonly primary: StoreId | undefined }
  /** The primary cannot answer now: not active, no lease, below k, or the outcome is unknown. */
  | { readonly kind: 'unavailable'; readonly why: string; readonly retryAfterMs: number }

/** An answer that says what it answers: bytes are read by it. */
export type KindedAnswer = {
  [K in QueryKind]: { readonly kind: K; readonly answer: Answer<K> }
}[QueryKind]

/** Up to where a storage node knows the settings of the system range's primary. */
export interface SettingsPosition {
  readonly ballot: Ballot
  readonly seq: Seq
}

/** What became of the settings since the position that was named. */
export interface SettingsNews {
  readonly position: SettingsPosition
  /** Whose word counts when the primary is silent; undefined while that is being changed. */
  readonly members: readonly Member[] | undefined
  /** These records are others by now, or are about to be; undefined: any may be. */
  readonly changed: readonly SettingName[] | undefined
}

export interface OperationRequests {
  readonly execute: {
    readonly request: {
      readonly partition: PartitionId
      /** Whose primary is meant: a later one does not evaluate it. */
      readonly epoch: Epoch
      /** 16 bytes: hybrid-clock milliseconds of its first sending, then chance. */
      readonly opId: Uint8Array
      readonly command: Command
    }
    readonly answer: PrimaryReply<CommandResult>
  }
  readonly ask: {
    readonly request: { readonly partition: PartitionId; readonly query: Query }
    readonly answer: PrimaryReply<KindedAnswer>
  }
  /** Of the system range's primary, every 500 ms. */
  readonly settings: {
    readonly request: { readonly since: SettingsPosition | undefined }
    readonly answer: PrimaryReply<SettingsNews>
  }
  /** To whoever asked lately: forget these records. The answer says that it has. */
  readonly settingsChanged: {
    readonly request: { readonly changed: readonly SettingName[] }
    readonly answer: { readonly forgotten: boolean }
  }
  /** Of a member: its promise is not above the ballot, its log ends at or before the position. */
  readonly settingsWord: {
    readonly request: { readonly position: SettingsPosition }
    readonly answer: { readonly holds: boolean }
  }
}
