/**
 * What is there of a region: one look at everything that decisions are made from.
 *
 * @module
 */

import type { Zone } from '@granary/storage-node/contract/configuration'
import type { PartitionId, StoreId } from '@granary/storage-node/contract/identifiers'
import { readPlacement } from '@granary/storage-node/contract/kubernetes-records'
import type { PlacementMap } from '@granary/storage-node/contract/placement-map'
import { lastWords } from '../decisions/last-words.ts'
import type { ObservedNode, ObservedPartition } from '../decisions/region-conditions.ts'
import { pods, statefulSets, type Pod, type StatefulSet } from '../resources/built-in.ts'
import type { ObjectMetadata } from '../resources/kubernetes-object.ts'
import { REGION_LABEL, regionNames, storageNodeLabels, ZONE_LABEL } from '../resources/names.ts'
import { partitions, type Partition } from '../resources/partition.ts'
import { placementMaps } from '../resources/placement-map.ts'
import type { StorageNode } from '../resources/storage-node.ts'
import type { ReconcilerParts } from './parts.ts'
import { listStorageNodes } from './region-access.ts'

export interface RegionView {
  readonly pods: readonly Pod[]
  readonly sets: readonly StatefulSet[]
  readonly storageNodes: readonly StorageNode[]
  readonly partitions: readonly Partition[]
  readonly placement: PlacementMap | undefined
  /** Of the object with the map. */
  readonly placementMetadata: ObjectMetadata | undefined
}

/** Reads what belongs to the region. */
export async function viewRegion(
  parts: ReconcilerParts,
  region: string,
  namespace: string,
): Promise<RegionView> {
  const { api } = parts
  const labels = storageNodeLabels(region)
  const [foundPods, sets, storageNodes, foundPartitions, placement] = await Promise.all([
    api.list(pods, { namespace, labels }),
    api.list(statefulSets, { namespace, labels }),
    listStorageNodes(parts, { name: region, namespace }),
    listPartitions(parts, { region, namespace }),
    api.get(placementMaps, { namespace, name: regionNames(region).placementMap }),
  ])
  return {
    ...{ pods: foundPods, sets, storageNodes, partitions: foundPartitions },
    placement: placement === undefined ? undefined : readPlacement(placement),
    placementMetadata: placement?.metadata,
  }
}

/** The partitions' objects, as a quorum of the cluster's store has them. */
export function listPartitions(
  { api }: ReconcilerParts,
  { region, namespace }: { readonly region: string; readonly namespace: string },
): Promise<readonly Partition[]> {
  return api.list(partitions, { namespace, labels: { [REGION_LABEL]: region } })
}

/** The names of the pods that a region of these zones has. */
export function wantedPods(region: string, zones: readonly string[], perZone: number): string[] {
  const { pod } = regionNames(region)
  return zones.flatMap((zone) => Array.from({ length: perZone }, (_, at) => pod(zone, at)))
}

/** Storage nodes as they are seen: also those that should be there and are not. */
export function observedNodes(
  view: RegionView,
  region: string,
  zones: readonly string[],
  perZone: number,
): readonly ObservedNode[] {
  const statuses = new Map(view.pods.map(({ metadata, status }) => [metadata.name, status]))
  return zones.flatMap((zone) =>
    wantedPods(region, [zone], perZone).map((pod) => ({
      ...{ pod, zone },
      isReady: isReady(statuses.get(pod)),
      store: storeOf(view, pod),
      lastWords: lastWords(statuses.get(pod)),
    })),
  )
}

export function observedPartitions(view: RegionView): readonly ObservedPartition[] {
  return view.partitions.map(({ spec, status }) => ({
    id: spec.id,
    desiredCount: spec.desiredMembers.length,
    primary: status?.primary as StoreId | undefined,
    members: (status?.members ?? []).map(({ store, zone }) => {
      return { store: store as StoreId, zone: zone as Zone }
    }),
  }))
}

/** Partitions as founding looks at them. */
export function foundPartitions(view: RegionView) {
  return view.partitions.map(({ spec, status }) => ({
    partition: spec.id as PartitionId,
    desiredMembers: spec.desiredMembers as readonly string[] as readonly StoreId[],
    isConfigured: (status?.epoch ?? 0) > 0,
  }))
}

/** Pods whose stores hold nothing: they came when data had its places. */
export function latePods({ placement }: RegionView): readonly string[] {
  const used = new Set(placement?.groups.flat())
  return (placement?.stores ?? []).flatMap(({ name }, at) => (used.has(at) ? [] : name))
}

/** Pods whose store is not the one that the placement map has under their name. */
export function strangePods({ placement, storageNodes }: RegionView): readonly string[] {
  const known = new Map(placement?.stores.map(({ name, store }) => [name, store]))
  return storageNodes.flatMap(({ spec }) => {
    const store = known.get(spec.pod)
    return store === undefined || store === spec.storeId ? [] : spec.pod
  })
}

/** The store of a pod, as it wrote itself. */
export function storeOf(view: RegionView, pod: string): StoreId | undefined {
  return view.storageNodes.find(({ spec }) => spec.pod === pod)?.spec.storeId as StoreId | undefined
}

export function zoneOf({ metadata }: Pod): string {
  return metadata.labels?.[ZONE_LABEL] ?? ''
}

export function isReady(status: Pod['status']): boolean {
  return (
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false
  )
}
