/**
 * May somebody write an object? The one that is there has the last word.
 *
 * @module
 */

import { OssError } from '../model/errors.ts'
import type { VersionId } from '../model/identifiers.ts'
import { authorizeObject, dependsOnObject } from './authorize.ts'
import type { ObjectRequest, Services } from './operation.ts'

/**
 * Throws `AccessDenied` unless the caller may do what it asks for to the object, or to the version of it
 * that is named.
 */
export async function authorizeWrite(
  deed: ObjectRequest,
  objects: Services['objects'],
  versionId?: VersionId,
): Promise<void> {
  if (!dependsOnObject(deed)) return
  const { bucket, key } = deed
  const record = await objects.find(bucket, key, versionId).catch(ifMissing)
  authorizeObject(deed, record)
}

/** There is none, or only what says that it was deleted. */
const ABSENCES: ReadonlySet<string> = new Set(['NoSuchKey', 'NoSuchVersion', 'MethodNotAllowed'])

function ifMissing(error: unknown): undefined {
  if (error instanceof OssError && ABSENCES.has(error.code)) return undefined
  throw error
}
