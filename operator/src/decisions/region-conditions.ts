/**
 * What a Region's conditions say, and how its partitions are counted.
 *
 * @module
 */

import type { Member } from '@granary/storage-node/contract/configuration'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import type { ConditionChange } from '../resources/conditions.ts'
import { ZONES_WANTED } from './choose-zones.ts'
import { isStoreRefused } from './last-words.ts'
import { listed, type Refusal } from './refusal.ts'

/** A storage node as it was seen. */
export interface ObservedNode {
  readonly pod: string
  readonly zone: string
  readonly isReady: boolean
  /** Undefined: it has told none yet. */
  readonly store: StoreId | undefined
  /** Why its process ended last, if it is not back yet. */
  readonly lastWords?: string | undefined
}

/** A partition as it was seen. */
export interface ObservedPartition {
  readonly id: number
  readonly desiredCount: number
  /** Undefined until it has its first configuration. */
  readonly primary: StoreId | undefined
  readonly members: readonly Member[]
}

/** What conditions are drawn from. */
export interface RegionObservation {
  readonly zones: readonly string[]
  readonly nodes: readonly ObservedNode[]
  readonly partitions: readonly ObservedPartition[]
  /** Pods whose volume is not the one that the region was founded with. */
  readonly strangers: readonly string[]
  /** Pods that came after the region was founded, and hold no data. */
  readonly late: readonly string[]
  /** Why the region is not founded; undefined: it is. */
  readonly unfounded: Refusal | undefined
  /** What is being changed, in words; undefined: nothing. */
  readonly progress: Refusal | undefined
}

export interface PartitionCounts {
  readonly total: number
  /** With a primary whose storage node is ready. */
  readonly active: number
  /** With fewer members than wanted. */
  readonly underReplicated: number
}

export function countPartitions(
  partitions: readonly ObservedPartition[],
  nodes: readonly ObservedNode[],
): PartitionCounts {
  const ready = new Set(nodes.flatMap(({ isReady, store }) => (isReady && store ? store : [])))
  const active = partitions.filter(({ primary }) => primary !== undefined && ready.has(primary))
  const thin = partitions.filter(({ members, primary, desiredCount }) => {
    return primary !== undefined && members.length < desiredCount
  })
  return { total: partitions.length, active: active.length, underReplicated: thin.length }
}

/** Every condition of a Region that has its zones. */
export function regionConditions(observation: RegionObservation): readonly ConditionChange[] {
  const { progress } = observation
  return [
    readyCondition(observation),
    degradedCondition(observation),
    riskCondition(observation),
    spreadCondition(observation),
    progress === undefined
      ? said('Progressing', false, 'Settled', 'Everything is as the Region asks')
      : said('Progressing', true, progress.reason, progress.message),
  ]
}

/** Of a Region that cannot begin. */
export function blockedConditions(refusal: Refusal): readonly ConditionChange[] {
  return [
    said('Ready', false, refusal.reason, refusal.message),
    said('Progressing', false, refusal.reason, refusal.message),
  ]
}

/** A condition with its status as a truth value. */
export function said(
  type: string,
  isSo: boolean,
  reason: string,
  message: string,
): ConditionChange {
  return { type, status: isSo ? 'True' : 'False', reason, message }
}

function readyCondition({ unfounded, nodes, partitions }: RegionObservation): ConditionChange {
  if (unfounded !== undefined) return said('Ready', false, unfounded.reason, unfounded.message)
  const { total, active } = countPartitions(partitions, nodes)
  if (active === total) return said('Ready', true, 'Serving', `All ${total} partitions are served`)
  const message =
    `${total - active} of ${total} partitions have no primary that is ready: ` +
    whoIsAway(nodes, 'storage nodes take over within seconds once a majority of them is in touch')
  return said('Ready', false, 'PartitionsNotServed', message)
}

function degradedCondition({ nodes, partitions, strangers }: RegionObservation): ConditionChange {
  // What is on such a volume has not told who it is: what it was before may still be known as a stranger.
  const refused = nodes.filter(({ lastWords }) => lastWords && isStoreRefused(lastWords))
  if (refused.length > 0) return volumesRefused(refused)
  if (strangers.length > 0) {
    const message =
      `${listed(strangers)} came with another volume than the one that the region knows: ` +
      'bring the volume back, or its data stays with the other zones only'
    return said('Degraded', true, 'VolumesReplaced', message)
  }
  const { underReplicated } = countPartitions(partitions, nodes)
  const away = nodes.filter(({ isReady }) => !isReady)
  if (away.length > 0) {
    return said('Degraded', true, 'StorageNodesAway', whoIsAway(nodes, ''))
  }
  if (underReplicated > 0) {
    const message = `${underReplicated} partitions have fewer copies than wanted`
    return said('Degraded', true, 'PartitionsUnderReplicated', message)
  }
  return said('Degraded', false, 'AllThere', 'All storage nodes are ready and all copies are there')
}

function volumesRefused(nodes: readonly ObservedNode[]): ConditionChange {
  const told = nodes.map(({ pod, lastWords }) => `${pod} (${lastWords})`)
  const message =
    `The volume cannot be served at ${listed(told)}: what is on it is kept and nobody is told anything ` +
    'of it; bring the volume back as it was last, or its data stays with the other zones only'
  return said('Degraded', true, 'VolumesRefused', message)
}

function riskCondition({ zones, nodes }: RegionObservation): ConditionChange {
  if (zones.length < ZONES_WANTED) {
    const message =
      `The region has ${zones.length} of ${ZONES_WANTED} zones (allowFewerZones): ` +
      'with one zone less it takes no writes. For tests only'
    return said('QuorumAtRisk', true, 'TooFewZones', message)
  }
  const gone = zones.filter((zone) => {
    return nodes.some((node) => node.zone === zone && !node.isReady)
  })
  if (gone.length === 0) {
    return said('QuorumAtRisk', false, 'AllZonesReady', 'Any one zone may be lost')
  }
  const message = `Storage nodes of ${listed(gone)} are away: the loss of another zone stops writes`
  return said('QuorumAtRisk', true, 'ZoneAway', message)
}

function spreadCondition({ late }: RegionObservation): ConditionChange {
  if (late.length === 0) {
    return said('DataSpread', true, 'AllHoldData', 'Every storage node holds a share of the data')
  }
  const message =
    `${listed(late)} came after the region was founded: they serve requests and hold no data, ` +
    'for partitions and chunks stay where they are; where room is short, raise spec.storage.size'
  return said('DataSpread', false, 'AddedLater', message)
}

function whoIsAway(nodes: readonly ObservedNode[], otherwise: string): string {
  const away = nodes.filter(({ isReady }) => !isReady).map(({ pod }) => pod)
  if (away.length === 0) return otherwise
  const told = nodes.flatMap(({ isReady, pod, lastWords }) => {
    return isReady || lastWords === undefined ? [] : `; ${pod} ended with ${lastWords}`
  })
  const isOrAre = away.length === 1 ? 'is' : 'are'
  return `${listed(away)} ${isOrAre} not ready; kubectl describe pod says why${told.join('')}`
}
