/**
 * Buckets whose requesters pay: they have to say that they do (oss.md 5.21).
 *
 * @module
 */

import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import { queryValue } from '../wire/oss/request-head.ts'
import type { Caller } from './authenticate.ts'
import type { OssRequest } from './http-message.ts'

const CHARGED = ['x-oss-request-charged', 'requester']

/** Throws `AccessDenied` unless somebody pays for the request; its answer says so when it is not the owner. */
export function requirePayer(
  http: OssRequest,
  { account }: Pick<Caller, 'account'>,
  bucket: BucketRecord,
): void {
  if (bucket.requestPayer === 'BucketOwner' || account === bucket.owner) return
  const payer = http.headers['x-oss-request-payer'] ?? queryValue(http.query, 'x-oss-request-payer')
  if (account === undefined || payer?.toLowerCase() !== 'requester') {
    throw new OssError('AccessDenied', { message: 'Access denied for requester pay bucket.' })
  }
  // A copy may be charged for its source and for its target.
  if (!http.answerHeaders.includes('x-oss-request-charged')) {
    http.answerHeaders = [...http.answerHeaders, ...CHARGED]
  }
}
