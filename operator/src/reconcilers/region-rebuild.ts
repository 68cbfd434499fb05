/**
 * Makes Partition objects again that are lost, or are not the ones that storage nodes know, when
 * somebody asks for it by an annotation of the Region.
 *
 * @module
 */

import type { PartitionId, StoreId } from '@granary/storage-node/contract/identifiers'
import { lineageOf, partitionObjectName } from '@granary/storage-node/contract/kubernetes-records'
import {
  decideRebuild,
  REBUILD_ANNOTATION,
  type PresentPartition,
  type RebuiltPartition,
  type ToldPartition,
} from '../decisions/rebuild-partitions.ts'
import type { Refusal } from '../decisions/refusal.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import { REGION_LABEL } from '../resources/names.ts'
import { partitions, type Partition } from '../resources/partition.ts'
import type { Region } from '../resources/region.ts'
import { tell } from './events.ts'
import type { ReconcilerParts } from './parts.ts'
import { openRegion } from './region-access.ts'
import { askPods, type PodAnswers } from './region-answers.ts'
import { listPartitions, type RegionView } from './region-view.ts'

/** Undefined: nobody asks, or everything is as it should be. */
export async function rebuildPartitions(
  parts: ReconcilerParts,
  plan: RegionPlan,
  region: Region,
  view: RegionView,
): Promise<Refusal | undefined> {
  const asked = region.metadata.annotations?.[REBUILD_ANNOTATION]
  const open = asked === undefined ? undefined : await openRegion(parts, region)
  if (open === undefined) return undefined
  const answers = await askPods(parts, view, open.connection)
  // Looked at behind the answers: one that was as it should be is never behind what storage nodes knew.
  const present = await listPartitions(parts, plan)
  const decision = decideRebuild({
    ...{ asked, placement: view.placement, told: toldByStore(answers) },
    present: present.map(presentPartition),
  })
  if (decision.kind === 'none') return undefined
  if (decision.kind === 'wait') return decision.refusal
  for (const partition of decision.partitions) await replace(parts, plan, present, partition)
  const ids = decision.partitions.map(({ id }) => id)
  parts.logger.warn('Partitions were made again', {
    region: plan.region,
    partitions: ids.join(', '),
  })
  const message = `Partitions ${ids.join(', ')} were made again of what storage nodes know`
  const rebuilt = { reason: 'PartitionsRebuilt', message }
  await tell(parts, region, 'Normal', rebuilt)
  return rebuilt
}

function toldByStore({ statuses }: PodAnswers): ReadonlyMap<StoreId, readonly ToldPartition[]> {
  const told = [...statuses.values()].map(({ storeId, partitions: replicas }) => {
    const known = replicas.flatMap(({ id, configuration }) => {
      return configuration === undefined ? [] : { id, configuration }
    })
    return [storeId as StoreId, known] as const
  })
  return new Map(told)
}

function presentPartition(object: Partition): PresentPartition {
  const { spec, status } = object
  return { id: spec.id, lineage: lineageOf(object), epoch: status?.epoch ?? 0 }
}

/** In this order: one that was cut short is found without a configuration, and replaced again. */
async function replace(
  { api }: ReconcilerParts,
  { region, namespace }: RegionPlan,
  seen: readonly Partition[],
  { id, lineage, desiredMembers, status }: RebuiltPartition,
): Promise<void> {
  const name = partitionObjectName(region, id as PartitionId)
  const present = seen.find(({ spec }) => spec.id === id)
  if (present !== undefined) {
    const { uid = '', resourceVersion = '' } = present.metadata
    await api.delete(partitions, { namespace, name }, { uid, resourceVersion })
  }
  const { primary: preferredPrimary, start, end } = status
  const made = await api.create<KubernetesObject>(partitions, {
    metadata: { name, namespace, labels: { [REGION_LABEL]: region } },
    spec: { id, lineage, desiredMembers, preferredPrimary, initialRange: { start, end } },
  })
  if (made === undefined) return
  const { uid } = made.metadata
  await api.applyStatus<KubernetesObject>(partitions, {
    metadata: { name, namespace, ...(uid !== undefined && { uid }) },
    status: { ...status, state: 'Active' },
  })
}
