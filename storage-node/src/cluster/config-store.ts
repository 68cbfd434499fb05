/**
 * Where configurations are decided: a linearizable register per partition with compare-and-swap
 * (replication.md 1.1, 4.1). Nothing else in a region is trusted to agree.
 *
 * @module
 */

import type { Configuration } from '../contract/configuration.ts'
import type { PartitionId } from '../contract/identifiers.ts'
import type {
  ConfigVersion,
  PartitionConfig,
  PartitionIntent,
} from '../contract/partition-record.ts'
import type { PlacementMap } from '../contract/placement-map.ts'

/** The swap took effect, or the record was another one by then. */
export type SwapOutcome =
  { readonly kind: 'won'; readonly config: PartitionConfig } | { readonly kind: 'lost' }

/**
 * Rejections (`ConfigStoreUnavailableError`) mean "unknown": a swap whose answer was lost may have
 * taken effect, or may yet.
 */
export interface ConfigStore {
  /** The record as of a moment within the call (a quorum read); undefined: there is none. */
  get(partition: PartitionId): Promise<PartitionConfig | undefined>
  /** All partitions, in order of their ids; may lag. */
  list(): Promise<readonly PartitionConfig[]>
  /** Writes `configuration` if the record still has `expected` as its version. */
  swap(
    partition: PartitionId,
    expected: ConfigVersion,
    configuration: Configuration,
  ): Promise<SwapOutcome>
  /** Gives the record a new version, so that a swap still under way cannot take effect any more. */
  touch(partition: PartitionId, expected: ConfigVersion): Promise<SwapOutcome>
  /** Calls `changed` for every record there is and then after changes, late or not at all: hints. */
  watch(changed: (config: PartitionConfig) => void): { stop(): void }
  /** The region's stores and groups; undefined before they are made. */
  getPlacement(): Promise<PlacementMap | undefined>
  /** As `watch`. */
  watchPlacement(changed: (map: PlacementMap) => void): { stop(): void }
}

/** Makes the first records of a region; only the operator and local mode do. */
export interface ConfigStoreFounder extends ConfigStore {
  /** Does nothing for a partition that exists. */
  create(partition: PartitionId, intent: PartitionIntent): Promise<void>
  /** Refused with `lost` unless its version is one above the present one (0: none). */
  putPlacement(map: PlacementMap): Promise<'won' | 'lost'>
}

/** The config store did not answer, or its answer was lost. */
export class ConfigStoreUnavailableError extends Error {
  override readonly name = 'ConfigStoreUnavailableError'
}
