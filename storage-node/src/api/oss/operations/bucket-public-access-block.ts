/**
 * PutBucketPublicAccessBlock, GetBucketPublicAccessBlock and DeleteBucketPublicAccessBlock
 * (oss.md 1.3).
 *
 * @module
 */

import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import {
  readPublicAccessBlock,
  writePublicAccessBlock,
} from '../../../wire/oss/documents/public-access-block.ts'
import type { BucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketPublicAccessBlock: BucketOperation = {
  name: 'PutBucketPublicAccessBlock',
  resource: 'bucket',
  permission: 'oss:PutBucketPublicAccessBlock',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const value = readPublicAccessBlock(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    await buckets.putSetting(bucket, { kind: 'publicAccessBlock', value })
    return { status: 200, headers: [] }
  },
}

export const getBucketPublicAccessBlock: BucketOperation = {
  name: 'GetBucketPublicAccessBlock',
  resource: 'bucket',
  permission: 'oss:GetBucketPublicAccessBlock',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    return Promise.resolve(xmlResponse(writePublicAccessBlock(bucket.publicAccessBlock)))
  },
}

/** No error when nothing was blocked. */
export const deleteBucketPublicAccessBlock: BucketOperation = {
  name: 'DeleteBucketPublicAccessBlock',
  resource: 'bucket',
  permission: 'oss:DeleteBucketPublicAccessBlock',
  metering: 'put',
  access: 'manage',
  async handle({ bucket }, { buckets }) {
    await buckets.putSetting(bucket, { kind: 'publicAccessBlock', value: false })
    return { status: 204, headers: [] }
  },
}
