/**
 * RestoreObject of the S3 dialect.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import { readS3RestoreRequest } from '../../../wire/s3/documents/restore-request.ts'
import type { ObjectOperation } from '../../operation.ts'
import { versionArgument, versionHeaders } from '../../oss/version-arguments.ts'
import { readDocument } from '../../read-document.ts'

export const restoreObject: ObjectOperation = {
  name: 'RestoreObject',
  resource: 'object',
  permission: 'oss:RestoreObject',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const versionId = versionArgument(http.query)
    const request = readS3RestoreRequest(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    const { storageClass } = await objects.find(bucket, key, versionId)
    if (storageClass === 'Standard' || storageClass === 'IA') {
      throw new OssError('InvalidObjectState', {
        message: 'Restore is not allowed for the storage class of the object.',
      })
    }
    // Clients name a tier whatever the class is; of class Archive, all restores take the same.
    const priority = storageClass === 'Archive' ? undefined : request.priority
    const restored = await objects.restore(bucket, key, versionId, { ...request, priority })
    return {
      status: restored.isBegun ? 202 : 200,
      headers: versionHeaders(bucket, restored.record),
    }
  },
}
