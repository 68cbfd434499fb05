/**
 * A storage node at work, as the simulator's clients and checks see it.
 *
 * @module
 */

import type {
  AccountService,
  BucketService,
  ListingService,
  ManagedAccounts,
  ObjectService,
  RegionAccounts,
  UploadService,
} from '@granary/storage-node/testing'

/** What is called. */
export interface RunningNode {
  readonly accounts: AccountService
  /** Who asks, as the API finds it. */
  readonly accessKeys: RegionAccounts
  /** What the operator puts. */
  readonly managed: ManagedAccounts
  readonly buckets: BucketService
  readonly objects: ObjectService
  readonly uploads: UploadService
  readonly listings: ListingService
  /** Lets others take over the partitions that this storage node leads. */
  handOver(): Promise<void>
}

export type BucketRecord = Parameters<ObjectService['put']>[0]
export type ObjectMetadata = Parameters<ObjectService['put']>[2]['metadata']
