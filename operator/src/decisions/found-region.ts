/**
 * When a region gets its first partitions and its placement map, and what they are (replication.md 4.1).
 *
 * The map is written last and says that the region is founded. Partitions are made once in the life of
 * a region: an object that vanished later is never made again as an empty range.
 *
 * @module
 */

import {
  FOUNDING_RANGE_COUNT,
  foundingRanges,
  SYSTEM_PARTITION,
} from '@granary/storage-node/contract/founding-ranges'
import type { PartitionId, StoreId } from '@granary/storage-node/contract/identifiers'
import type { PartitionIntent } from '@granary/storage-node/contract/partition-record'
import type { PlacementMap, StoreEntry } from '@granary/storage-node/contract/placement-map'
import { planGroups } from '@granary/storage-node/placement/plan-groups'
import { planMembers } from '@granary/storage-node/placement/plan-members'
import { rebuildCommand } from './rebuild-partitions.ts'
import { listed, type Refusal } from './refusal.ts'

/** What is there of a region. */
export interface FoundingQuestion {
  readonly region: string
  /** Names of the pods that the region has. */
  readonly pods: readonly string[]
  /** What storage nodes wrote of themselves. */
  readonly stores: readonly StoreEntry[]
  /** `status.partitionsCreated`. */
  readonly isBegun: boolean
  readonly partitions: readonly FoundPartition[]
  readonly placement: PlacementMap | undefined
  /** Placement groups of the region; never changes. */
  readonly groupCount: number
}

/** A partition's object. */
export interface FoundPartition {
  readonly partition: PartitionId
  readonly desiredMembers: readonly StoreId[]
  /** A storage node wrote a configuration into it. */
  readonly isConfigured: boolean
}

/** A partition that is to be made. */
export interface NewPartition {
  readonly partition: PartitionId
  readonly intent: PartitionIntent
}

export type FoundingDecision =
  | { readonly kind: 'founded' }
  /** Not all storage nodes have told who they are. */
  | { readonly kind: 'wait'; readonly refusal: Refusal }
  /** Must be written to the Region before the first partition is made. */
  | { readonly kind: 'begin' }
  | {
      readonly kind: 'make'
      readonly partitions: readonly NewPartition[]
      readonly placement: PlacementMap
    }
  /** Stores that came later get a place in the map, and no data: the rest of it stays as it is. */
  | { readonly kind: 'extend'; readonly placement: PlacementMap }
  /** Records are missing that only somebody who knows the data may bring back. */
  | { readonly kind: 'refuse'; readonly refusal: Refusal }

/** What to do next. */
export function decideFounding(question: FoundingQuestion): FoundingDecision {
  const { pods, stores, isBegun, partitions, placement } = question
  if (placement !== undefined) {
    return (
      missingPartitions(question.region, partitions) ??
      extended(placement, question) ?? { kind: 'founded' }
    )
  }
  const known = new Set(stores.map(({ name }) => name))
  const silent = pods.filter((pod) => !known.has(pod))
  if (silent.length > 0) return { kind: 'wait', refusal: stillSilent(silent) }
  const founders = stores.filter(({ name }) => pods.includes(name)).sort(byName)
  const lost = lostRecords(partitions, founders, isBegun)
  if (lost !== undefined) return { kind: 'refuse', refusal: lost }
  if (!isBegun) return { kind: 'begin' }
  const present = new Set(partitions.map(({ partition }) => partition))
  return {
    kind: 'make',
    partitions: foundingPartitions(founders).filter(({ partition }) => !present.has(partition)),
    placement: { version: 1, stores: founders, groups: planGroups(founders, question.groupCount) },
  }
}

function foundingPartitions(stores: readonly StoreEntry[]): NewPartition[] {
  const ranges = foundingRanges()
  return planMembers(stores, ranges.length).flatMap((members, at) => {
    const [preferredPrimary] = members
    const initialRange = ranges[at]
    if (preferredPrimary === undefined || initialRange === undefined) return []
    const intent = { desiredMembers: members, preferredPrimary, initialRange }
    return { partition: (SYSTEM_PARTITION + at) as PartitionId, intent }
  })
}

/** A pod that is in the map under another store has lost its volume, and is not taken for a new one. */
function extended(
  placement: PlacementMap,
  { pods, stores }: FoundingQuestion,
): FoundingDecision | undefined {
  const present = new Set(placement.stores.map(({ name }) => name))
  const added = stores.filter(({ name }) => pods.includes(name) && !present.has(name)).sort(byName)
  if (added.length === 0) return undefined
  const version = placement.version + 1
  return {
    kind: 'extend',
    placement: { ...placement, version, stores: [...placement.stores, ...added] },
  }
}

/** Founding partitions are numbered without a gap; splits only add to them. */
function missingPartitions(
  region: string,
  partitions: readonly FoundPartition[],
): FoundingDecision | undefined {
  const present = new Set<number>(partitions.map(({ partition }) => partition))
  const wanted = Array.from({ length: FOUNDING_RANGE_COUNT + 1 }, (_, at) => SYSTEM_PARTITION + at)
  const missing = wanted.filter((partition) => !present.has(partition))
  if (missing.length === 0) return undefined
  const message =
    `Partitions ${listed(missing.map(String))} were deleted; their data is on the volumes, and nobody takes over ` +
    `from the storage node that serves it. To make them again: ${rebuildCommand(region, missing)}`
  return { kind: 'refuse', refusal: { reason: 'PartitionsMissing', message } }
}

/** A map may be made behind configured partitions only of the stores that these name. */
function lostRecords(
  partitions: readonly FoundPartition[],
  founders: readonly StoreEntry[],
  isBegun: boolean,
): Refusal | undefined {
  const stores = new Set(founders.map(({ store }) => store))
  const strangers = partitions
    .flatMap(({ desiredMembers }) => desiredMembers)
    .filter((store) => !stores.has(store))
  if (strangers.length > 0) {
    const message =
      `Partitions name stores that no storage node has (${listed([...new Set(strangers)])}), and there is ` +
      'no PlacementMap: restore the PlacementMap, or the volumes of these stores'
    return { reason: 'PlacementMapMissing', message }
  }
  const named = new Set(partitions.flatMap(({ desiredMembers }) => desiredMembers))
  const later = founders.filter(({ store }) => !named.has(store)).map(({ name }) => name)
  if (partitions.some(({ isConfigured }) => isConfigured) && later.length > 0) {
    const message =
      `There is no PlacementMap, and ${listed(later)} came after it was made: where chunks are would ` +
      'be reckoned wrongly; restore the PlacementMap from a backup of the cluster'
    return { reason: 'PlacementMapMissing', message }
  }
  const configured = partitions.filter(({ isConfigured }) => isConfigured)
  if (!isBegun && partitions.length > 0 && configured.length < FOUNDING_RANGE_COUNT + 1) {
    const message =
      'Some Partitions of an earlier Region of this name are there and some are not: delete those as well. ' +
      'Storage nodes keep what they know, and the condition ConfigRegressed says how all are made again'
    return { reason: 'PartitionsMissing', message }
  }
  return undefined
}

function stillSilent(pods: readonly string[]): Refusal {
  const message =
    `Waiting for ${listed(pods)}: a storage node writes its StorageNode object when it starts; ` +
    'kubectl describe pod says why one does not'
  return { reason: 'StorageNodesStarting', message }
}

function byName(a: StoreEntry, b: StoreEntry): number {
  return a.name < b.name ? -1 : 1
}
