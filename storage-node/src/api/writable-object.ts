/**
 * May somebody write an object? The one that is there has the last word.
 *
 * @module
 */

import { OssError } from '../model/errors.ts'
import { authorizeObject, isOwner } from './authorize.ts'
import type { ObjectRequest, Services } from './operation.ts'

/** Throws `AccessDenied` unless the caller may replace, append to or delete the object. */
export async function authorizeWrite(
  { caller, bucket, key }: ObjectRequest,
  objects: Services['objects'],
): Promise<void> {
  if (isOwner(caller, bucket)) return
  const record = await objects.find(bucket, key).catch(ifMissing)
  authorizeObject(caller, bucket, record, 'write')
}

function ifMissing(error: unknown): undefined {
  if (error instanceof OssError && error.code === 'NoSuchKey') return undefined
  throw error
}
