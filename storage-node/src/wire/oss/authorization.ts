/**
 * Who a request says it is from, and how to find out whether that is true.
 *
 * @module
 */

import { OssError, type OssErrorDetail } from '../../model/errors.ts'
import { formatIsoDate } from '../http-date.ts'
import type { Address } from './addressing.ts'
import { readable } from './signature-text.ts'

/** How far the clocks of a client and the server may differ. */
export const CLOCK_SKEW_MS_MAX = 15 * 60 * 1000

/** A request nobody signed: judged by ACLs alone. */
export interface Anonymous {
  readonly kind: 'anonymous'
}

/** A request that names an access key. */
export interface Signed {
  readonly kind: 'signed'
  readonly scheme: 'V1' | 'V2' | 'V4'
  readonly accessKeyId: string
  /** Signed in the URL: whoever has the link may use it until it expires. */
  readonly presigned: boolean
  /** The region that a V4 signature is for; others name none. */
  readonly region?: string
  /** Token of temporary credentials, as sent. */
  readonly securityToken: string | undefined
  /** Returns why the request must be refused; undefined when the signature is right. */
  verify(accessKeySecret: string, nowMs: number): OssError | undefined
}

export type Authorization = Anonymous | Signed

/** Bucket and key that the request addresses, in whatever style (oss.md 5.20). */
export interface SignedResource {
  readonly bucket: string | undefined
  /** Decoded; undefined when the bucket itself is addressed. */
  readonly key: string | undefined
  /** Whether the host names the bucket; only signature V2 of the S3 dialect asks. */
  readonly style?: Address['style']
}

/** What a mismatch shows, so that a client's author can compare (oss.md 2.2). */
export function signatureMismatch(
  accessKeyId: string,
  provided: string,
  stringToSign: string,
  canonicalRequest?: string,
): OssError {
  const details: OssErrorDetail[] = [
    { name: 'OSSAccessKeyId', value: accessKeyId },
    ...textToSignDetails(provided, stringToSign, canonicalRequest),
  ]
  return new OssError('SignatureDoesNotMatch', { details })
}

/** The signature that was sent, and the texts that ours was computed from. */
export function textToSignDetails(
  provided: string,
  stringToSign: string,
  canonicalRequest?: string,
): OssErrorDetail[] {
  const hex = Buffer.from(stringToSign, 'latin1').toString('hex').toUpperCase()
  const details: OssErrorDetail[] = [
    { name: 'SignatureProvided', value: provided },
    { name: 'StringToSign', value: readable(stringToSign) },
    { name: 'StringToSignBytes', value: hex.replace(/..(?=.)/g, '$& ') },
  ]
  if (canonicalRequest !== undefined) {
    details.push({ name: 'CanonicalRequest', value: readable(canonicalRequest) })
  }
  return details
}

/** Refuses a signing time that is absent, unreadable or too far from now. */
export function clockRefusal(signedMs: number | undefined, nowMs: number): OssError | undefined {
  if (signedMs === undefined) {
    return new OssError('AccessDenied', {
      message: 'A signed request needs a valid Date or x-oss-date header.',
      ec: '0002-00000502',
    })
  }
  if (Math.abs(nowMs - signedMs) <= CLOCK_SKEW_MS_MAX) return undefined
  return new OssError('RequestTimeTooSkewed', {
    details: [
      { name: 'MaxAllowedSkewMilliseconds', value: String(CLOCK_SKEW_MS_MAX) },
      { name: 'RequestTime', value: formatIsoDate(signedMs) },
      { name: 'ServerTime', value: formatIsoDate(nowMs) },
    ],
  })
}

/** Refuses a signed URL whose time is over. */
export function expiryRefusal(expiresMs: number, nowMs: number, ec: string): OssError | undefined {
  if (nowMs <= expiresMs) return undefined
  return new OssError('AccessDenied', {
    message: 'Request has expired.',
    ec,
    details: [
      { name: 'Expires', value: formatIsoDate(expiresMs) },
      { name: 'ServerTime', value: formatIsoDate(nowMs) },
    ],
  })
}

/** An Authorization header or parameter that cannot be read; its text is not shown back. */
export function malformedAuthorization(message: string, ec = '0002-00000001'): OssError {
  return new OssError('InvalidArgument', { message, ec })
}
