/**
 * ACL, tags and public access block of a bucket in the S3 dialect.
 *
 * @module
 */

import { parseBucketAcl } from '../../../model/acl.ts'
import { OssError } from '../../../model/errors.ts'
import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import { writeTagging } from '../../../wire/oss/documents/tagging.ts'
import { readS3Acl, writeS3Acl } from '../../../wire/s3/documents/access-control-policy.ts'
import {
  readS3PublicAccessBlock,
  writeS3PublicAccessBlock,
} from '../../../wire/s3/documents/public-access-block.ts'
import { readS3Versioning } from '../../../wire/s3/documents/versioning-configuration.ts'
import type { BucketOperation } from '../../operation.ts'
import { putBucketVersioning as ossPutBucketVersioning } from '../../oss/operations/bucket-versioning.ts'
import { refusePublicAcl } from '../../../model/public-access.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

/** By the header or by the document. */
export const putBucketAcl: BucketOperation = {
  name: 'PutBucketAcl',
  resource: 'bucket',
  permission: 'oss:PutBucketAcl',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const canned = http.headers['x-oss-acl']
    const acl =
      canned === undefined
        ? readS3Acl(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX), bucket.owner)
        : parseBucketAcl(canned)
    refusePublicAcl(bucket, acl, 'bucket')
    await buckets.setAcl(bucket, acl)
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
    return Promise.resolve(xmlResponse(writeS3Acl(bucket.owner, bucket.acl)))
  },
}

export const putBucketVersioning: BucketOperation = {
  ...ossPutBucketVersioning,
  async handle({ http, bucket }, { buckets }) {
    const value = readS3Versioning(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    await buckets.putSetting(bucket, { kind: 'versioning', value })
    return { status: 200, headers: [] }
  },
}

/** That there are none is an error in this dialect. */
export const getBucketTagging: BucketOperation = {
  name: 'GetBucketTagging',
  resource: 'bucket',
  permission: 'oss:GetBucketTagging',
  metering: 'get',
  access: 'manage',
  handle({ bucket: { name, tags } }) {
    if (tags.length > 0) return Promise.resolve(xmlResponse(writeTagging(tags)))
    const details = [{ name: 'BucketName', value: name }]
    return Promise.reject(new OssError('NoSuchTagSet', { details }))
  },
}

export const putPublicAccessBlock: BucketOperation = {
  name: 'PutPublicAccessBlock',
  resource: 'bucket',
  permission: 'oss:PutBucketPublicAccessBlock',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const value = readS3PublicAccessBlock(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    await buckets.putSetting(bucket, { kind: 'publicAccessBlock', value })
    return { status: 200, headers: [] }
  },
}

export const getPublicAccessBlock: BucketOperation = {
  name: 'GetPublicAccessBlock',
  resource: 'bucket',
  permission: 'oss:GetBucketPublicAccessBlock',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    return Promise.resolve(xmlResponse(writeS3PublicAccessBlock(bucket.publicAccessBlock)))
  },
}
