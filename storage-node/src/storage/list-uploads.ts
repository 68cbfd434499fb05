/**
 * List pages of uploads in progress: by key, then in the order of their beginning.
 *
 * @module
 */

import type { DataSetId, ObjectKey } from '../model/identifiers.ts'
import type { Answer, Queries, UploadSummary } from '../model/query.ts'
import { idBehindKey, justAfter, keyRange, uploadRowKey } from '../wire/stored/keys.ts'
import { decodeUploadRow } from '../wire/stored/rows.ts'
import { walkContinuation, walkKeys } from './list-keys.ts'
import type { RowSource, WalkedEntry } from './list-keys.ts'
import { nameOf, startRow } from './list-objects.ts'

/** One page of what the partition has. */
export async function listUploads(
  query: Queries['uploads']['ask'],
  rows: RowSource,
): Promise<Answer<'uploads'>> {
  const { bucketId, prefix, delimiter, maxCount } = query
  const start = firstRow(query)
  const walk = { namespace: 'M', bucketId, prefix, delimiter, start, count: maxCount + 1 } as const
  const { entries } = await walkKeys(rows, walk)
  const isTruncated = entries.length > maxCount
  if (isTruncated) entries.pop()
  const uploads: UploadSummary[] = []
  const commonPrefixes: string[] = []
  for (const entry of entries) {
    if (entry.kind === 'prefix') commonPrefixes.push(entry.prefix)
    else uploads.push(summaryOf(entry))
  }
  const last = entries.at(-1)
  return {
    uploads,
    commonPrefixes,
    isTruncated,
    nextKeyMarker: (isTruncated ? nameOf(entries) : undefined) ?? '',
    nextUploadId: isTruncated && last?.kind === 'key' ? uploadIdOf(last) : undefined,
    continuesAt: walkContinuation(query, rows),
  }
}

type KeyEntry = Extract<WalkedEntry, { kind: 'key' }>

function firstRow(query: Queries['uploads']['ask']): Uint8Array | undefined {
  const { bucketId, after, afterUploadId } = query
  const key = after as ObjectKey
  if (afterUploadId !== undefined) return justAfter(uploadRowKey(bucketId, key, afterUploadId))
  return startRow(query, 'M', keyRange('M', bucketId, key).end)
}

function summaryOf(entry: KeyEntry): UploadSummary {
  const { initiatedMs, metadata, checksums } = decodeUploadRow(entry.row.value)
  const { storageClass } = metadata
  return { key: entry.key, uploadId: uploadIdOf(entry), initiatedMs, storageClass, checksums }
}

function uploadIdOf({ row, end }: KeyEntry): DataSetId {
  return idBehindKey(row.key, end) as DataSetId
}
