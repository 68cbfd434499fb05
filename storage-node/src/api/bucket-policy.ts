/**
 * The policy of a bucket as both dialects take it and show it: a text, judged before it is kept.
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { asBuffer } from '../base/bytes.ts'
import { BUCKET_POLICY_BYTES_MAX } from '../model/access/policy.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import { checkPolicy, policyTooLarge } from '../services/checked-policy.ts'
import type { OssRequest } from './http-message.ts'
import type { Services } from './operation.ts'
import { readDocument } from './read-document.ts'

/** The text of a request. Rejects with InvalidPolicyDocument for one that is too large or no UTF-8. */
export async function readPolicyText(http: OssRequest): Promise<string> {
  const bytes = await readDocument(http, BUCKET_POLICY_BYTES_MAX, policyTooLarge)
  if (isUtf8(bytes)) return asBuffer(bytes).toString()
  throw new OssError('InvalidPolicyDocument', { message: 'The policy must be UTF-8.' })
}

/** Keeps a policy in the language of the OSS API, once it is found to be one that this bucket may have. */
export async function keepPolicy(
  bucket: BucketRecord,
  value: string,
  { buckets, region: { region } }: Services,
): Promise<void> {
  checkPolicy(bucket, value, region)
  await buckets.putSetting(bucket, { kind: 'policy', value })
}

/** The text as it is kept. Throws NoSuchBucketPolicy. */
export function policyOf({ name, policy }: BucketRecord): string {
  if (policy !== undefined) return policy
  throw new OssError('NoSuchBucketPolicy', { details: [{ name: 'BucketName', value: name }] })
}
