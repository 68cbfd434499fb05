/**
 * Versions in requests and answers (oss.md 5.7).
 *
 * @module
 */

import type { BucketRecord } from '../../model/bucket.ts'
import type { VersionId } from '../../model/identifiers.ts'
import type { ObjectRecord } from '../../model/object.ts'
import { NULL_VERSION, formatVersionId, parseVersionId } from '../../model/version-id.ts'
import type { QueryPair } from '../../wire/oss/request-head.ts'
import { queryValue } from '../../wire/oss/request-head.ts'

/** The version that a request names; undefined: the current one. Throws InvalidArgument. */
export function versionArgument(query: readonly QueryPair[]): VersionId | undefined {
  const text = queryValue(query, 'versionId')
  return text === undefined ? undefined : parseVersionId('versionId', text)
}

/** Tells which version was made, read or changed; nothing where versions were never kept. */
export function versionHeaders(
  { versioning }: BucketRecord,
  { versionId }: Pick<ObjectRecord, 'versionId'>,
): string[] {
  if (versioning === 'unset' && versionId === NULL_VERSION) return []
  return ['x-oss-version-id', formatVersionId(versionId)]
}

/** The same about the source of a copy. */
export function sourceVersionHeaders(bucket: BucketRecord, source: ObjectRecord): string[] {
  const [, versionId] = versionHeaders(bucket, source)
  return versionId === undefined ? [] : ['x-oss-copy-source-version-id', versionId]
}
