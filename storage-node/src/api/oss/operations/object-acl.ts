/**
 * GetObjectAcl (oss.md 1.7): ossutil's `stat` shows it with everything else.
 *
 * @module
 */

import { writeAccessControlPolicy } from '../../../wire/oss/documents/access-control-policy.ts'
import type { ObjectOperation } from '../../operation.ts'
import { refuseVersion } from '../../unserved-headers.ts'
import { xmlResponse } from '../../xml-response.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'

export const getObjectAcl: ObjectOperation = {
  name: 'GetObjectAcl',
  resource: 'object',
  permission: 'oss:GetObjectAcl',
  metering: 'get',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    refuseVersion(queryValue(http.query, 'versionId'))
    const { acl } = await objects.find(bucket, key)
    return xmlResponse(writeAccessControlPolicy(bucket.owner, acl))
  },
}
