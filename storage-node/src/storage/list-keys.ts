/**
 * Walks the keys of a bucket in listing order and groups them by a delimiter.
 *
 * The cost of a page follows the page, not the bucket: a group is left by a seek to its end as soon
 * as reading on through it would cost more, and a walk through deleted keys ends after so many.
 *
 * @module
 */

import { compareBytes } from '../base/bytes.ts'
import type { PartitionRange } from '../contract/configuration.ts'
import type { BucketId, ObjectKey } from '../model/identifiers.ts'
import { justAfter, objectKeyOfRow, prefixEnd, prefixRange } from '../wire/stored/keys.ts'
import { clipRows, continuationOf } from '../wire/stored/range-keys.ts'
import type { KeyValue, Reader } from './key-value-engine.ts'

/** Rows of one read at the most. */
const READ_COUNT_MAX = 1001
/** Rows of the first read, and of one that finds out how large groups are. */
const SAMPLE_COUNT = 64
/** Rows read behind a seek: only the first counts, the second says whether its group goes on. */
const PROBE_COUNT = 2
/** A group of so many rows is left by a seek: it costs as much as reading about forty [measured]. */
const SEEK_WORTH_COUNT = 32
/** Seeks after which a larger read looks whether groups are still large. */
const PROBES_PER_SAMPLE = 32
/**
 * Rows that are left out before a walk ends: about 80 ms of them [measured]. Rows and not time, so
 * that the same rows always give the same page.
 */
export const LEFT_OUT_COUNT_MAX = 8192

export interface KeyWalk {
  readonly namespace: 'O' | 'M'
  readonly bucketId: BucketId
  readonly prefix: string
  /** Empty: nothing is grouped. */
  readonly delimiter: string
  /** Row key to begin at; undefined: the first that has the prefix. */
  readonly start: Uint8Array | undefined
  /** Entries wanted. One more tells whether there are more. */
  readonly count: number
  /** Rows that are not shown, and make no common prefix: keys that were deleted. */
  readonly isLeftOut?: (row: KeyValue) => boolean
}

/** Where rows are read, and which of them belong to the partition. */
export interface RowSource {
  readonly reader: Reader
  readonly range: PartitionRange
}

/** A key with its row, or a common prefix. */
export type WalkedEntry =
  | { readonly kind: 'key'; readonly key: ObjectKey; readonly end: number; readonly row: KeyValue }
  | { readonly kind: 'prefix'; readonly prefix: string }

export interface WalkedKeys {
  readonly entries: WalkedEntry[]
  /** Where the walk ended before its time, because too many rows were left out. */
  readonly endedAt: ObjectKey | undefined
}

/** The first entries of a walk, in order. */
export async function walkKeys(
  { reader, range: partition }: RowSource,
  walk: KeyWalk,
): Promise<WalkedKeys> {
  const range = clipRows(prefixRange(walk.namespace, walk.bucketId, walk.prefix), partition)
  let start: Uint8Array = walk.start === undefined ? range.start : later(walk.start, range.start)
  const entries: WalkedEntry[] = []
  let readCount = walk.delimiter === '' ? walk.count : SAMPLE_COUNT
  let leftOutCount = 0
  for (let probes = 1; entries.length < walk.count; probes++) {
    if (compareBytes(start, range.end) >= 0) break
    // The value says which rows are left out.
    const keysOnly = readCount === PROBE_COUNT && walk.isLeftOut === undefined
    const limit = Math.min(readCount, READ_COUNT_MAX)
    const rows = await reader.scan({ start, end: range.end }, { limit, keysOnly })
    const { next, groupCount, leftOut } = takeRows(rows, walk, entries, keysOnly)
    const last = rows.at(-1)
    if (last === undefined || (rows.length < limit && next === undefined)) break
    leftOutCount += leftOut
    if (leftOutCount > LEFT_OUT_COUNT_MAX && entries.length < walk.count) {
      return { entries, endedAt: objectKeyOfRow(last.key).key }
    }
    start = next ?? justAfter(last.key)
    const isProbe = readCount === PROBE_COUNT
    const seekOn = groupCount >= SEEK_WORTH_COUNT || (isProbe && groupCount === PROBE_COUNT)
    if (!seekOn) readCount = Math.min(Math.max(readCount, SAMPLE_COUNT) * 4, READ_COUNT_MAX)
    else readCount = probes % PROBES_PER_SAMPLE === 0 ? SAMPLE_COUNT : PROBE_COUNT
  }
  return { entries, endedAt: undefined }
}

/** Where a walk goes on behind the partition; undefined when what has the prefix ends in it. */
export function walkContinuation(
  { bucketId, prefix }: Pick<KeyWalk, 'bucketId' | 'prefix'>,
  { range }: RowSource,
): Uint8Array | undefined {
  return continuationOf(prefixRange('O', bucketId, prefix).end, range)
}

/** The common prefix that `key` belongs to, if it belongs to one. */
export function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}

interface Step {
  /** Where to read on, if not just after the last row. */
  readonly next: Uint8Array | undefined
  /** How many rows at the end belong to one group. */
  readonly groupCount: number
  readonly leftOut: number
}

function takeRows(
  rows: readonly KeyValue[],
  walk: KeyWalk,
  entries: WalkedEntry[],
  keysOnly: boolean,
): Step {
  let open = lastPrefix(entries)
  let groupCount = 0
  let leftOut = 0
  for (const row of rows) {
    if (entries.length >= walk.count) break
    const { key, end } = objectKeyOfRow(row.key)
    const group = groupOf(key, walk.prefix, walk.delimiter)
    if (walk.isLeftOut?.(row) === true && (group === undefined || group !== open)) {
      // Another key of its group may be shown yet.
      open = undefined
      leftOut++
      continue
    }
    if (group === undefined) {
      // Probes read no values: come back for this one.
      if (keysOnly) return { next: row.key, groupCount: 0, leftOut }
      entries.push({ kind: 'key', key, end, row })
    } else if (group !== open) {
      entries.push({ kind: 'prefix', prefix: group })
    }
    groupCount = group !== undefined && group === open ? groupCount + 1 : 1
    open = group
  }
  if (open === undefined || rows.length === 0) return { next: undefined, groupCount: 0, leftOut }
  return {
    next: prefixEnd(prefixRange(walk.namespace, walk.bucketId, open).start),
    groupCount,
    leftOut,
  }
}

function lastPrefix(entries: readonly WalkedEntry[]): string | undefined {
  const last = entries.at(-1)
  return last?.kind === 'prefix' ? last.prefix : undefined
}

function later(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareBytes(a, b) > 0 ? a : b
}
