/**
 * PutBucketPolicy and GetBucketPolicy in the language of policies that the S3 dialect has.
 *
 * @module
 */

import { versionedAction } from '../../../model/access/versioned-action.ts'
import { policyFromS3, policyToS3 } from '../../../wire/s3/documents/bucket-policy.ts'
import { keepPolicy, policyOf, readPolicyText } from '../../bucket-policy.ts'
import type { BucketOperation } from '../../operation.ts'
import { operations } from '../../oss/operations.ts'
import * as oss from '../../oss/operations/bucket-policy.ts'

/** Every action that a policy can be about. */
const ACTIONS: readonly string[] = [
  ...new Set(
    [...operations.values()].flatMap(({ permission }) => [permission, versionedAction(permission)]),
  ),
].sort()

export const putBucketPolicy: BucketOperation = {
  ...oss.putBucketPolicy,
  async handle({ http, bucket }, services) {
    await keepPolicy(bucket, policyFromS3(await readPolicyText(http), ACTIONS), services)
    return { status: 204, headers: [] }
  },
}

export const getBucketPolicy: BucketOperation = {
  ...oss.getBucketPolicy,
  handle({ bucket }) {
    const headers = ['Content-Type', 'application/json']
    return Promise.resolve({ status: 200, headers, body: policyToS3(policyOf(bucket)) })
  },
}
