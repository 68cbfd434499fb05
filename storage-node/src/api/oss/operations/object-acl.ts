/**
 * GetObjectAcl (oss.md 1.7): ossutil's `stat` shows it with everything else.
 *
 * @module
 */

import { writeAccessControlPolicy } from '../../../wire/oss/documents/access-control-policy.ts'
import type { ObjectOperation } from '../../operation.ts'
import { xmlResponse } from '../../xml-response.ts'
import { versionArgument, versionHeaders } from '../version-arguments.ts'

export const getObjectAcl: ObjectOperation = {
  name: 'GetObjectAcl',
  resource: 'object',
  permission: 'oss:GetObjectAcl',
  metering: 'get',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const record = await objects.find(bucket, key, versionArgument(http.query))
    const document = writeAccessControlPolicy(bucket.owner, record.acl)
    return xmlResponse(document, versionHeaders(bucket, record))
  },
}
