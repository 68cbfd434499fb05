/**
 * List pages of versions: by key, and the newest first.
 *
 * The current versions and the others are in two namespaces, in one order: that of their positions,
 * in which the current one comes before the others of its key. So a page is a merge of the two.
 *
 * @module
 */

import { compareBytes } from '../base/bytes.ts'
import type { ObjectKey, VersionId, VersionSeq } from '../model/identifiers.ts'
import type { ObjectRecord } from '../model/object.ts'
import type { Answer, Queries, VersionSummary } from '../model/query.ts'
import { NULL_VERSION, placeMarkerOf, versionSeqOf } from '../model/version-id.ts'
import {
  NAMESPACES,
  justAfter,
  keyRange,
  objectKeyOfRow,
  objectRowKey,
  prefixEnd,
  prefixRange,
  versionRowKey,
} from '../wire/stored/keys.ts'
import { decodeVersionSummary } from '../wire/stored/object-row.ts'
import { clipRows } from '../wire/stored/range-keys.ts'
import type { KeyValue } from './key-value-engine.ts'
import { groupOf, walkContinuation } from './list-keys.ts'
import type { PartitionRows } from './partition-rows.ts'
import { RowStream } from './row-stream.ts'

type VersionQuery = Queries['versions']['ask']

const CURRENT = NAMESPACES.object.charCodeAt(0)

/** Where each of the two namespaces is read from; undefined: from what has the prefix. */
interface Starts {
  readonly current: Uint8Array | undefined
  readonly older: Uint8Array | undefined
}

/** Entries of a page, and where the last of them is. */
interface Entries {
  readonly versions: VersionSummary[]
  readonly commonPrefixes: string[]
  last: { readonly name: string; readonly versionId: VersionId | undefined } | undefined
}

/** One page of what the partition has. */
export async function listVersions(
  query: VersionQuery,
  rows: PartitionRows,
): Promise<Answer<'versions'>> {
  const starts = await startRows(query, rows)
  const streams = {
    current: streamOf('O', starts.current, query, rows),
    older: streamOf('V', starts.older, query, rows),
  }
  const entries: Entries = { versions: [], commonPrefixes: [], last: undefined }
  let isTruncated = false
  while (!isTruncated) {
    const left = query.maxCount - countOf(entries)
    const row = await nextRow(streams, left + 1)
    if (row === undefined) break
    if (left === 0) isTruncated = true
    else addEntry(row, query, streams, entries)
  }
  const { versions, commonPrefixes, last } = entries
  const next = { next: last?.name, nextVersionId: last?.versionId }
  const continuesAt = walkContinuation(query, rows)
  return { versions, commonPrefixes, isTruncated, ...next, continuesAt }
}

interface Streams {
  readonly current: RowStream
  readonly older: RowStream
}

function streamOf(
  namespace: 'O' | 'V',
  start: Uint8Array | undefined,
  { bucketId, prefix }: VersionQuery,
  { reader, range }: PartitionRows,
): RowStream {
  const all = clipRows(prefixRange(namespace, bucketId, prefix), range)
  const isWithin = start !== undefined && compareBytes(start, all.start) > 0
  return new RowStream(reader, isWithin ? { start, end: all.end } : all)
}

/** The row of the two that comes first; it stays the next. */
async function nextRow(
  { current, older }: Streams,
  wantedCount: number,
): Promise<KeyValue | undefined> {
  const first = await current.peek(wantedCount)
  const second = await older.peek(wantedCount)
  if (first === undefined || second === undefined) return first ?? second
  return compareBytes(first.key.subarray(1), second.key.subarray(1)) < 0 ? first : second
}

/** Takes the row into the page, or all rows of its group. */
function addEntry(row: KeyValue, query: VersionQuery, streams: Streams, entries: Entries): void {
  const { bucketId, prefix, delimiter } = query
  const { key } = objectKeyOfRow(row.key)
  const group = groupOf(key, prefix, delimiter)
  const isLatest = row.key[0] === CURRENT
  if (group !== undefined) {
    entries.commonPrefixes.push(group)
    entries.last = { name: group, versionId: undefined }
    streams.current.skipTo(prefixEnd(prefixRange('O', bucketId, group).start))
    streams.older.skipTo(prefixEnd(prefixRange('V', bucketId, group).start))
    return
  }
  const { versionSeq, ...summary } = decodeVersionSummary(row.value)
  entries.versions.push({ key, ...summary, isLatest })
  const isNull = summary.versionId === NULL_VERSION
  const versionId = isNull ? placeMarkerOf(versionSeq) : summary.versionId
  entries.last = { name: key, versionId }
  ;(isLatest ? streams.current : streams.older).take()
}

function countOf({ versions, commonPrefixes }: Entries): number {
  return versions.length + commonPrefixes.length
}

async function startRows(query: VersionQuery, rows: PartitionRows): Promise<Starts> {
  const { bucketId, prefix, delimiter, after, afterVersionId } = query
  if (after === '') return { current: undefined, older: undefined }
  const group = after.startsWith(prefix) ? groupOf(after, prefix, delimiter) : undefined
  if (group !== undefined) {
    return {
      current: prefixEnd(prefixRange('O', bucketId, group).start),
      older: prefixEnd(prefixRange('V', bucketId, group).start),
    }
  }
  const key = after as ObjectKey
  const own = objectRowKey(bucketId, key)
  const others = keyRange('V', bucketId, key)
  if (afterVersionId === undefined) return { current: justAfter(own), older: others.end }
  const current = await rows.object(bucketId, key)
  const seq = placeOf(afterVersionId, current)
  // A null version that is gone has left no place: rather all of the key again than none of the rest.
  if (seq === undefined) return { current: own, older: others.start }
  // What was newer may have been deleted: then the one that is current now has not been shown.
  const isShown = current !== undefined && current.versionSeq >= seq
  return {
    current: isShown ? justAfter(own) : own,
    older: justAfter(versionRowKey(bucketId, key, seq)),
  }
}

function placeOf(versionId: VersionId, current: ObjectRecord | undefined): VersionSeq | undefined {
  if (versionId !== NULL_VERSION) return versionSeqOf(versionId)
  return current?.versionId === NULL_VERSION ? current.versionSeq : current?.older?.nullSeq
}
