/**
 * The configuration of a partition: who its members are, which one is primary, which keys it has.
 *
 * @module
 */

import type { Branded } from '../base/branded.ts'
import type { Epoch, PartitionId, StoreId } from './identifiers.ts'

/** One failure domain. */
export type Zone = Branded<string, 'Zone'>

/** A store whose copy of a partition counts, and where it is. */
export interface Member {
  readonly store: StoreId
  readonly zone: Zone
}

/**
 * Keys `start` (inclusive) to `end` (exclusive) of the space (bucketId, key): 8 bytes of the bucketId,
 * then the escaped key as in rows. An empty `end` has no upper bound. bucketId 0 is the system range.
 */
export interface PartitionRange {
  readonly start: Uint8Array
  readonly end: Uint8Array
}

/** One link of a partition's chain of configurations (replication.md I1). */
export interface Configuration {
  readonly partition: PartitionId
  /** Of the object that holds it: one that vanished and was made again is another partition. */
  readonly uid: string
  readonly epoch: Epoch
  readonly primary: StoreId
  readonly members: readonly Member[]
  readonly range: PartitionRange
}
