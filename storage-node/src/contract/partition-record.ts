/**
 * A partition as the config store holds it: what should become of it, and what was decided.
 *
 * @module
 */

import type { Configuration, PartitionRange } from './configuration.ts'
import type { PartitionId, StoreId } from './identifiers.ts'

/** Changes with every write to the record; compared, never ordered. */
export type ConfigVersion = string

/** What should become of a partition; written by whoever made it, read before its first configuration. */
export interface PartitionIntent {
  readonly desiredMembers: readonly StoreId[]
  readonly preferredPrimary: StoreId
  readonly initialRange: PartitionRange
}

/** A partition as the config store holds it. */
export interface PartitionConfig {
  readonly partition: PartitionId
  /** Of the object: one that was made again under the same id has another. */
  readonly uid: string
  readonly version: ConfigVersion
  readonly intent: PartitionIntent
  /** Undefined until the first one is written. */
  readonly configuration: Configuration | undefined
}
