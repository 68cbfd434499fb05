/**
 * Everything that storage nodes say to each other but beacons: one-way messages, and requests with
 * their answers.
 *
 * @module
 */

import type { PartitionId } from '../../contract/identifiers.ts'
import type { ReplicationMessage } from '../../replication/messages.ts'
import type { ChunkRequests } from './chunk-messages.ts'
import type { OperationRequests } from './operation-messages.ts'
import type { SnapshotRequests } from './snapshot-messages.ts'

/** One way. */
export interface PeerMessage {
  readonly kind: 'replication'
  readonly partition: PartitionId
  readonly message: ReplicationMessage
}

/** By kind: what is asked, and what is answered. */
export interface PeerRequests extends OperationRequests, ChunkRequests, SnapshotRequests {
  /** Before a first configuration: has the store ever had state or a promise (replication.md 4.1)? */
  readonly knows: {
    readonly request: { readonly partition: PartitionId; readonly uid: string }
    readonly answer: { readonly knows: boolean }
  }
}

export type PeerRequestKind = keyof PeerRequests
export type PeerRequest<K extends PeerRequestKind = PeerRequestKind> = {
  [Kind in K]: { readonly kind: Kind } & PeerRequests[Kind]['request']
}[K]
export type PeerAnswer<K extends PeerRequestKind> = PeerRequests[K]['answer']
