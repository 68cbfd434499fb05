/**
 * Opens an object for somebody who may not be allowed to read it.
 *
 * @module
 */

import { OssError } from '../model/errors.ts'
import type { ObjectRecord } from '../model/object.ts'
import type { Deed } from './authorize.ts'
import { authorizeObject, dependsOnObject } from './authorize.ts'

/** Reads with `read`, then checks the row; who may not read learns nothing about absent keys either. */
export async function readAuthorized<T>(
  deed: Deed,
  read: () => Promise<T>,
  recordOf: (found: T) => ObjectRecord,
): Promise<T> {
  if (!dependsOnObject(deed)) return read()
  const found = await read().catch((error: unknown) => {
    hideAbsence(deed, error)
    throw error
  })
  authorizeObject(deed, recordOf(found))
  return found
}

/** What a read is told when there is no object, or only that it was deleted. */
const ABSENCES: ReadonlySet<string> = new Set(['NoSuchKey', 'NoSuchVersion', 'MethodNotAllowed'])

/** Throws `AccessDenied` instead of that for callers who may not know which keys there are. */
export function hideAbsence(deed: Deed, error: unknown): void {
  if (error instanceof OssError && ABSENCES.has(error.code)) authorizeObject(deed, undefined)
}
