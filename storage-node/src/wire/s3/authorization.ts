/**
 * Who a request of the S3 dialect says it is from, and how to find out whether that is true.
 *
 * @module
 */

import { OssError, type OssErrorDetail } from '../../model/errors.ts'
import { textToSignDetails } from '../oss/authorization.ts'
import type { RequestHead } from '../oss/request-head.ts'
import type { ChunkSigner } from './chunk-signer.ts'
import type { Payload } from './payload.ts'

/** What signatures of this dialect cover besides: the path as it was sent. */
export interface S3RequestHead extends RequestHead {
  /** Percent-encoded, without the query. */
  readonly rawPath: string
}

/** A request nobody signed: judged by ACLs and policies alone. */
export interface S3Anonymous {
  readonly kind: 'anonymous'
  readonly payload: Payload
}

/** A request that names an access key. */
export interface S3Signed {
  readonly kind: 'signed'
  readonly scheme: 'V2' | 'V4'
  readonly accessKeyId: string
  /** Signed in the URL: whoever has the link may use it until it expires. */
  readonly presigned: boolean
  /** The region that a V4 signature is for; V2 names none. */
  readonly region: string | undefined
  /** Token of temporary credentials, as sent. */
  readonly securityToken: string | undefined
  /** What is said of the body. */
  readonly payload: Payload
  /** Returns why the request must be refused; undefined when the signature is right. */
  verify(accessKeySecret: string, nowMs: number): OssError | undefined
  /** Verifies the pieces of a body that is signed piece by piece; only after the request itself. */
  chunkSigner(accessKeySecret: string): ChunkSigner
}

export type S3Authorization = S3Anonymous | S3Signed

/** Headers that mean something here, by the beginnings of their names. */
const MEANINGFUL = ['x-amz-', 'x-oss-']

/**
 * Refuses headers that mean something here and that the signature does not cover: with a link of somebody
 * else's, a client could otherwise choose what is made of its bytes.
 */
export function unsignedRefusal(
  { headers }: RequestHead,
  isSigned: (name: string) => boolean,
): OssError | undefined {
  const unsigned = isSigned('host') ? [] : ['host']
  for (const name in headers) {
    if (isSigned(name) || !MEANINGFUL.some((beginning) => name.startsWith(beginning))) continue
    unsigned.push(name)
  }
  if (unsigned.length === 0) return undefined
  return new OssError('AccessDenied', {
    message: 'There were headers present in the request which were not signed.',
    details: [{ name: 'HeadersNotSigned', value: unsigned.join(', ') }],
  })
}

/** What a mismatch shows, so that a client's author can compare. */
export function s3SignatureMismatch(
  accessKeyId: string,
  provided: string,
  stringToSign: string,
  canonicalRequest?: string,
): OssError {
  const details: OssErrorDetail[] = [
    { name: 'AWSAccessKeyId', value: accessKeyId },
    ...textToSignDetails(provided, stringToSign, canonicalRequest),
  ]
  return new OssError('SignatureDoesNotMatch', { details })
}

/** Refuses a signature without a time at which it was made. */
export function missingDate(): OssError {
  return new OssError('AccessDenied', {
    message: 'A signed request needs a valid Date or x-amz-date header.',
    ec: '0002-00000502',
  })
}

/** An Authorization header that cannot be read; its text is not shown back. */
export function malformedHeader(why: string, region?: string): OssError {
  return new OssError('AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed; ${why}.`,
    ...(region !== undefined && { details: [{ name: 'Region', value: region }] }),
  })
}

/** Parameters of a signed URL that cannot be read. */
export function malformedQuery(message: string, region?: string): OssError {
  return new OssError('AuthorizationQueryParametersError', {
    message,
    ...(region !== undefined && { details: [{ name: 'Region', value: region }] }),
  })
}
