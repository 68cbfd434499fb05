/**
 * Restarts storage nodes whose pods are out of date, through the gate that decides when.
 *
 * @module
 */

import { decideRollout, type RolloutPod } from '../decisions/rollout.ts'
import type { Refusal } from '../decisions/refusal.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import { pods, type Pod, type StatefulSet } from '../resources/built-in.ts'
import type { ReconcilerParts, RegionConnection } from './parts.ts'
import type { PodAnswers } from './region-answers.ts'
import {
  isReady,
  observedPartitions,
  storeOf,
  wantedPods,
  zoneOf,
  type RegionView,
} from './region-view.ts'

const REVISION_LABEL = 'controller-revision-hash'

/** Restarts at most one; says what is going on, undefined: nothing. */
export async function advanceRollout(
  parts: ReconcilerParts,
  plan: RegionPlan,
  view: RegionView,
  connection: RegionConnection,
  answers: PodAnswers,
): Promise<Refusal | undefined> {
  if (!view.pods.some((pod) => isOutdated(pod, view.sets))) return undefined
  const decision = decideRollout({
    zoneCount: plan.zones.length,
    wanted: wantedPods(plan.region, plan.zones, plan.spec.storageNodesPerZone),
    pods: view.pods.map((pod) => rolloutPod(pod, view, answers)),
    partitions: observedPartitions(view),
  })
  if (decision.kind === 'settled') return undefined
  if (decision.kind === 'wait') return decision.refusal
  return restart(parts, view, connection, decision.pod)
}

/** Hands over first, so that no partition is without a primary while the pod is away. */
async function restart(
  { api, logger }: ReconcilerParts,
  { pods: present }: RegionView,
  connection: RegionConnection,
  name: string,
): Promise<Refusal> {
  const pod = present.find(({ metadata }) => metadata.name === name)
  if (isReady(pod?.status)) {
    const answer = await connection.handOver(name)
    if (answer.kind !== 'ok') {
      const message = `The restart of ${name} waits: it did not hand over (${answer.message})`
      return { reason: 'RestartWaits', message }
    }
  }
  const { namespace = '', uid } = pod?.metadata ?? {}
  await api.delete(pods, { namespace, name }, uid === undefined ? {} : { uid })
  logger.info('A storage node is restarted', { pod: name })
  return { reason: 'Restarting', message: `${name} is restarted with what the Region asks now` }
}

function rolloutPod(pod: Pod, view: RegionView, { statuses }: PodAnswers): RolloutPod {
  const { name, deletionTimestamp } = pod.metadata
  const lags = statuses.get(name)?.partitions.map(({ lag }) => lag)
  return {
    ...{ name, zone: zoneOf(pod), isReady: isReady(pod.status) },
    isOutdated: isOutdated(pod, view.sets),
    isGoing: deletionTimestamp !== undefined,
    store: storeOf(view, name),
    lag: lags === undefined ? undefined : Math.max(0, ...lags),
  }
}

/** A StatefulSet whose controller has not looked at its new template yet says nothing about pods. */
function isOutdated({ metadata }: Pod, sets: readonly StatefulSet[]): boolean {
  const set = sets.find((one) => one.metadata.name === metadata.name.replace(/-\d+$/, ''))
  const revision = set?.status?.updateRevision
  if (revision === undefined) return false
  return metadata.labels?.[REVISION_LABEL] !== revision
}
