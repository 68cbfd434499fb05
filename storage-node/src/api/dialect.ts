/**
 * Which dialect a request speaks: OSS, or that of S3 clients.
 *
 * The signature says it. Who does not sign says it by the host or by a header that only the one
 * dialect has; everybody else speaks OSS, so that browsers and curl see what they always saw.
 *
 * @module
 */

import type { HeaderValues } from '../wire/oss/request-head.ts'

export type Dialect = 'oss' | 's3'

/** What of a request's head decides. */
export interface DialectHead {
  readonly headers: HeaderValues
  readonly rawQuery: string
  readonly host: string
}

/** A parameter that only requests signed for S3 have; the query may be one that cannot be decoded. */
const SIGNED_URL = /(?:^|&)(?:X-Amz-(?:Algorithm|Signature|Credential)|AWSAccessKeyId)=/i
/** A parameter of a URL that is signed for OSS. */
const OSS_SIGNED_URL = /(?:^|&)(?:OSSAccessKeyId|x-oss-signature(?:-version)?)=/
/** `s3.`, or a bucket in front of it. */
const S3_HOST = /^(?:[^.]+\.)?s3\./i

/** The dialect that the request is served and answered in. */
export function dialectOf({ headers, rawQuery, host }: DialectHead): Dialect {
  const authorization = headers['authorization']
  if (authorization !== undefined) return authorization.startsWith('AWS') ? 's3' : 'oss'
  if (rawQuery !== '') {
    if (SIGNED_URL.test(rawQuery)) return 's3'
    if (OSS_SIGNED_URL.test(rawQuery)) return 'oss'
  }
  if (S3_HOST.test(host)) return 's3'
  for (const name in headers) {
    if (name.startsWith('x-amz-')) return 's3'
  }
  return 'oss'
}
