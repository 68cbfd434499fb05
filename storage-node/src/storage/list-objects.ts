/**
 * List pages of objects.
 *
 * @module
 */

import type { Answer, ListQuery, ObjectSummary } from '../model/query.ts'
import { justAfter, objectRowKey, prefixEnd, prefixRange } from '../wire/stored/keys.ts'
import type { ObjectKey } from '../model/identifiers.ts'
import { decodeObjectSummary, isDeleteMarkerRow } from '../wire/stored/object-row.ts'
import { groupOf, walkContinuation, walkKeys } from './list-keys.ts'
import type { WalkedEntry } from './list-keys.ts'
import type { KeyValue } from './key-value-engine.ts'
import type { PartitionRows } from './partition-rows.ts'

/** One page of what the partition has, in unsigned byte order of the keys. */
export async function listObjects(query: ListQuery, rows: PartitionRows): Promise<Answer<'list'>> {
  const start = startRow(
    query,
    'O',
    justAfter(objectRowKey(query.bucketId, query.after as ObjectKey)),
  )
  const { bucketId, prefix, delimiter, maxCount } = query
  const walk = { namespace: 'O', bucketId, prefix, delimiter, start, count: maxCount + 1 } as const
  // Where nothing was deleted, no value is read to find that out.
  const { deleteMarkers } = await rows.counters(bucketId)
  const hidden = deleteMarkers === 0 ? {} : { isLeftOut: isDeleted }
  const { entries, endedAt } = await walkKeys(rows, { ...walk, ...hidden })
  const isFull = entries.length > maxCount
  if (isFull) entries.pop()
  const next = endedAt === undefined ? nameOf(entries) : goOnAt(endedAt, entries, query)
  const isTruncated = isFull || endedAt !== undefined
  const objects: ObjectSummary[] = []
  const commonPrefixes: string[] = []
  for (const entry of entries) {
    if (entry.kind === 'prefix') commonPrefixes.push(entry.prefix)
    else objects.push({ key: entry.key, ...decodeObjectSummary(entry.row.value) })
  }
  const continuesAt = walkContinuation(query, rows)
  return { objects, commonPrefixes, isTruncated, next: isTruncated ? next : undefined, continuesAt }
}

function isDeleted({ value }: KeyValue): boolean {
  return isDeleteMarkerRow(value)
}

/**
 * Where a list goes on that ended among deleted keys. Within a group it could only go on behind the
 * group: so that is shown, though perhaps nothing is left in it, rather than left out.
 */
function goOnAt(
  endedAt: ObjectKey,
  entries: WalkedEntry[],
  { prefix, delimiter, maxCount }: ListQuery,
): string {
  const group = groupOf(endedAt, prefix, delimiter)
  if (group === undefined) return endedAt
  const last = nameOf(entries)
  if (last === group) return group
  if (entries.length === maxCount && last !== undefined) return last
  entries.push({ kind: 'prefix', prefix: group })
  return group
}

/**
 * Where a walk begins that shows entries greater than `after` only. A common prefix that is not
 * greater is not repeated, though keys of it may be.
 */
export function startRow(
  { bucketId, prefix, delimiter, after }: ListQuery,
  namespace: 'O' | 'M',
  behindKey: Uint8Array,
): Uint8Array | undefined {
  if (after === '') return undefined
  const group = after.startsWith(prefix) ? groupOf(after, prefix, delimiter) : undefined
  return group === undefined ? behindKey : prefixEnd(prefixRange(namespace, bucketId, group).start)
}

/** The last entry's key or prefix. */
export function nameOf(entries: readonly WalkedEntry[]): string | undefined {
  const last = entries.at(-1)
  return last?.kind === 'prefix' ? last.prefix : last?.key
}
