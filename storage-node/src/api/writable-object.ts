/**
 * May somebody write an object? The one that is there has the last word.
 *
 * @module
 */

import { OssError } from '../model/errors.ts'
import { authorizeObject, dependsOnObject } from './authorize.ts'
import type { ObjectRequest, Services } from './operation.ts'

/** Throws `AccessDenied` unless the caller may replace, append to or delete the object. */
export async function authorizeWrite(
  deed: ObjectRequest,
  objects: Services['objects'],
): Promise<void> {
  if (!dependsOnObject(deed)) return
  const { bucket, key } = deed
  const record = await objects.find(bucket, key).catch(ifMissing)
  authorizeObject(deed, record)
}

function ifMissing(error: unknown): undefined {
  if (error instanceof OssError && error.code === 'NoSuchKey') return undefined
  throw error
}
