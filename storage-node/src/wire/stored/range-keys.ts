/**
 * Where rows lie in the space that partitions cut: everything of a row's key behind its namespace is
 * its position (replication.md 2.2).
 *
 * @module
 */

import { compareBytes } from '../../base/bytes.ts'
import type { PartitionRange } from '../../contract/configuration.ts'
import type { BucketId, ObjectKey } from '../../model/identifiers.ts'
import type { Namespace } from './keys.ts'
import { namespaceRange, objectRowKey, prefixEnd, prefixRange } from './keys.ts'

/** Of bucketId 0, which holds the settings. */
export const SYSTEM_POSITION: Uint8Array = new Uint8Array(8)

/** Position of everything that belongs to one key. */
export function positionOfKey(bucketId: BucketId, key: ObjectKey): Uint8Array {
  return objectRowKey(bucketId, key).subarray(1)
}

/** The least position of keys that begin with `prefix`; of the whole bucket with an empty one. */
export function positionOfPrefix(bucketId: BucketId, prefix: string): Uint8Array {
  return prefixRange('O', bucketId, prefix).start.subarray(1)
}

/** All rows of a namespace that belong to the partition. */
export function rowsOfRange(
  namespace: Namespace,
  { start, end }: PartitionRange,
): { start: Buffer; end: Buffer } {
  const all = namespaceRange(namespace)
  return {
    start: Buffer.concat([all.start, start]),
    end: end.byteLength === 0 ? all.end : Buffer.concat([all.start, end]),
  }
}

/** Those rows of one namespace, from `start` to `end`, that belong to the partition. */
export function clipRows(
  rows: { readonly start: Uint8Array; readonly end: Uint8Array },
  range: PartitionRange,
): { start: Uint8Array; end: Uint8Array } {
  const own = rowsOfRange(String.fromCharCode(rows.start[0] ?? 0) as Namespace, range)
  const start = compareBytes(rows.start, own.start) < 0 ? own.start : rows.start
  const end = compareBytes(rows.end, own.end) > 0 ? own.end : rows.end
  // Wholly outside: no rows.
  return { start, end: compareBytes(start, end) < 0 ? end : start }
}

/**
 * Where rows up to `end` go on behind the partition: the position at which the next one begins;
 * undefined when they end in this one.
 */
export function continuationOf(end: Uint8Array, range: PartitionRange): Uint8Array | undefined {
  if (range.end.byteLength === 0) return undefined
  return compareBytes(range.end, end.subarray(1)) < 0 ? range.end : undefined
}

/** The same for a whole bucket. */
export function bucketContinuation(
  bucketId: BucketId,
  range: PartitionRange,
): Uint8Array | undefined {
  return continuationOf(prefixEnd(prefixRange('O', bucketId, '').start), range)
}
