/**
 * The figures in a Region's status.
 *
 * @module
 */

import { countPartitions, type ObservedNode } from '../decisions/region-conditions.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import { regionHosts } from '../resources/names.ts'
import { observedPartitions, type RegionView } from './region-view.ts'

/** Everything but conditions. */
export function statusFields(
  plan: RegionPlan,
  view: RegionView,
  nodes: readonly ObservedNode[],
): Readonly<Record<string, unknown>> {
  return {
    zones: plan.zones.map((zone) => zoneStatus(zone, view, nodes)),
    endpoints: {
      internal: regionHosts(plan.region, plan.namespace).internal,
      external: plan.spec.endpoints.external.map(({ host }) => host),
    },
    partitions: countPartitions(observedPartitions(view), nodes),
    version: olderVersion(view),
  }
}

function zoneStatus(name: string, view: RegionView, nodes: readonly ObservedNode[]) {
  const here = nodes.filter(({ zone }) => zone === name)
  const told = view.storageNodes.filter(({ spec }) => spec.zone === name)
  const sum = (field: 'capacityBytes' | 'usedBytes') =>
    told.reduce((total, { status }) => total + (status?.[field] ?? 0), 0)
  return {
    name,
    storageNodes: here.length,
    ready: here.filter(({ isReady }) => isReady).length,
    capacityBytes: sum('capacityBytes'),
    usedBytes: sum('usedBytes'),
  }
}

/** What all of them run; during an update the older one. */
function olderVersion({ storageNodes }: RegionView): string | undefined {
  const versions = storageNodes.flatMap(({ status }) => status?.version ?? [])
  const [oldest] = versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return oldest
}
