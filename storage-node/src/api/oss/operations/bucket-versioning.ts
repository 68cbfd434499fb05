/**
 * PutBucketVersioning and GetBucketVersioning (oss.md 1.3, 5.7).
 *
 * @module
 */

import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import {
  readVersioningConfiguration,
  writeVersioningConfiguration,
} from '../../../wire/oss/documents/versioning-configuration.ts'
import type { BucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketVersioning: BucketOperation = {
  name: 'PutBucketVersioning',
  resource: 'bucket',
  permission: 'oss:PutBucketVersioning',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const document = await readDocument(http, SMALL_DOCUMENT_BYTES_MAX)
    const value = readVersioningConfiguration(document)
    await buckets.putSetting(bucket, { kind: 'versioning', value })
    return { status: 200, headers: [] }
  },
}

export const getBucketVersioning: BucketOperation = {
  name: 'GetBucketVersioning',
  resource: 'bucket',
  permission: 'oss:GetBucketVersioning',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    return Promise.resolve(xmlResponse(writeVersioningConfiguration(bucket.versioning)))
  },
}
