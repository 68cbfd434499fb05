/**
 * Names that COSI gives: of buckets, of accesses, and the identifiers that it was told.
 *
 * @module
 */

import { BUCKET_NAME } from '../resources/bucket.ts'
import { CosiError } from './cosi-error.ts'

/** As labels of Kubernetes may have. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const SHOWN_LENGTH_MAX = 100

/** What the region can call a bucket; the Bucket has the same name. */
export function readBucketName(name: string): string {
  return read('name', name, new RegExp(BUCKET_NAME), '3 to 63 of a-z, 0-9 and -')
}

/** What `DriverCreateBucket` returned, or the name of a Bucket that somebody else made. */
export function readBucketId(bucketId: string): string {
  return read('bucket_id', bucketId, LABEL, 'the name of a Bucket')
}

export function readGrantName(name: string): string {
  return read('name', name, LABEL, '1 to 63 of a-z, 0-9 and -')
}

/** What `DriverGrantBucketAccess` returned. */
export function readAccountId(accountId: string): string {
  return read('account_id', accountId, LABEL, 'the name of an AccessKey')
}

function read(field: string, text: string, pattern: RegExp, meaning: string): string {
  if (text === '') throw new CosiError('InvalidArgument', `${field} must be set`)
  if (pattern.test(text)) return text
  const shown = JSON.stringify(text.slice(0, SHOWN_LENGTH_MAX))
  throw new CosiError('InvalidArgument', `${field} must be ${meaning}, is ${shown}`)
}
