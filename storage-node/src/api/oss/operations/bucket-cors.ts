/**
 * PutBucketCors, GetBucketCors and DeleteBucketCors (oss.md 1.3).
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { CORS_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import {
  readCorsConfiguration,
  writeCorsConfiguration,
} from '../../../wire/oss/documents/cors-configuration.ts'
import type { BucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketCors: BucketOperation = {
  name: 'PutBucketCors',
  resource: 'bucket',
  permission: 'oss:PutBucketCors',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const value = readCorsConfiguration(await readDocument(http, CORS_DOCUMENT_BYTES_MAX))
    await buckets.putSetting(bucket, { kind: 'cors', value })
    return { status: 200, headers: [] }
  },
}

export const getBucketCors: BucketOperation = {
  name: 'GetBucketCors',
  resource: 'bucket',
  permission: 'oss:GetBucketCors',
  metering: 'get',
  access: 'manage',
  handle({ bucket: { name, cors } }) {
    if (cors !== undefined) return Promise.resolve(xmlResponse(writeCorsConfiguration(cors)))
    const details = [{ name: 'BucketName', value: name }]
    return Promise.reject(new OssError('NoSuchCORSConfiguration', { details }))
  },
}

/** That there is none is no mistake. */
export const deleteBucketCors: BucketOperation = {
  name: 'DeleteBucketCors',
  resource: 'bucket',
  permission: 'oss:DeleteBucketCors',
  metering: 'put',
  access: 'manage',
  async handle({ bucket }, { buckets }) {
    await buckets.putSetting(bucket, { kind: 'cors', value: undefined })
    return { status: 204, headers: [] }
  },
}
