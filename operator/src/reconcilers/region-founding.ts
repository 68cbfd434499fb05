/**
 * Makes a region's first partitions and its placement map.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { partitionObject, placementObject } from '@granary/storage-node/contract/kubernetes-records'
import { REGION_GROUP_COUNT } from '@granary/storage-node/contract/placement-map'
import type { PlacementMap } from '@granary/storage-node/contract/placement-map'
import {
  storeEntryOf,
  type StorageNodeSpec,
} from '@granary/storage-node/contract/storage-node-record'
import { decideFounding, type FoundingDecision } from '../decisions/found-region.ts'
import type { Refusal } from '../decisions/refusal.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import { partitions } from '../resources/partition.ts'
import { placementMaps } from '../resources/placement-map.ts'
import type { ReconcilerParts } from './parts.ts'
import { foundPartitions, wantedPods, type RegionView } from './region-view.ts'

export interface FoundingStep {
  /** Why the region is not founded; undefined: it is. */
  readonly unfounded: Refusal | undefined
  /** Partitions were made, or are about to be: recorded in the Region before the first one. */
  readonly isBegun: boolean
}

/** Goes on with founding as far as it can; `begin` records in the Region that it has begun. */
export async function advanceFounding(
  parts: ReconcilerParts,
  plan: RegionPlan,
  view: RegionView,
  isBegun: boolean,
  begin: () => Promise<void>,
): Promise<FoundingStep> {
  const decision = decide(parts, plan, view, isBegun)
  switch (decision.kind) {
    case 'founded':
      return { unfounded: undefined, isBegun: true }
    case 'wait':
    case 'refuse':
      return { unfounded: decision.refusal, isBegun }
    case 'begin':
      await begin()
      return advanceFounding(parts, plan, view, true, begin)
    case 'make':
      await make(parts, plan, decision)
      return { unfounded: JUST_FOUNDED, isBegun: true }
    case 'extend':
      await extend(parts, plan, view, decision.placement)
      return { unfounded: undefined, isBegun: true }
    default:
      return unreachable(decision)
  }
}

/** The storage nodes are told by the API server, and take over within moments. */
const JUST_FOUNDED: Refusal = {
  reason: 'Founding',
  message: 'The first partitions were just made; storage nodes begin to serve them',
}

function decide(
  { groupCount = REGION_GROUP_COUNT }: ReconcilerParts,
  plan: RegionPlan,
  view: RegionView,
  isBegun: boolean,
): FoundingDecision {
  return decideFounding({
    region: plan.region,
    pods: wantedPods(plan.region, plan.zones, plan.spec.storageNodesPerZone),
    stores: view.storageNodes.map(({ spec }) => storeEntryOf(spec as StorageNodeSpec)),
    isBegun,
    partitions: foundPartitions(view),
    placement: view.placement,
    groupCount,
  })
}

/** Over the map that was looked at only: two that add to it would lose one another's stores. */
async function extend(
  { api, logger }: ReconcilerParts,
  { region, namespace }: RegionPlan,
  { placementMetadata }: RegionView,
  placement: PlacementMap,
): Promise<void> {
  const { uid, resourceVersion } = placementMetadata ?? {}
  const map = placementObject(region, placement)
  const seen = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
  const metadata = { ...map.metadata, namespace, ...seen }
  await api.apply<typeof map>(placementMaps, { ...map, metadata })
  const { version, stores } = placement
  logger.info('The placement map has more stores', { region, version, stores: stores.length })
}

async function make(
  { api }: ReconcilerParts,
  { region, namespace }: RegionPlan,
  made: Extract<FoundingDecision, { kind: 'make' }>,
): Promise<void> {
  const inNamespace = <T extends { readonly metadata: object }>(object: T) => {
    return { ...object, metadata: { ...object.metadata, namespace } }
  }
  for (const { partition, intent } of made.partitions) {
    const object = partitionObject(region, partition, intent)
    await api.create<typeof object>(partitions, inNamespace(object))
  }
  const map = placementObject(region, made.placement)
  await api.create<typeof map>(placementMaps, inNamespace(map))
}
