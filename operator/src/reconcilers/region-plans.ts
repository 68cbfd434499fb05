/**
 * From a Region to the plan of its objects: zones and volumes are decided once and stay.
 *
 * @module
 */

import { chooseZones, type ZoneNode } from '../decisions/choose-zones.ts'
import type { Refusal } from '../decisions/refusal.ts'
import { decideClass } from '../decisions/storage-class.ts'
import { DATA_VOLUME } from '../desired/region-metadata.ts'
import type { RegionPlan, VolumeClaim } from '../desired/region-plan.ts'
import {
  clusterNodes,
  statefulSets,
  storageClasses,
  type ClusterNode,
  type StatefulSet,
  type StorageClass,
} from '../resources/built-in.ts'
import type { OwnerReference } from '../resources/kubernetes-object.ts'
import { storageNodeLabels } from '../resources/names.ts'
import { regions, type Region } from '../resources/region.ts'
import type { ReconcilerParts } from './parts.ts'

export type PlanOutcome =
  | { readonly kind: 'planned'; readonly plan: RegionPlan }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'

/** The plan, or what has to be set before there is one. */
export async function planRegion(parts: ReconcilerParts, region: Region): Promise<PlanOutcome> {
  const zones = await zonesOf(parts, region)
  if (zones.kind === 'refused') return zones
  const claim = await claimOf(parts, region)
  if ('reason' in claim) return { kind: 'refused', refusal: claim }
  const { metadata, spec } = region
  return {
    kind: 'planned',
    plan: {
      ...{ region: metadata.name, namespace: metadata.namespace ?? '', spec, claim },
      owner: regionOwner(region),
      zones: zones.zones,
      image: parts.storageNodeImage,
      operatorNamespace: parts.operatorNamespace,
    },
  }
}

/** What goes away with the Region names it so. */
export function regionOwner({ metadata }: Region): OwnerReference {
  const { apiVersion, kind } = regions
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }
  return { ...owner, controller: true, blockOwnerDeletion: false }
}

async function zonesOf({ api }: ReconcilerParts, { spec, status }: Region) {
  const chosen = (status?.zones ?? []).map(({ name }) => name)
  const nodes = chosen.length > 0 ? [] : await api.list(clusterNodes)
  const { topologyKey, allowFewerZones, storageNodesPerZone, pod } = spec
  return chooseZones({
    ...{ chosen, named: spec.zones, topologyKey, allowFewerZones, storageNodesPerZone },
    ...{ nodeSelector: pod.nodeSelector, tolerations: pod.tolerations },
    nodes: nodes.map(zoneNode),
  })
}

function zoneNode({ metadata, spec }: ClusterNode): ZoneNode {
  return {
    labels: metadata.labels ?? {},
    isUnschedulable: spec?.unschedulable ?? false,
    taints: spec?.taints ?? [],
  }
}

/** As the StatefulSets have it, where there are any. */
async function claimOf(
  { api }: ReconcilerParts,
  { metadata, spec }: Region,
): Promise<VolumeClaim | Refusal> {
  const { name, namespace = '' } = metadata
  const [set] = await api.list(statefulSets, { namespace, labels: storageNodeLabels(name) })
  const present = set && presentClaim(set)
  if (present !== undefined) return present
  const classes = (await api.list(storageClasses)).map(knownClass)
  const decision = decideClass(spec.storage.storageClassName, classes)
  if (decision.kind === 'refused') return decision.refusal
  return { ...spec.storage, accessMode: 'ReadWriteOnce' }
}

function presentClaim({ spec }: StatefulSet): VolumeClaim | undefined {
  const claims = spec?.volumeClaimTemplates ?? []
  const claim = claims.find(({ metadata }) => metadata?.name === DATA_VOLUME)?.spec
  const size = claim?.resources?.requests?.['storage']
  if (claim === undefined || size === undefined) return undefined
  const isPod = claim.accessModes?.includes('ReadWriteOncePod') ?? false
  return {
    size,
    storageClassName: claim.storageClassName ?? null,
    accessMode: isPod ? 'ReadWriteOncePod' : 'ReadWriteOnce',
  }
}

function knownClass({ metadata, provisioner, allowVolumeExpansion }: StorageClass) {
  return {
    ...{ name: metadata.name, provisioner },
    isDefault: metadata.annotations?.[DEFAULT_CLASS] === 'true',
    mayGrow: allowVolumeExpansion ?? false,
  }
}
