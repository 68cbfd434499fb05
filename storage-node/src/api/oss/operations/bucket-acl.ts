/**
 * PutBucketAcl and GetBucketAcl (oss.md 1.2).
 *
 * @module
 */

import { parseBucketAcl } from '../../../model/acl.ts'
import { OssError } from '../../../model/errors.ts'
import { writeAccessControlPolicy } from '../../../wire/oss/documents/access-control-policy.ts'
import type { BucketOperation } from '../../operation.ts'
import { refusePublicAcl } from '../../../model/public-access.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketAcl: BucketOperation = {
  name: 'PutBucketAcl',
  resource: 'bucket',
  permission: 'oss:PutBucketAcl',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const acl = http.headers['x-oss-acl']
    if (acl === undefined) {
      throw new OssError('InvalidArgument', {
        message: 'The header x-oss-acl is missing.',
        details: [{ name: 'ArgumentName', value: 'x-oss-acl' }],
      })
    }
    const parsed = parseBucketAcl(acl)
    refusePublicAcl(bucket, parsed, 'bucket')
    await buckets.setAcl(bucket, parsed)
    return { status: 200, headers: [] }
  },
}

export const getBucketAcl: BucketOperation = {
  name: 'GetBucketAcl',
  resource: 'bucket',
  permission: 'oss:GetBucketAcl',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    return Promise.resolve(xmlResponse(writeAccessControlPolicy(bucket.owner, bucket.acl)))
  },
}
