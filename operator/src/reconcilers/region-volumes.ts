/**
 * Grows the volumes of a region in place, and removes them with it.
 *
 * @module
 */

import { KubernetesStatusError } from '@granary/storage-node/kubernetes/api-client'
import type { Refusal } from '../decisions/refusal.ts'
import { listed } from '../decisions/refusal.ts'
import { mustGrow } from '../decisions/volume-growth.ts'
import { claimName } from '../desired/region-metadata.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import { persistentVolumeClaims } from '../resources/built-in.ts'
import type { ReconcilerParts } from './parts.ts'
import { wantedPods } from './region-view.ts'

/** Asks for larger volumes where they are smaller than wanted; says why one does not grow. */
export async function growVolumes(
  { api }: ReconcilerParts,
  { region, namespace, zones, spec }: RegionPlan,
): Promise<Refusal | undefined> {
  const refused: string[] = []
  const growing: string[] = []
  for (const pod of wantedPods(region, zones, spec.storageNodesPerZone)) {
    const name = claimName(pod)
    const claim = await api.get(persistentVolumeClaims, { namespace, name })
    const asked = claim?.spec?.resources?.requests?.['storage']
    if (claim === undefined || asked === undefined) continue
    const given = claim.status?.capacity?.['storage']
    if (given !== undefined && mustGrow(given, spec.storage.size)) growing.push(name)
    if (!mustGrow(asked, spec.storage.size)) continue
    try {
      await api.apply(persistentVolumeClaims, {
        ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace } },
        spec: { resources: { requests: { storage: spec.storage.size } } },
      })
    } catch (error) {
      if (!isForbidden(error)) throw error
      refused.push(name)
    }
  }
  if (refused.length > 0) return mayNotGrow(refused)
  return growing.length === 0 ? undefined : stillGrowing(growing, spec.storage.size)
}

/** An admission of the API server looks at the class. */
function isForbidden(error: unknown): boolean {
  return error instanceof KubernetesStatusError && [403, 422].includes(error.status)
}

/** Whoever has made the volumes enlarges them, and their file systems after that. */
function stillGrowing(claims: readonly string[], size: string): Refusal {
  const message =
    `The volumes ${listed(claims)} are being enlarged to ${size}; ` +
    'kubectl describe persistentvolumeclaim says how far it is, and what hinders it'
  return { reason: 'VolumesGrow', message }
}

function mayNotGrow(claims: readonly string[]): Refusal {
  const message =
    `The volumes ${listed(claims)} do not grow: their StorageClass must have ` +
    'allowVolumeExpansion: true'
  return { reason: 'VolumesDoNotGrow', message }
}
