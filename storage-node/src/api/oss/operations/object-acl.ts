/**
 * PutObjectAcl and GetObjectAcl (oss.md 1.7): ossutil's `stat` shows it with everything else.
 *
 * @module
 */

import { parseObjectAcl } from '../../../model/acl.ts'
import { OssError } from '../../../model/errors.ts'
import { writeAccessControlPolicy } from '../../../wire/oss/documents/access-control-policy.ts'
import type { ObjectOperation } from '../../operation.ts'
import { refusePublicAcl } from '../../../model/public-access.ts'
import { xmlResponse } from '../../xml-response.ts'
import { versionArgument, versionHeaders } from '../version-arguments.ts'

export const putObjectAcl: ObjectOperation = {
  name: 'PutObjectAcl',
  resource: 'object',
  permission: 'oss:PutObjectAcl',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const versionId = versionArgument(http.query)
    const text = http.headers['x-oss-object-acl']
    if (text === undefined) {
      throw new OssError('InvalidArgument', {
        message: 'The header x-oss-object-acl is missing.',
        details: [{ name: 'ArgumentName', value: 'x-oss-object-acl' }],
      })
    }
    const acl = parseObjectAcl(text)
    refusePublicAcl(bucket, acl, 'object')
    const record = await objects.amend(bucket, key, versionId, { kind: 'acl', acl })
    return { status: 200, headers: versionHeaders(bucket, record) }
  },
}

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
