/**
 * The rows that make up a partition: what a snapshot is.
 *
 * @module
 */

import { compareBytes } from '../../base/bytes.ts'
import type { PartitionRange } from '../../contract/configuration.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { KeyRange, KeyValue, Mutation, Reader } from '../../storage/key-value-engine.ts'
import type { RowCache } from '../../storage/row-cache.ts'
import type { StateWriter } from '../../storage/state-writer.ts'
import { NAMESPACES, justAfter, partitionRowsRange } from '../../wire/stored/keys.ts'
import { rowsOfRange } from '../../wire/stored/range-keys.ts'

/** Rows read at a time: a few of them may be large. */
const READ_COUNT = 64
const DELETE_COUNT = 1000

/** Where a partition's rows lie, namespace by namespace, those about itself last. */
export function rangesOf(partition: PartitionId, range: PartitionRange): KeyRange[] {
  const namespaces = Object.values(NAMESPACES).filter((name) => name !== NAMESPACES.applied)
  return [...namespaces.map((name) => rowsOfRange(name, range)), partitionRowsRange(partition)]
}

/** Whether the key is one of a row of the partition. */
export function isWithin(ranges: readonly KeyRange[], key: Uint8Array): boolean {
  return ranges.some(({ start, end }) => {
    return compareBytes(key, start) >= 0 && compareBytes(key, end) < 0
  })
}

/** All rows, in order, some at a time. */
export async function* readRows(
  reader: Reader,
  ranges: readonly KeyRange[],
): AsyncIterable<KeyValue[]> {
  for (const { start, end } of ranges) {
    for (let from = start; ;) {
      const rows = await reader.scan({ start: from, end }, { limit: READ_COUNT })
      if (rows.length > 0) yield rows
      const last = rows.at(-1)
      if (last === undefined || rows.length < READ_COUNT) break
      from = justAfter(last.key)
    }
  }
}

export interface RowSink {
  readonly writer: StateWriter
  readonly cache: RowCache
}

/** Deletes all rows. */
export async function deleteRows(
  reader: Reader,
  ranges: readonly KeyRange[],
  sink: RowSink,
): Promise<void> {
  for (const { start, end } of ranges) {
    for (let from = start; ;) {
      const options = { limit: DELETE_COUNT, keysOnly: true }
      const rows = await reader.scan({ start: from, end }, options)
      const last = rows.at(-1)
      if (last === undefined) break
      await writeRows(
        rows.map(({ key }) => ({ key, value: undefined })),
        sink,
      )
      from = justAfter(last.key)
    }
  }
}

/** Writes rows past the log; the cache hears of it as of an entry. */
export async function writeRows(
  mutations: readonly Mutation[],
  { writer, cache }: RowSink,
): Promise<void> {
  cache.applying(mutations)
  await writer.write(mutations)
  cache.applied(mutations)
}
