/**
 * Which storage node is restarted next, if any: one at a time, one zone at a time, and the next only
 * when every copy of the last has caught up.
 *
 * The same gate is passed for another image, other settings and other certificates.
 *
 * @module
 */

import type { StoreId } from '@granary/storage-node/contract/identifiers'
import { isWriteQuorum } from '@granary/storage-node/contract/quorum'
import { ZONES_WANTED } from './choose-zones.ts'
import { listed, type Refusal } from './refusal.ts'
import type { ObservedPartition } from './region-conditions.ts'

/** A pod as far as restarts are concerned. */
export interface RolloutPod {
  readonly name: string
  readonly zone: string
  /** It was made from another template than the StatefulSet has now. */
  readonly isOutdated: boolean
  readonly isReady: boolean
  /** It is being deleted. */
  readonly isGoing: boolean
  readonly store: StoreId | undefined
  /** The most entries that one of its copies is behind; undefined: it did not say. */
  readonly lag: number | undefined
}

export interface RolloutQuestion {
  readonly zoneCount: number
  /** Names of all pods that there should be. */
  readonly wanted: readonly string[]
  readonly pods: readonly RolloutPod[]
  readonly partitions: readonly ObservedPartition[]
}

export type RolloutDecision =
  | { readonly kind: 'settled' }
  | { readonly kind: 'wait'; readonly refusal: Refusal }
  | { readonly kind: 'restart'; readonly pod: string }

/** Entries that are under way at any moment while clients write; a copy that is not further behind has caught up. */
const LAG_MAX = 256

type Check = (candidate: RolloutPod, question: RolloutQuestion) => Refusal | undefined

/** Evaluated in order; the first refusal stands. */
const restartChecks: readonly Check[] = [
  nothingElseRestarts,
  othersAreReady,
  everythingIsCaughtUp,
  everyPartitionKeepsItsQuorum,
]

/** What to do next. */
export function decideRollout(question: RolloutQuestion): RolloutDecision {
  const candidate = nextCandidate(question.pods)
  if (candidate === undefined) return { kind: 'settled' }
  for (const check of restartChecks) {
    const refusal = check(candidate, question)
    if (refusal !== undefined) return { kind: 'wait', refusal }
  }
  return { kind: 'restart', pod: candidate.name }
}

/** One that does not serve anyway first; then the rest of a zone that was begun; then by name. */
function nextCandidate(pods: readonly RolloutPod[]): RolloutPod | undefined {
  const isBegun = (zone: string) => pods.some((pod) => pod.zone === zone && !pod.isOutdated)
  const rank = (pod: RolloutPod) => (pod.isReady ? (isBegun(pod.zone) ? 1 : 2) : 0)
  const [first] = pods
    .filter(({ isOutdated, isGoing }) => isOutdated && !isGoing)
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  return first
}

function nothingElseRestarts(
  candidate: RolloutPod,
  { pods, wanted }: RolloutQuestion,
): Refusal | undefined {
  const present = new Set(pods.filter(({ isGoing }) => !isGoing).map(({ name }) => name))
  const away = wanted.filter((name) => name !== candidate.name && !present.has(name))
  return away.length === 0 ? undefined : waiting(candidate, `${listed(away)} is being restarted`)
}

function othersAreReady(candidate: RolloutPod, { pods }: RolloutQuestion): Refusal | undefined {
  const away = pods.filter((pod) => pod.name !== candidate.name && !pod.isReady)
  if (away.length === 0) return undefined
  const names = listed(away.map(({ name }) => name))
  return waiting(candidate, `${names} must be ready first; kubectl describe pod says why it is not`)
}

function everythingIsCaughtUp(
  candidate: RolloutPod,
  { pods }: RolloutQuestion,
): Refusal | undefined {
  const others = pods.filter(({ name }) => name !== candidate.name)
  const behind = others.filter(({ lag }) => lag === undefined || lag > LAG_MAX)
  if (behind.length === 0) return undefined
  return waiting(candidate, `copies at ${listed(behind.map(({ name }) => name))} still catch up`)
}

/** With fewer zones every restart stops writes for a moment: such a region is for tests. */
function everyPartitionKeepsItsQuorum(
  candidate: RolloutPod,
  { partitions, zoneCount }: RolloutQuestion,
): Refusal | undefined {
  const { store, isReady } = candidate
  if (store === undefined || !isReady || zoneCount < ZONES_WANTED) return undefined
  const stopped = partitions.filter(({ members }) => {
    const rest = new Set(members.map((member) => member.store).filter((other) => other !== store))
    return rest.size < members.length && !isWriteQuorum(rest, members, 'majority')
  })
  if (stopped.length === 0) return undefined
  const names = listed(stopped.map(({ id }) => String(id)))
  return waiting(
    candidate,
    `partitions ${names} have too few copies to do without it; ` +
      'delete the pod by hand to restart it all the same, which stops their writes meanwhile',
  )
}

function waiting(candidate: RolloutPod, why: string): Refusal {
  return { reason: 'RestartWaits', message: `The restart of ${candidate.name} waits: ${why}` }
}
