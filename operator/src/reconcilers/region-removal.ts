/**
 * What becomes of a region that is deleted with its volumes.
 *
 * A Region that keeps its volumes has no finalizer: nothing holds it, and what belongs to it alone goes
 * after it by itself.
 *
 * @module
 */

import { listed, type Refusal } from '../decisions/refusal.ts'
import { buckets } from '../resources/bucket.ts'
import { persistentVolumeClaims, pods, secrets, statefulSets } from '../resources/built-in.ts'
import { keyOf, type KubernetesObject, type ResourceType } from '../resources/kubernetes-object.ts'
import { REGION_LABEL, regionNames, storageNodeLabels } from '../resources/names.ts'
import { partitions } from '../resources/partition.ts'
import { placementMaps } from '../resources/placement-map.ts'
import type { Region } from '../resources/region.ts'
import { storageNodes } from '../resources/storage-node.ts'
import type { ReconcilerParts } from './parts.ts'
import { regionName } from './region-access.ts'

/** Goes on with the removal; says what it waits for, undefined: nothing is left. */
export async function removeRegion(
  parts: ReconcilerParts,
  region: Region,
): Promise<Refusal | undefined> {
  const blocked = await bucketsInUse(parts, region)
  if (blocked !== undefined) return blocked
  const { api } = parts
  const { name, namespace = '' } = region.metadata
  const labels = storageNodeLabels(name)
  await deleteAll(parts, statefulSets, namespace, labels)
  const running = await api.list(pods, { namespace, labels })
  if (running.length > 0) {
    const names = listed(running.map(({ metadata }) => metadata.name))
    return { reason: 'StorageNodesStopping', message: `Waiting for ${names} to stop` }
  }
  // Records first: volumes without records are never taken for a region that is to be founded anew.
  for (const type of [placementMaps, partitions, storageNodes, persistentVolumeClaims]) {
    await deleteAll(parts, type, namespace, { [REGION_LABEL]: name })
  }
  await api.delete(secrets, { namespace, name: regionNames(name).keysSecret })
  return undefined
}

async function bucketsInUse(
  parts: ReconcilerParts,
  { metadata }: Region,
): Promise<Refusal | undefined> {
  const all = await parts.api.list(buckets)
  const here = all.filter(
    ({ spec }) => keyOf(regionName(spec.regionRef, parts)) === keyOf(metadata),
  )
  if (here.length === 0) return undefined
  const names = listed(here.map((bucket) => keyOf(bucket.metadata)))
  const message =
    `Its volumes are not removed while there are Buckets of it (${names}): ` +
    'delete them, or set spec.deletionPolicy: Retain to keep the volumes'
  return { reason: 'DeletionBlocked', message }
}

async function deleteAll(
  { api }: ReconcilerParts,
  type: ResourceType<KubernetesObject>,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { metadata } of await api.list(type, { namespace, labels })) {
    await api.delete(type, { namespace, name: metadata.name })
  }
}
