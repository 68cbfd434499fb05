/**
 * PutBucketArchiveDirectRead and GetBucketArchiveDirectRead (oss.md 1.3).
 *
 * @module
 */

import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import {
  readArchiveDirectRead,
  writeArchiveDirectRead,
} from '../../../wire/oss/documents/archive-direct-read.ts'
import type { BucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketArchiveDirectRead: BucketOperation = {
  name: 'PutBucketArchiveDirectRead',
  resource: 'bucket',
  permission: 'oss:PutBucketArchiveDirectRead',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const value = readArchiveDirectRead(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX))
    await buckets.putSetting(bucket, { kind: 'archiveDirectRead', value })
    return { status: 200, headers: [] }
  },
}

export const getBucketArchiveDirectRead: BucketOperation = {
  name: 'GetBucketArchiveDirectRead',
  resource: 'bucket',
  permission: 'oss:GetBucketArchiveDirectRead',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    return Promise.resolve(xmlResponse(writeArchiveDirectRead(bucket.archiveDirectRead)))
  },
}
