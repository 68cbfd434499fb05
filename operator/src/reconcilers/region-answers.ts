/**
 * Asks the storage nodes of a region how they are.
 *
 * @module
 */

import type { Clock } from '@granary/storage-node/base/clock'
import { sleep } from '@granary/storage-node/base/clock'
import { lineageOf } from '@granary/storage-node/contract/kubernetes-records'
import {
  clockCondition,
  configCondition,
  regressedPartitions,
  type ClockReading,
  type KnownEpoch,
  type ToldByNode,
} from '../decisions/told-by-nodes.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import type { Pod } from '../resources/built-in.ts'
import type { ConditionChange } from '../resources/conditions.ts'
import type { Partition } from '../resources/partition.ts'
import type { PartitionReplica, PodStatus } from '../storage-nodes/region-admin.ts'
import type { ReconcilerParts, RegionConnection } from './parts.ts'
import { isReady, listPartitions, type RegionView } from './region-view.ts'

/** Of one that is not ready: it may be cut off, and whatever else there is to do must not wait for it. */
const NOT_READY_MS_MAX = 2_000

/** What storage nodes answered; who did not answer is left out. */
export interface PodAnswers {
  /** Of ready ones: others need not know everything yet. */
  readonly statuses: ReadonlyMap<string, PodStatus>
  readonly told: readonly ToldByNode[]
  /** Also of those that are not ready: a wrong clock may be the reason. */
  readonly clocks: readonly ClockReading[]
}

interface PodAnswer {
  readonly name: string
  readonly isReady: boolean
  readonly status: PodStatus
  readonly aheadMs: number | undefined
}

export async function askPods(
  parts: ReconcilerParts,
  { pods }: RegionView,
  connection: RegionConnection,
): Promise<PodAnswers> {
  const all = (await Promise.all(pods.map((pod) => askPod(parts, pod, connection)))).flat()
  const ready = all.filter((answer) => answer.isReady)
  return {
    statuses: new Map(ready.map(({ name, status }) => [name, status])),
    told: ready.map(({ name, status }) => ({
      pod: name,
      partitions: status.partitions.map(knownEpoch),
    })),
    clocks: all.flatMap(({ name, aheadMs }) =>
      aheadMs === undefined ? [] : { pod: name, aheadMs },
    ),
  }
}

async function askPod(
  { clock }: ReconcilerParts,
  pod: Pod,
  connection: RegionConnection,
): Promise<PodAnswer[]> {
  const { name } = pod.metadata
  const askedMs = clock.nowMs()
  const asked = connection.getStatus(name)
  const isPodReady = isReady(pod.status)
  const answer = isPodReady ? await asked : await within(clock, NOT_READY_MS_MAX, asked)
  if (answer?.kind !== 'ok') return []
  const { clockMs } = answer.value
  // What an answer takes on its way is at most some seconds, and half of it stands to reason.
  const aheadMs = clockMs === undefined ? undefined : clockMs - (askedMs + clock.nowMs()) / 2
  return [{ name, isReady: isPodReady, status: answer.value, aheadMs }]
}

/** Undefined where it takes longer. */
async function within<T>(clock: Clock, ms: number, asked: Promise<T>): Promise<T | undefined> {
  const over = new AbortController()
  try {
    return await Promise.race([asked, sleep(clock, ms, over.signal).then(() => undefined)])
  } finally {
    over.abort()
  }
}

/** What follows for the Region. A takeover between two looks is no regression: it is looked at twice. */
export async function answerConditions(
  parts: ReconcilerParts,
  plan: RegionPlan,
  view: RegionView,
  { told, clocks }: PodAnswers,
): Promise<readonly ConditionChange[]> {
  if (told.length === 0) return []
  let regressed = regressedPartitions(view.partitions.map(epochOf), told)
  if (regressed.length > 0) {
    const again = await listPartitions(parts, plan)
    regressed = regressedPartitions(again.map(epochOf), told)
  }
  return [configCondition(plan.region, regressed), clockCondition(clocks)]
}

function knownEpoch({ id, epoch, configuration }: PartitionReplica): KnownEpoch {
  return { id, epoch, lineage: configuration?.lineage }
}

function epochOf(object: Partition): KnownEpoch {
  const { spec, status } = object
  return { id: spec.id, epoch: status?.epoch ?? 0, lineage: lineageOf(object) }
}
