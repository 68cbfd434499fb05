/**
 * How many storage nodes may be evicted at once.
 *
 * @module
 */

import { regionNames, storageNodeLabels } from '../resources/names.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { ownedMetadata } from './region-metadata.ts'
import type { RegionPlan } from './region-plan.ts'

/** One at a time over all zones: two could be two copies of the same object. */
export function desiredDisruptionBudget(plan: RegionPlan): DesiredObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMetadata(plan, regionNames(plan.region).disruptionBudget),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: storageNodeLabels(plan.region) },
    },
  }
}
