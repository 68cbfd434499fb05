/**
 * What a gateway asks the primary of a partition (replication.md 1.5, 1.6), and settings (1.14).
 *
 * @module
 */

import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { Command, CommandResult } from '../../model/command.ts'
import type { Answer, Query, QueryKind } from '../../model/query.ts'

/** A refusal that the client can correct: an `OssError` on its way. */
export interface Refusal {
  readonly code: string
  readonly message: string | undefined
  readonly details: readonly { readonly name: string; readonly value: string }[]
}

/** What a primary, or somebody who is not, answers. */
export type PrimaryReply<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Not the primary; who it is as far as this store knows. */
  | { readonly kind: 'elsewhere'; readonly epoch: Epoch; readonly primary: StoreId | undefined }
  /** The primary cannot answer now: not active, no lease, below k, or the outcome is unknown. */
  | { readonly kind: 'unavailable'; readonly why: string; readonly retryAfterMs: number }

export interface OperationRequests {
  readonly execute: {
    readonly request: {
      readonly partition: PartitionId
      /** 16 bytes: hybrid-clock milliseconds of its first sending, then chance. */
      readonly opId: Uint8Array
      readonly command: Command
    }
    readonly answer: PrimaryReply<CommandResult>
  }
  readonly ask: {
    readonly request: { readonly partition: PartitionId; readonly query: Query }
    readonly answer: PrimaryReply<Answer<QueryKind>>
  }
}
