/**
 * Whether a bucket may have a policy: asked before one is kept, whoever brings it.
 *
 * @module
 */

import { isPublicPolicy } from '../model/access/is-public.ts'
import { BUCKET_POLICY_BYTES_MAX } from '../model/access/policy.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import { refusePublicPolicy } from '../model/public-access.ts'
import { readBucketPolicy } from '../wire/oss/documents/policy.ts'

/** Of a bucket that is still to be made, what it will be. */
export type PolicyHolder = Pick<
  BucketRecord,
  'name' | 'owner' | 'publicAccessBlock' | 'ownerPublicAccessBlock'
>

/**
 * Throws InvalidPolicyDocument for what is none, and AccessDenied for what gives something to everybody
 * where that is blocked. `region` is bare: `cn-hangzhou`.
 */
export function checkPolicy(bucket: PolicyHolder, text: string, region: string): void {
  if (Buffer.byteLength(text) > BUCKET_POLICY_BYTES_MAX) {
    throw policyTooLarge(BUCKET_POLICY_BYTES_MAX)
  }
  const { name, owner } = bucket
  const policy = readBucketPolicy(text, { name, owner, region })
  refusePublicPolicy(bucket, isPublicPolicy(policy))
}

export function policyTooLarge(sizeBytesMax: number): OssError {
  return new OssError('InvalidPolicyDocument', {
    message: `The policy is larger than ${sizeBytesMax} bytes.`,
  })
}
