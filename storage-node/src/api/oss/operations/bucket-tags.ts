/**
 * PutBucketTags, GetBucketTags and DeleteBucketTags (oss.md 1.2).
 *
 * @module
 */

import { TAGGING_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import { checkBucketTags } from '../../../model/tag.ts'
import { readTagging, writeTagging } from '../../../wire/oss/documents/tagging.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import type { BucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketTags: BucketOperation = {
  name: 'PutBucketTags',
  resource: 'bucket',
  permission: 'oss:PutBucketTagging',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const document = await readDocument(http, TAGGING_DOCUMENT_BYTES_MAX)
    const value = checkBucketTags(readTagging(document))
    await buckets.putSetting(bucket, { kind: 'tags', value })
    return { status: 200, headers: [] }
  },
}

export const getBucketTags: BucketOperation = {
  name: 'GetBucketTags',
  resource: 'bucket',
  permission: 'oss:GetBucketTagging',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    return Promise.resolve(xmlResponse(writeTagging(bucket.tags)))
  },
}

/** All of them, or those whose keys `tagging` lists. Keys that no tag has are no mistake. */
export const deleteBucketTags: BucketOperation = {
  name: 'DeleteBucketTags',
  resource: 'bucket',
  permission: 'oss:DeleteBucketTagging',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const keys = queryValue(http.query, 'tagging') ?? ''
    await buckets.putSetting(
      bucket,
      keys === '' ? { kind: 'tags', value: [] } : { kind: 'removedTags', keys: keys.split(',') },
    )
    return { status: 204, headers: [] }
  },
}
