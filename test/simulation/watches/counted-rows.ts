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
  uploads: number
}

export function findRowFaults(rows: readonly Row[]): RowFault[] {
  return [...findWrongCounters(rows), ...findSharedData(rows)]
}

function findWrongCounters(rows: readonly Row[]): RowFault[] {
  const counted = new Map<string, Count>()
  const stored = new Map<string, Count>()
  for (const { key, value } of rows) {
    const namespace = String.fromCharCode(key[0] ?? 0)
    if (namespace === 'O') {
      add(counted, key, { objects: 1, objectBytes: decodeObjectRow(value).sizeBytes })
    } else if (namespace === 'M') add(counted, key, { uploads: 1 })
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
const NOTHING: Count = { objects: 0, objectBytes: 0, uploads: 0 }

function add(counts: Map<string, Count>, key: Uint8Array, more: Partial<Count>): void {
  const bucketId = Buffer.from(key.subarray(1, BUCKET_ID_END)).toString('hex')
  const count = counts.get(bucketId) ?? { ...NOTHING }
  count.objects += more.objects ?? 0
  count.objectBytes += more.objectBytes ?? 0
  count.uploads += more.uploads ?? 0
  counts.set(bucketId, count)
}

function textOf({ objects, objectBytes, uploads }: Count = NOTHING): string {
  return `${objects} objects of ${objectBytes} bytes and ${uploads} uploads`
}
