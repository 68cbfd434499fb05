/**
 * How a replica's rows travel to another store (replication.md 1.9, snapshot install).
 *
 * @module
 */

import type { Configuration } from '../../contract/configuration.ts'
import type { Ballot, PartitionId, Seq } from '../../contract/identifiers.ts'
import type { LogPosition } from '../../replication/messages.ts'

export interface SnapshotRequests {
  readonly snapshotOffer: {
    readonly request: {
      readonly partition: PartitionId
      readonly ballot: Ballot
      readonly position: LogPosition
      readonly covered: Seq
      readonly configuration: Configuration
      /** Chosen by the sender; frames carry it. */
      readonly transfer: number
    }
    readonly answer: { readonly outcome: 'accepted' | 'refused'; readonly why: string }
  }
  readonly snapshotRows: {
    readonly request: {
      readonly partition: PartitionId
      readonly transfer: number
      /** From 0; rows arrive in order. */
      readonly frame: number
      readonly rows: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]
      readonly isLast: boolean
    }
    readonly answer: { readonly outcome: 'taken' | 'refused' }
  }
}
