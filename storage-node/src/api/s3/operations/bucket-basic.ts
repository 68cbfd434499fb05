/**
 * Making, finding and describing buckets in the S3 dialect.
 *
 * @module
 */

import { parseBucketAcl } from '../../../model/acl.ts'
import { OssError } from '../../../model/errors.ts'
import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import {
  readS3CreateBucket,
  writeLocationConstraint,
} from '../../../wire/s3/documents/create-bucket-configuration.ts'
import {
  readNotificationConfiguration,
  writeNotificationConfiguration,
} from '../../../wire/s3/documents/notification-configuration.ts'
import {
  readOwnershipControls,
  writeOwnershipControls,
} from '../../../wire/s3/documents/ownership-controls.ts'
import type { BucketOperation, NewBucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const createBucket: NewBucketOperation = {
  name: 'CreateBucket',
  resource: 'newBucket',
  permission: 'oss:PutBucket',
  metering: 'put',
  async handle({ http, bucketName, account }, { buckets, region: { region } }) {
    const acl = http.headers['x-oss-acl']
    readS3CreateBucket(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX), region)
    const ownership = http.headers['x-amz-object-ownership']
    if (ownership !== undefined && ownership !== 'BucketOwnerPreferred') {
      throw new OssError('NotImplemented', {
        message: 'x-amz-object-ownership can only be BucketOwnerPreferred here.',
        details: [{ name: 'Header', value: 'x-amz-object-ownership' }],
      })
    }
    const existing = await buckets.find(bucketName)
    if (existing?.owner === account) {
      throw new OssError('BucketAlreadyOwnedByYou', {
        details: [{ name: 'BucketName', value: bucketName }],
      })
    }
    await buckets.create({
      name: bucketName,
      owner: account,
      acl: acl === undefined ? undefined : parseBucketAcl(acl),
      ...{ storageClass: 'Standard', dataRedundancy: 'LRS' },
    })
    return { status: 200, headers: ['Location', `/${bucketName}`] }
  },
}

export const headBucket: BucketOperation = {
  name: 'HeadBucket',
  resource: 'bucket',
  permission: 'oss:ListObjects',
  metering: 'get',
  access: 'list',
  handle(_request, { region: { region } }) {
    const headers = ['x-amz-bucket-region', region, 'Content-Type', 'application/xml']
    return Promise.resolve({ status: 200, headers })
  },
}

export const getBucketLocation: BucketOperation = {
  name: 'GetBucketLocation',
  resource: 'bucket',
  permission: 'oss:GetBucketLocation',
  metering: 'get',
  access: 'manage',
  handle(_request, { region: { region } }) {
    return Promise.resolve(xmlResponse(writeLocationConstraint(region)))
  },
}

/** What it is, nothing else can be put: nobody is told of something that does not hold. */
export const putBucketOwnershipControls: BucketOperation = {
  name: 'PutBucketOwnershipControls',
  resource: 'bucket',
  permission: 'oss:PutBucketAcl',
  metering: 'put',
  access: 'manage',
  async handle({ http }) {
    readOwnershipControls(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    return { status: 200, headers: [] }
  },
}

export const getBucketOwnershipControls: BucketOperation = {
  name: 'GetBucketOwnershipControls',
  resource: 'bucket',
  permission: 'oss:GetBucketAcl',
  metering: 'get',
  access: 'manage',
  handle() {
    return Promise.resolve(xmlResponse(writeOwnershipControls()))
  },
}

/** Only that nobody is told, which is so. */
export const putBucketNotificationConfiguration: BucketOperation = {
  name: 'PutBucketNotificationConfiguration',
  resource: 'bucket',
  permission: 'oss:PutBucketAcl',
  metering: 'put',
  access: 'manage',
  async handle({ http }) {
    readNotificationConfiguration(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    return { status: 200, headers: [] }
  },
}

export const getBucketNotificationConfiguration: BucketOperation = {
  name: 'GetBucketNotificationConfiguration',
  resource: 'bucket',
  permission: 'oss:GetBucketInfo',
  metering: 'get',
  access: 'manage',
  handle() {
    return Promise.resolve(xmlResponse(writeNotificationConfiguration()))
  },
}
