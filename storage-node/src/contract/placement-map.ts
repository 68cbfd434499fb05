/**
 * Which stores a region has, and which of them hold each placement group's chunks (replication.md 1.8).
 *
 * @module
 */

import type { Zone } from './configuration.ts'
import type { StoreId } from './identifiers.ts'

/**
 * Placement groups of a region in Kubernetes. It is part of the keys of stored chunks and never
 * changes: enough for some 250 storage nodes (replication.md 1.8).
 */
export const REGION_GROUP_COUNT = 4096

/** A store of the region and where its storage node is reached by the others. */
export interface StoreEntry {
  readonly store: StoreId
  readonly zone: Zone
  /** Of the storage node, as in its certificate. */
  readonly name: string
  /** host:port for everything but beacons; empty where all storage nodes share a process. */
  readonly address: string
  /** host:port for beacons, which a thread of their own receives. */
  readonly beaconAddress: string
}

/** Rises with each change; a map with a lower version never replaces one with a higher. */
export interface PlacementMap {
  readonly version: number
  readonly stores: readonly StoreEntry[]
  /** By number of the group: positions in `stores`, in different zones as far as there are zones. */
  readonly groups: readonly (readonly number[])[]
}
