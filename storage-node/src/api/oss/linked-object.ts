/**
 * The object that a symlink leads to (oss.md 5.16).
 *
 * @module
 */

import { OssError } from '../../model/errors.ts'
import { parseObjectKey } from '../../model/object-key.ts'
import type { ObjectKey } from '../../model/identifiers.ts'
import type { ObjectRecord } from '../../model/object.ts'
import type { Deed } from '../authorize.ts'
import { readAuthorized } from '../readable-object.ts'

/**
 * Reads the target with `read`; the caller needs the right to read it as well. Throws
 * `SymlinkTargetNotExist`, and `InvalidTargetType` when it is a link itself.
 */
export async function readTarget<T>(
  request: Deed,
  target: string,
  read: (key: ObjectKey) => Promise<T>,
  recordOf: (found: T) => ObjectRecord,
): Promise<T> {
  const key = parseObjectKey(target)
  // Whichever version of the link was named, it leads to the current one of its target.
  const deed = { ...request, key, right: { ...request.right, action: 'oss:GetObject' } }
  const found = await readAuthorized(deed, () => read(key), recordOf).catch((error: unknown) => {
    throw isAbsence(error) ? missing(key) : error
  })
  if (recordOf(found).symlinkTarget === undefined) return found
  throw new OssError('InvalidTargetType', { details: [{ name: 'Key', value: key }] })
}

function isAbsence(error: unknown): boolean {
  return error instanceof OssError && error.code === 'NoSuchKey'
}

function missing(key: ObjectKey): OssError {
  return new OssError('SymlinkTargetNotExist', { details: [{ name: 'Key', value: key }] })
}
