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
  for (const pod of wantedPods(region, zones, spec.storageNodesPerZone)) {
    const name = claimName(pod)
    const claim = await api.get(persistentVolumeClaims, { namespace, name })
    const asked = claim?.spec?.resources?.requests?.['storage']
    if (asked === undefined || !mustGrow(asked, spec.storage.size)) continue
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
  return refused.length === 0 ? undefined : mayNotGrow(refused)
}

/** An admission of the API server looks at the class. */
function isForbidden(error: unknown): boolean {
  return error instanceof KubernetesStatusError && [403, 422].includes(error.status)
}

function mayNotGrow(claims: readonly string[]): Refusal {
  const message =
    `The volumes ${listed(claims)} do not grow: their StorageClass must have ` +
    'allowVolumeExpansion: true'
  return { reason: 'VolumesDoNotGrow', message }
}
