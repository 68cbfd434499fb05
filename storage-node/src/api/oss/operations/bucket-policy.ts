/**
 * PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy and GetBucketPolicyStatus (oss.md 1.3, 2.7).
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { isPublicPolicy } from '../../../model/access/is-public.ts'
import { BUCKET_POLICY_BYTES_MAX } from '../../../model/access/policy.ts'
import type { BucketRecord } from '../../../model/bucket.ts'
import { OssError } from '../../../model/errors.ts'
import { readBucketPolicy } from '../../../wire/oss/documents/policy.ts'
import { writePolicyStatus } from '../../../wire/oss/documents/policy-status.ts'
import { asBuffer } from '../../../base/bytes.ts'
import { bucketRights } from '../../bucket-rights.ts'
import type { OssRequest } from '../../http-message.ts'
import type { BucketOperation } from '../../operation.ts'
import { refusePublicPolicy } from '../../public-access.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putBucketPolicy: BucketOperation = {
  name: 'PutBucketPolicy',
  resource: 'bucket',
  permission: 'oss:PutBucketPolicy',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket }, { buckets, region: { region } }) {
    const value = await readText(http)
    const { name, owner } = bucket
    const policy = readBucketPolicy(value, { name, owner, region })
    refusePublicPolicy(bucket, isPublicPolicy(policy))
    await buckets.putSetting(bucket, { kind: 'policy', value })
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

async function readText(http: OssRequest): Promise<string> {
  const bytes = await readDocument(http, BUCKET_POLICY_BYTES_MAX, tooLarge)
  if (isUtf8(bytes)) return asBuffer(bytes).toString()
  throw new OssError('InvalidPolicyDocument', { message: 'The policy must be UTF-8.' })
}

function tooLarge(sizeBytesMax: number): OssError {
  return new OssError('InvalidPolicyDocument', {
    message: `The policy is larger than ${sizeBytesMax} bytes.`,
  })
}

function policyOf({ name, policy }: BucketRecord): string {
  if (policy !== undefined) return policy
  throw new OssError('NoSuchBucketPolicy', { details: [{ name: 'BucketName', value: name }] })
}
