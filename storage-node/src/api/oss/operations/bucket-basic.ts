/**
 * Making, describing and deleting buckets (oss.md 1.2).
 *
 * @module
 */

import { parseBucketAcl } from '../../../model/acl.ts'
import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import { writeBucketInfo } from '../../../wire/oss/documents/bucket-info.ts'
import { writeBucketLocation } from '../../../wire/oss/documents/bucket-location.ts'
import { writeBucketStat } from '../../../wire/oss/documents/bucket-stat.ts'
import { readCreateBucketConfiguration } from '../../../wire/oss/documents/create-bucket-configuration.ts'
import { readBucketTaggingHeader } from '../../../wire/oss/tagging-header.ts'
import { authorizeService } from '../../authorize.ts'
import type { BucketOperation, NewBucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

/** What tags that come with a new bucket need besides, as PutBucketTags does. */
const PUT_TAGS = { action: 'oss:PutBucketTagging', access: 'manage' } as const

export const putBucket: NewBucketOperation = {
  name: 'PutBucket',
  resource: 'newBucket',
  permission: 'oss:PutBucket',
  metering: 'put',
  async handle({ http, caller, bucketName, account }, { buckets, region }) {
    const acl = http.headers['x-oss-acl']
    const tags = readBucketTaggingHeader(http.headers)
    if (tags !== undefined) {
      const tagging = { ...PUT_TAGS, region: region.region }
      authorizeService(http, caller, tagging, bucketName)
    }
    const settings = readCreateBucketConfiguration(
      await readDocument(http, SMALL_DOCUMENT_BYTES_MAX),
    )
    await buckets.create({
      name: bucketName,
      owner: account,
      acl: acl === undefined ? undefined : parseBucketAcl(acl),
      tags,
      ...settings,
    })
    return { status: 200, headers: ['Location', `/${bucketName}`] }
  },
}

export const deleteBucket: BucketOperation = {
  name: 'DeleteBucket',
  resource: 'bucket',
  permission: 'oss:DeleteBucket',
  metering: 'put',
  access: 'manage',
  async handle({ bucket }, { buckets }) {
    await buckets.delete(bucket)
    return { status: 204, headers: [] }
  },
}

export const getBucketInfo: BucketOperation = {
  name: 'GetBucketInfo',
  resource: 'bucket',
  permission: 'oss:GetBucketInfo',
  metering: 'get',
  access: 'manage',
  handle({ bucket }, { region }) {
    return Promise.resolve(xmlResponse(writeBucketInfo(bucket, region)))
  },
}

export const getBucketLocation: BucketOperation = {
  name: 'GetBucketLocation',
  resource: 'bucket',
  permission: 'oss:GetBucketLocation',
  metering: 'get',
  access: 'manage',
  handle(_request, { region }) {
    return Promise.resolve(xmlResponse(writeBucketLocation(region.region)))
  },
}

export const getBucketStat: BucketOperation = {
  name: 'GetBucketStat',
  resource: 'bucket',
  permission: 'oss:GetBucketStat',
  metering: 'get',
  access: 'manage',
  async handle({ bucket }, { buckets }) {
    const counters = await buckets.stat(bucket)
    // Nothing has changed a bucket that is as it was made.
    const lastModifiedMs = Math.max(counters.lastModifiedMs, bucket.createdMs)
    return xmlResponse(writeBucketStat({ ...counters, lastModifiedMs }))
  },
}
