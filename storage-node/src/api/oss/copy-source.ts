/**
 * The object that CopyObject and UploadPartCopy read (oss.md 5.11).
 *
 * @module
 */

import { parseBucketName } from '../../model/bucket-name.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import { invalidArgument, OssError } from '../../model/errors.ts'
import type { BucketName, ObjectKey } from '../../model/identifiers.ts'
import { decodeObjectKey } from '../../model/object-key.ts'
import type { ObjectRecord } from '../../model/object.ts'
import { requireConditions } from '../../model/preconditions.ts'
import { readCopySourceConditions } from '../../wire/oss/conditions.ts'
import { authorizeObject } from '../authorize.ts'
import type { ObjectRequest, Services } from '../operation.ts'
import { refuseVersion } from '../unserved-headers.ts'
import { hideAbsence } from '../readable-object.ts'

/** Where to copy from, and what has to hold of it. */
export interface CopySource {
  readonly source: { readonly bucket: BucketRecord; readonly key: ObjectKey }
  /** Throws unless the caller may read it and every condition holds. */
  check(record: ObjectRecord): void
}

/** Finds the bucket that `x-oss-copy-source` names. */
export async function findCopySource(
  { http, caller }: ObjectRequest,
  { buckets }: Services,
): Promise<CopySource> {
  const { bucketName, key } = parseCopySource(http.headers['x-oss-copy-source'] ?? '')
  const bucket = await buckets.find(bucketName)
  if (bucket === undefined) {
    throw new OssError('NoSuchBucket', { details: [{ name: 'BucketName', value: bucketName }] })
  }
  const conditions = readCopySourceConditions(http.headers)
  return {
    source: { bucket, key },
    check(record) {
      authorizeObject(caller, bucket, record, 'read')
      requireConditions(conditions, record)
    },
  }
}

/** Runs a copy; who may not read the source does not learn that it is absent. */
export async function copying<T>(
  { caller }: ObjectRequest,
  { source }: CopySource,
  copy: () => Promise<T>,
): Promise<T> {
  try {
    return await copy()
  } catch (error) {
    hideAbsence(caller, source.bucket, error)
    throw error
  }
}

/** `/bucket/key`, percent-encoded, with or without its first slash and a version behind it. */
export function parseCopySource(text: string): { bucketName: BucketName; key: ObjectKey } {
  const mark = text.indexOf('?')
  const path = mark < 0 ? text : text.slice(0, mark)
  const version = mark < 0 ? '' : text.slice(mark + 1)
  if (version !== '') refuseVersion(version.replace(/^versionId=/, ''))
  const encoded = path.startsWith('/') ? path.slice(1) : path
  // The slash behind the bucket may be encoded as well.
  const slash = /\/|%2F/i.exec(encoded)
  if (slash === null || slash.index === 0) {
    throw invalidArgument('x-oss-copy-source', text, 'The copy source must be /bucket/key.')
  }
  return {
    bucketName: parseBucketName(encoded.slice(0, slash.index)),
    key: decodeObjectKey(encoded.slice(slash.index + slash[0].length)),
  }
}
