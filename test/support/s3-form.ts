/**
 * Upload forms as S3 clients sign them.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import type { Access } from './oss-request.ts'
import { policyOf } from './post-form.ts'
import type { Field } from './post-form.ts'

/** Conditions on what the form has, as the SDKs write them, and on its bucket. */
export function covering(bucket: string, fields: readonly Field[]): unknown[] {
  return [{ bucket }, ...fields.map(([name, value]) => ({ [name]: String(value) }))]
}

/** What a test wants otherwise. */
export interface Signing {
  readonly conditions?: readonly unknown[]
  readonly region?: string
  readonly lifeMs?: number
}

/** The fields with a policy that covers them, signed with V4. */
export function signedS3Form(
  access: Access,
  bucket: string,
  fields: readonly Field[],
  { conditions, region, lifeMs }: Signing = {},
): Field[] {
  const { accessKeyId, accessKeySecret, region: own } = access
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = [date.slice(0, 8), region ?? own, 's3', 'aws4_request']
  const named: Field[] = [
    ...fields,
    ['x-amz-algorithm', 'AWS4-HMAC-SHA256'],
    ['x-amz-credential', [accessKeyId, ...scope].join('/')],
    ['x-amz-date', date],
  ]
  const policy = policyOf([...(conditions ?? []), ...covering(bucket, named)], lifeMs)
  let key: Buffer | string = `AWS4${accessKeySecret}`
  for (const step of scope) key = createHmac('sha256', key).update(step).digest()
  const signature = createHmac('sha256', key).update(policy).digest('hex')
  return [...named, ['policy', policy], ['x-amz-signature', signature]]
}
