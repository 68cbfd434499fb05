/**
 * Compares the rows of one replica with each other: counters change in the batch of the rows that they
 * count, so a batch that was applied in part shows (I19), and so does a dataId in two rows (B8).
 *
 * @module
 */

import { findBrokenReferences } from './referring-rows.ts'
import { bucketIdOf, readReplicaRows } from './replica-rows.ts'
import type { ReplicaRows, Row, RowFault, VersionRow } from './replica-rows.ts'

/** What a bucket has within one range, by the names of its counters. */
type Count = Record<string, number>

export function findRowFaults(rows: readonly Row[]): RowFault[] {
  const read = readReplicaRows(rows)
  return [
    ...findWrongCounters(read),
    ...findWrongUploads(read),
    ...findLostVersions(read),
    ...findBrokenReferences(read),
    ...findSharedData(read),
  ]
}

function findWrongCounters({ versions, uploads, sets, counters }: ReplicaRows): RowFault[] {
  const counted = new Map<string, Count>()
  for (const { position, record } of versions) add(counted, position, countOf(record))
  for (const name of uploads.keys()) add(counted, name, { uploads: 1, ...partsOf(sets.get(name)) })
  const faults: RowFault[] = []
  for (const bucketId of new Set([...counted.keys(), ...counters.keys()])) {
    // The time is no sum.
    const { lastModifiedMs: _, ...says } = counters.get(bucketId) ?? { lastModifiedMs: 0 }
    const [stored, has] = [textOf(says), textOf(counted.get(bucketId) ?? {})]
    if (stored === has) continue
    faults.push({ rule: 'I19', detail: `bucket ${bucketId} counts ${stored} and has ${has}` })
  }
  return faults
}

/** What each class has counters of its own for. */
const CLASS_COUNTERS = {
  Standard: 'standard',
  IA: 'infrequent',
  Archive: 'archive',
  ColdArchive: 'coldArchive',
  DeepColdArchive: 'deepColdArchive',
} as const

function countOf({ isDeleteMarker, sizeBytes, storageClass }: VersionRow['record']): Count {
  if (isDeleteMarker) return { deleteMarkers: 1 }
  const ofClass = CLASS_COUNTERS[storageClass]
  return {
    ...{ objects: 1, objectBytes: sizeBytes },
    ...{ [`${ofClass}Objects`]: 1, [`${ofClass}Bytes`]: sizeBytes },
  }
}

function partsOf(set: ReturnType<ReplicaRows['sets']['get']>): Count {
  const sizes = [...(set?.pieces.values() ?? [])].map(({ sizeBytes }) => sizeBytes)
  return { parts: sizes.length, partBytes: sizes.reduce((sum, size) => sum + size, 0) }
}

/** An upload counts its own parts. */
function findWrongUploads({ uploads, sets }: ReplicaRows): RowFault[] {
  return [...uploads].flatMap(([name, { partCount, partBytes }]) => {
    const says = textOf({ parts: partCount, partBytes })
    const has = textOf(partsOf(sets.get(name)))
    return says === has ? [] : [{ rule: 'I19', detail: `upload ${name} says ${says}, has ${has}` }]
  })
}

/**
 * A version that is not current lies behind a newer one that is, and says so; where the null version
 * is, the current one knows. Both move in one batch.
 */
function findLostVersions({ versions }: ReplicaRows): RowFault[] {
  const current = new Map<string, VersionRow['record']>()
  for (const { position, isCurrent, record } of versions) {
    if (isCurrent) current.set(position, record)
  }
  const nulls = new Map<string, bigint>()
  const faults: RowFault[] = []
  for (const { position, isCurrent, record } of versions) {
    if (isCurrent) continue
    const { versionId, versionSeq } = record
    const newer = current.get(position)
    if (versionId === 'null') nulls.set(position, versionSeq)
    if (newer?.older !== undefined && newer.versionSeq > versionSeq) continue
    faults.push({ rule: 'I19', detail: `version ${versionSeq} at ${position} is behind no newer` })
  }
  for (const [position, { older }] of current) {
    const [says, has] = [older?.nullSeq, nulls.get(position)]
    if (says === has) continue
    faults.push({ rule: 'I19', detail: `${position} seeks null at ${says}, and it is at ${has}` })
  }
  return faults
}

function findSharedData({ versions, sets }: ReplicaRows): RowFault[] {
  const seen = new Set<string>()
  const references = [
    ...versions.map(({ record }) => record.data),
    ...[...sets.values()].flatMap(({ pieces }) => [...pieces.values()].map(({ data }) => data)),
  ]
  return references.flatMap((data) => {
    if (data.kind !== 'chunks') return []
    const { dataId } = data
    if (seen.has(dataId)) return [{ rule: 'B8', detail: `dataId ${dataId} is in two rows` }]
    seen.add(dataId)
    return []
  })
}

function add(counts: Map<string, Count>, position: string, more: Count): void {
  const bucketId = bucketIdOf(position)
  const count = counts.get(bucketId) ?? {}
  for (const [name, amount] of Object.entries(more)) count[name] = (count[name] ?? 0) + amount
  counts.set(bucketId, count)
}

/** Names of what there is none of are left out. */
function textOf(count: Count): string {
  const there = Object.entries(count).filter(([, amount]) => amount !== 0)
  const sorted = there.sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([name, amount]) => `${amount} ${name}`).join(', ') || 'nothing'
}
