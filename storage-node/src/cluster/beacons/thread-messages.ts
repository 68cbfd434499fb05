/**
 * What the main loop and the beacon thread say to each other, beside the words that they share.
 *
 * @module
 */

import type { LogFields } from '../../base/logger.ts'
import type { Ballot, Incarnation, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { BeaconStatus } from '../../wire/peer/beacon-codec.ts'
import type { BeaconSocketsSettings } from '../transport/beacon-sockets.ts'

/** What a beacon thread is started with. */
export interface BeaconThreadSettings {
  readonly memory: SharedArrayBuffer
  readonly self: StoreId
  readonly incarnation: Incarnation
  /** The highest incarnation of each store that was on record when this process started. */
  readonly incarnations: ReadonlyMap<StoreId, Incarnation>
  readonly sockets: BeaconSocketsSettings
}

/** Another store of the region. */
export interface BeaconPeer {
  readonly store: StoreId
  readonly slot: number
  /** host:port of its beacons. */
  readonly address: string
  /** The URI that its certificate is for; undefined without TLS. */
  readonly certificate: string | undefined
}

export type LogLevel = 'info' | 'warn' | 'error'

export type BeaconCall =
  | { readonly kind: 'peers'; readonly peers: readonly BeaconPeer[] }
  | {
      readonly kind: 'allow'
      readonly partition: PartitionId
      readonly slot: number
      readonly ballot: Ballot
      readonly to: StoreId
    }
  /** Answered by `revoked`. */
  | { readonly kind: 'revoke'; readonly token: number; readonly partition: PartitionId }
  | {
      readonly kind: 'hold'
      readonly partition: PartitionId
      readonly slot: number
      /** Of this call; the held times belong to it. */
      readonly number: number
      readonly ballot: Ballot
      readonly members: readonly StoreId[]
    }
  /** Answered by `stopped`. */
  | { readonly kind: 'stop'; readonly token: number; readonly partition: PartitionId }
  /** Answers `remember`. */
  | { readonly kind: 'remembered'; readonly token: number }

export type BeaconNotice =
  /** Beacons are taken at this port. */
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'revoked'; readonly token: number; readonly untilMs: number }
  | { readonly kind: 'stopped'; readonly token: number }
  | {
      readonly kind: 'refused'
      readonly partition: PartitionId
      readonly member: StoreId
      readonly promised: Ballot
    }
  | { readonly kind: 'heard'; readonly from: StoreId; readonly status: BeaconStatus }
  /** To be made durable before the store's Hello is answered (D6); answered by `remembered`. */
  | {
      readonly kind: 'remember'
      readonly token: number
      readonly store: StoreId
      readonly incarnation: Incarnation
    }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly message: string
      readonly fields: LogFields
    }
