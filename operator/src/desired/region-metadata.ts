/**
 * Metadata of what a region is made of.
 *
 * @module
 */

import { FIELD_MANAGER, regionLabels } from '../resources/names.ts'
import type { RegionPlan } from './region-plan.ts'

/** Which region an object belongs to, and whom it goes away with. */
export type RegionIdentity = Pick<RegionPlan, 'region' | 'namespace' | 'owner'>

/** The volume that a pod claims for itself. */
export const DATA_VOLUME = 'data'

/** Of an object that goes away with its Region. */
export function ownedMetadata(plan: RegionIdentity, name: string) {
  return { ...keptMetadata(plan, name), ownerReferences: [plan.owner] }
}

/** Of an object that stays when the Region goes and its volumes are kept. */
export function keptMetadata({ region, namespace }: Omit<RegionIdentity, 'owner'>, name: string) {
  const labels = { ...regionLabels(region), 'app.kubernetes.io/managed-by': FIELD_MANAGER }
  return { name, namespace, labels }
}

/** The claim of a pod's volume. */
export function claimName(pod: string): string {
  return `${DATA_VOLUME}-${pod}`
}
