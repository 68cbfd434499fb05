/**
 * List pages of objects.
 *
 * @module
 */

import type { Answer, ListQuery, ObjectSummary } from '../model/query.ts'
import { justAfter, objectRowKey, prefixEnd, prefixRange } from '../wire/stored/keys.ts'
import type { ObjectKey } from '../model/identifiers.ts'
import { decodeObjectSummary } from '../wire/stored/object-row.ts'
import { groupOf, walkContinuation, walkKeys } from './list-keys.ts'
import type { RowSource, WalkedEntry } from './list-keys.ts'

/** One page of what the partition has, in unsigned byte order of the keys. */
export async function listObjects(query: ListQuery, rows: RowSource): Promise<Answer<'list'>> {
  const start = startRow(
    query,
    'O',
    justAfter(objectRowKey(query.bucketId, query.after as ObjectKey)),
  )
  const { bucketId, prefix, delimiter, maxCount } = query
  const walk = { namespace: 'O', bucketId, prefix, delimiter, start, count: maxCount + 1 } as const
  const entries = await walkKeys(rows, walk)
  const isTruncated = entries.length > maxCount
  if (isTruncated) entries.pop()
  const objects: ObjectSummary[] = []
  const commonPrefixes: string[] = []
  for (const entry of entries) {
    if (entry.kind === 'prefix') commonPrefixes.push(entry.prefix)
    else objects.push({ key: entry.key, ...decodeObjectSummary(entry.row.value) })
  }
  const next = isTruncated ? nameOf(entries) : undefined
  const continuesAt = walkContinuation(query, rows)
  return { objects, commonPrefixes, isTruncated, next, continuesAt }
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
