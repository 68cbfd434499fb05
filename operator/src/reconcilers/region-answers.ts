/**
 * Asks the storage nodes of a region how they are.
 *
 * @module
 */

import { lineageOf } from '@granary/storage-node/contract/kubernetes-records'
import {
  clockCondition,
  configCondition,
  regressedPartitions,
  type KnownEpoch,
  type ToldByNode,
} from '../decisions/told-by-nodes.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import type { ConditionChange } from '../resources/conditions.ts'
import type { Partition } from '../resources/partition.ts'
import type { PartitionReplica, PodStatus } from '../storage-nodes/region-admin.ts'
import type { ReconcilerParts, RegionConnection } from './parts.ts'
import { isReady, listPartitions, type RegionView } from './region-view.ts'

/** What ready storage nodes answered; who did not answer is left out. */
export interface PodAnswers {
  readonly statuses: ReadonlyMap<string, PodStatus>
  readonly told: readonly ToldByNode[]
}

export async function askPods(
  { clock }: ReconcilerParts,
  { pods }: RegionView,
  connection: RegionConnection,
): Promise<PodAnswers> {
  const statuses = new Map<string, PodStatus>()
  const ready = pods.filter(({ status }) => isReady(status))
  const told = await Promise.all(
    ready.map(async ({ metadata: { name } }): Promise<ToldByNode[]> => {
      const askedMs = clock.nowMs()
      const answer = await connection.getStatus(name)
      if (answer.kind !== 'ok') return []
      statuses.set(name, answer.value)
      const { clockMs } = answer.value
      const known = answer.value.partitions.map(knownEpoch)
      // What an answer takes on its way is at most some seconds, and half of it stands to reason.
      const aheadMs = clockMs === undefined ? undefined : clockMs - (askedMs + clock.nowMs()) / 2
      return [{ pod: name, partitions: known, aheadMs }]
    }),
  )
  return { statuses, told: told.flat() }
}

/** What follows for the Region. A takeover between two looks is no regression: it is looked at twice. */
export async function answerConditions(
  parts: ReconcilerParts,
  plan: RegionPlan,
  view: RegionView,
  { told }: PodAnswers,
): Promise<readonly ConditionChange[]> {
  if (told.length === 0) return []
  let regressed = regressedPartitions(view.partitions.map(epochOf), told)
  if (regressed.length > 0) {
    const again = await listPartitions(parts, plan)
    regressed = regressedPartitions(again.map(epochOf), told)
  }
  return [configCondition(plan.region, regressed), clockCondition(told)]
}

function knownEpoch({ id, epoch, configuration }: PartitionReplica): KnownEpoch {
  return { id, epoch, lineage: configuration?.lineage }
}

function epochOf(object: Partition): KnownEpoch {
  const { spec, status } = object
  return { id: spec.id, epoch: status?.epoch ?? 0, lineage: lineageOf(object) }
}
