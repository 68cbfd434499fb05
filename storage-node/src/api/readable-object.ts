/**
 * Opens an object for somebody who may not be allowed to read it.
 *
 * @module
 */

import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import type { ObjectRecord } from '../model/object.ts'
import type { Caller } from './authenticate.ts'
import { authorizeBucket, authorizeObject } from './authorize.ts'

/** Reads with `read`, then checks the row; who may not read learns nothing about absent keys either. */
export async function readAuthorized<T>(
  caller: Caller,
  bucket: BucketRecord,
  read: () => Promise<T>,
  recordOf: (found: T) => ObjectRecord,
): Promise<T> {
  const found = await read().catch((error: unknown) => {
    hideAbsence(caller, bucket, error)
    throw error
  })
  authorizeObject(caller, bucket, recordOf(found), 'read')
  return found
}

/** Throws `AccessDenied` instead of `NoSuchKey` for callers who may not know which keys there are. */
export function hideAbsence(caller: Caller, bucket: BucketRecord, error: unknown): void {
  if (error instanceof OssError && error.code === 'NoSuchKey') {
    authorizeBucket(caller, bucket, 'read')
  }
}
