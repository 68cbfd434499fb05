/**
 * PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy and GetBucketPolicyStatus (oss.md 1.3, 2.7).
 *
 * @module
 */

import { writePolicyStatus } from '../../../wire/oss/documents/policy-status.ts'
import { keepPolicy, policyOf, readPolicyText } from '../../bucket-policy.ts'
import { bucketRights } from '../../bucket-rights.ts'
import type { BucketOperation } from '../../operation.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketPolicy: BucketOperation = {
  name: 'PutBucketPolicy',
  resource: 'bucket',
  permission: 'oss:PutBucketPolicy',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, services) {
    await keepPolicy(bucket, await readPolicyText(http), services)
    return { status: 200, headers: [] }
  },
}

/** The text as it was put. */
export const getBucketPolicy: BucketOperation = {
  name: 'GetBucketPolicy',
  resource: 'bucket',
  permission: 'oss:GetBucketPolicy',
  metering: 'get',
  access: 'manage',
  handle({ bucket }) {
    const headers = ['Content-Type', 'application/json']
    return Promise.resolve({ status: 200, headers, body: policyOf(bucket) })
  },
}

/** No error when there is none. */
export const deleteBucketPolicy: BucketOperation = {
  name: 'DeleteBucketPolicy',
  resource: 'bucket',
  permission: 'oss:DeleteBucketPolicy',
  metering: 'put',
  access: 'manage',
  async handle({ bucket }, { buckets }) {
    await buckets.putSetting(bucket, { kind: 'policy', value: undefined })
    return { status: 204, headers: [] }
  },
}

export const getBucketPolicyStatus: BucketOperation = {
  name: 'GetBucketPolicyStatus',
  resource: 'bucket',
  permission: 'oss:GetBucketPolicyStatus',
  metering: 'get',
  access: 'manage',
  handle({ bucket }, { region: { region } }) {
    const isPublic = bucketRights(bucket, region).policy?.isPublic === true
    return Promise.resolve(xmlResponse(writePolicyStatus(isPublic)))
  },
}
