/**
 * PutBucketRequestPayment and GetBucketRequestPayment (oss.md 1.3).
 *
 * @module
 */

import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import {
  readRequestPaymentConfiguration,
  writeRequestPaymentConfiguration,
} from '../../../wire/oss/documents/request-payment-configuration.ts'
import type { BucketOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketRequestPayment: BucketOperation = {
  name: 'PutBucketRequestPayment',
  resource: 'bucket',
  permission: 'oss:PutBucketRequestPayment',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets }) {
    const document = await readDocument(http, SMALL_DOCUMENT_BYTES_MAX)
    const value = readRequestPaymentConfiguration(document)
    await buckets.putSetting(bucket, { kind: 'requestPayer', value })
    return { status: 200, headers: [] }
  },
}

export const getBucketRequestPayment: BucketOperation = {
  name: 'GetBucketRequestPayment',
  resource: 'bucket',
  permission: 'oss:GetBucketRequestPayment',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    return Promise.resolve(xmlResponse(writeRequestPaymentConfiguration(bucket.requestPayer)))
  },
}
