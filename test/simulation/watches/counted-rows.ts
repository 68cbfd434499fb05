/**
 * Compares the rows of one replica with each other: counters change in the batch of the rows that they
 * count, so a batch that was applied in part shows (I19), and so does a dataId in two rows (B8).
 *
 * @module
 */

import { decodeCountersRow, decodeObjectRow } from '@granary/storage-node/testing'
import { dataIdOf } from './effects-watch.ts'

export interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A broken rule. */
export interface RowFault {
  readonly rule: string
  readonly detail: string
}

/** What a bucket has within one range, as counted. */
interface Count {
  objects: number
  objectBytes: number
  deleteMarkers: number
  uploads: number
}

type ObjectRecord = ReturnType<typeof decodeObjectRow>

export function findRowFaults(rows: readonly Row[]): RowFault[] {
  return [...findWrongCounters(rows), ...findSharedData(rows), ...findLostVersions(rows)]
}

function findWrongCounters(rows: readonly Row[]): RowFault[] {
  const counted = new Map<string, Count>()
  const stored = new Map<string, Count>()
  for (const { key, value } of rows) {
    const namespace = String.fromCharCode(key[0] ?? 0)
    if (namespace === 'O' || namespace === 'V') add(counted, key, countOf(decodeObjectRow(value)))
    else if (namespace === 'M') add(counted, key, { uploads: 1 })
    else if (namespace === 'S') add(stored, key, decodeCountersRow(value))
  }
  const faults: RowFault[] = []
  for (const bucketId of new Set([...counted.keys(), ...stored.keys()])) {
    const [says, has] = [textOf(stored.get(bucketId)), textOf(counted.get(bucketId))]
    if (says === has) continue
    faults.push({ rule: 'I19', detail: `bucket ${bucketId} counts ${says} and has ${has}` })
  }
  return faults
}

function countOf({ isDeleteMarker, sizeBytes }: ObjectRecord): Partial<Count> {
  return isDeleteMarker ? { deleteMarkers: 1 } : { objects: 1, objectBytes: sizeBytes }
}

/**
 * A version that is not current lies behind a newer one that is, and says so; where the null version
 * is, the current one knows. Both move in one batch.
 */
function findLostVersions(rows: readonly Row[]): RowFault[] {
  const current = new Map<string, ObjectRecord>()
  for (const { key, value } of rows) {
    if (key[0] === CURRENT) current.set(positionOf(key), decodeObjectRow(value))
  }
  const nulls = new Map<string, bigint>()
  const faults: RowFault[] = []
  for (const { key, value } of rows) {
    if (key[0] !== OLDER) continue
    const { versionId, versionSeq } = decodeObjectRow(value)
    const position = positionOf(key.subarray(0, key.byteLength - SEQ_BYTES))
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

const CURRENT = 'O'.charCodeAt(0)
const OLDER = 'V'.charCodeAt(0)
/** Behind the key of a row of a version. */
const SEQ_BYTES = 8

function positionOf(key: Uint8Array): string {
  return Buffer.from(key.subarray(1)).toString('hex')
}

function findSharedData(rows: readonly Row[]): RowFault[] {
  const seen = new Set<string>()
  return rows.flatMap(({ key, value }) => {
    const dataId = dataIdOf(key, value)
    if (dataId === undefined) return []
    if (seen.has(dataId)) return [{ rule: 'B8', detail: `dataId ${dataId} is in two rows` }]
    seen.add(dataId)
    return []
  })
}

const BUCKET_ID_END = 9
const NOTHING: Count = { objects: 0, objectBytes: 0, deleteMarkers: 0, uploads: 0 }

function add(counts: Map<string, Count>, key: Uint8Array, more: Partial<Count>): void {
  const bucketId = Buffer.from(key.subarray(1, BUCKET_ID_END)).toString('hex')
  const count = counts.get(bucketId) ?? { ...NOTHING }
  count.objects += more.objects ?? 0
  count.objectBytes += more.objectBytes ?? 0
  count.deleteMarkers += more.deleteMarkers ?? 0
  count.uploads += more.uploads ?? 0
  counts.set(bucketId, count)
}

function textOf({ objects, objectBytes, deleteMarkers, uploads }: Count = NOTHING): string {
  return `${objects} objects of ${objectBytes} bytes, ${deleteMarkers} markers and ${uploads} uploads`
}
