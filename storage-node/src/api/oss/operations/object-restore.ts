/**
 * RestoreObject and CleanRestoredObject (oss.md 1.7, 5.15).
 *
 * @module
 */

import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import { DEFAULT_PRIORITY } from '../../../model/restore.ts'
import { readRestoreRequest } from '../../../wire/oss/documents/restore-request.ts'
import type { ObjectOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { versionArgument, versionHeaders } from '../version-arguments.ts'

export const restoreObject: ObjectOperation = {
  name: 'RestoreObject',
  resource: 'object',
  permission: 'oss:RestoreObject',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const versionId = versionArgument(http.query)
    const request = readRestoreRequest(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    const { record, isBegun } = await objects.restore(bucket, key, versionId, request)
    const headers = versionHeaders(bucket, record)
    if (!isBegun) return { status: 200, headers }
    // Of class Archive, all restores take the same.
    if (record.storageClass !== 'Archive') {
      headers.push('x-oss-object-restore-priority', request.priority ?? DEFAULT_PRIORITY)
    }
    return { status: 202, headers }
  },
}

/** The object is frozen again, and may be restored anew. */
export const cleanRestoredObject: ObjectOperation = {
  name: 'CleanRestoredObject',
  resource: 'object',
  permission: 'oss:CleanRestoredObject',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const versionId = versionArgument(http.query)
    const record = await objects.amend(bucket, key, versionId, { kind: 'cleanRestore' })
    return { status: 200, headers: versionHeaders(bucket, record) }
  },
}
