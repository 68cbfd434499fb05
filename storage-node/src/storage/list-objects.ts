/**
 * List pages of objects.
 *
 * @module
 */

import type { ListQuery, ObjectPage, ObjectSummary } from '../model/query.ts'
import { justAfter, objectRowKey, prefixEnd, prefixRange } from '../wire/stored/keys.ts'
import type { ObjectKey } from '../model/identifiers.ts'
import { decodeObjectSummary } from '../wire/stored/object-row.ts'
import type { Reader } from './key-value-engine.ts'
import { groupOf, walkKeys } from './list-keys.ts'
import type { WalkedEntry } from './list-keys.ts'

/** One page, in unsigned byte order of the keys. */
export async function listObjects(query: ListQuery, reader: Reader): Promise<ObjectPage> {
  const start = startRow(
    query,
    'O',
    justAfter(objectRowKey(query.bucketId, query.after as ObjectKey)),
  )
  const { bucketId, prefix, delimiter, maxCount } = query
  const walk = { namespace: 'O', bucketId, prefix, delimiter, start, count: maxCount + 1 } as const
  const entries = await walkKeys(reader, walk)
  const isTruncated = entries.length > maxCount
  if (isTruncated) entries.pop()
  const objects: ObjectSummary[] = []
  const commonPrefixes: string[] = []
  for (const entry of entries) {
    if (entry.kind === 'prefix') commonPrefixes.push(entry.prefix)
    else objects.push({ key: entry.key, ...decodeObjectSummary(entry.row.value) })
  }
  return { objects, commonPrefixes, isTruncated, next: isTruncated ? nameOf(entries) : undefined }
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
