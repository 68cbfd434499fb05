/**
 * What the answers of storage nodes say about the region as a whole: whether their clocks agree, and
 * whether the cluster holds what they know.
 *
 * @module
 */

import type { ConditionChange } from '../resources/conditions.ts'
import { rebuildCommand } from './rebuild-partitions.ts'
import { listed } from './refusal.ts'
import { said } from './region-conditions.ts'

/** What one storage node answered. */
export interface ToldByNode {
  readonly pod: string
  /** Its copies of partitions, with the newest configuration that it knows. */
  readonly partitions: readonly KnownEpoch[]
}

export interface ClockReading {
  readonly pod: string
  /** How far its clock is ahead of the operator's. */
  readonly aheadMs: number
}

/** Which configuration of a partition; epoch 0: it has none. */
export interface KnownEpoch {
  readonly id: number
  readonly epoch: number
  /** Undefined: a storage node that knows none, or of an earlier version. */
  readonly lineage?: string | undefined
}

/** Storage nodes refuse commands that are dated further from their own clock (replication.md 1.5). */
const SKEW_MS_MAX = 10_000
const SECOND_MS = 1_000

/** Partitions whose objects are older than what storage nodes know of them, or are other ones. */
export function regressedPartitions(
  objects: readonly KnownEpoch[],
  told: readonly ToldByNode[],
): readonly number[] {
  const known = told.flatMap(({ partitions }) => partitions)
  const isOlder = (object: KnownEpoch) => (other: KnownEpoch) => {
    const isOther = other.lineage !== undefined && other.lineage !== object.lineage
    return other.id === object.id && (isOther || other.epoch > object.epoch)
  }
  const regressed = objects.filter((object) => known.some(isOlder(object)))
  return regressed.map(({ id }) => id).sort((a, b) => a - b)
}

export function configCondition(region: string, regressed: readonly number[]): ConditionChange {
  if (regressed.length === 0) {
    return said('ConfigRegressed', false, 'AsKnown', 'The cluster holds what storage nodes know')
  }
  const message =
    `The objects of Partitions ${listed(regressed.map(String))} are older than what storage nodes know: ` +
    'they were restored from a backup, or made again. Storage nodes go on with what they know, and none takes ' +
    `over from another. To make them again of what storage nodes know: ${rebuildCommand(region, regressed)}`
  return said('ConfigRegressed', true, 'ObjectsOlder', message)
}

/** Clocks are compared with each other: the operator's may be the wrong one. */
export function clockCondition(readings: readonly ClockReading[]): ConditionChange {
  const inOrder = readings.map(({ aheadMs }) => aheadMs).sort((a, b) => a - b)
  const middle = inOrder[Math.floor(inOrder.length / 2)] ?? 0
  const wrong = readings.filter(({ aheadMs }) => Math.abs(aheadMs - middle) > SKEW_MS_MAX)
  if (wrong.length === 0) {
    return said('ClockSkewed', false, 'ClocksAgree', 'The clocks of storage nodes agree')
  }
  const words = wrong.map(({ pod, aheadMs }) => {
    const seconds = Math.round((aheadMs - middle) / SECOND_MS)
    return `${pod} is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the others`
  })
  const message =
    `${words.join(', ')}: it leads nothing and clients are kept from it; ` +
    'set the clock of its machine, and keep it with a time service'
  return said('ClockSkewed', true, 'ClocksDiffer', message)
}
