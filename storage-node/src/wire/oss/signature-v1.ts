/**
 * Signature V1: HMAC-SHA1 in the Authorization header or in the URL (oss.md 2.2, 2.3).
 *
 * @module
 */

import { HmacKey } from '../../base/hmac-key.ts'
import { remembered } from '../../base/remembered.ts'
import { OssError } from '../../model/errors.ts'
import { parseHttpDate } from '../http-date.ts'
import {
  clockRefusal,
  expiryRefusal,
  malformedAuthorization,
  signatureMismatch,
  type Signed,
  type SignedResource,
} from './authorization.ts'
import { queryValue, type QueryPair, type RequestHead } from './request-head.ts'
import { bytesOf, headerLines, sameSignature } from './signature-text.ts'
import { signedParameterSets, type IsSigned } from './signed-parameters.ts'

/** Parameters that make a request a URL-signed one. */
export const V1_URL_PARAMETERS = ['Signature', 'OSSAccessKeyId', 'Expires'] as const

/** Reads `OSS <id>:<signature>`. Throws InvalidArgument when it is something else. */
export function readHeaderV1(
  authorization: string,
  head: RequestHead,
  resource: SignedResource,
): Signed {
  const colon = authorization.indexOf(':')
  const accessKeyId = authorization.slice('OSS '.length, colon).trim()
  const provided = authorization.slice(colon + 1).trim()
  if (colon < 0 || accessKeyId === '' || provided === '') {
    throw malformedAuthorization(
      'Authorization header must be "OSS <AccessKeyId>:<Signature>" for signature V1',
    )
  }
  const date = head.headers['x-oss-date'] ?? head.headers['date'] ?? ''
  return {
    kind: 'signed',
    scheme: 'V1',
    accessKeyId,
    presigned: false,
    securityToken: head.headers['x-oss-security-token'],
    verify: (secret, nowMs) =>
      clockRefusal(parseHttpDate(date), nowMs) ??
      verifySignature({ accessKeyId, provided, date, head, resource }, secret),
  }
}

/** Reads the three parameters of a signed URL. Throws AccessDenied when one is missing. */
export function readUrlV1(head: RequestHead, resource: SignedResource): Signed {
  const [signature, accessKeyId, expires] = V1_URL_PARAMETERS.map((name) =>
    queryValue(head.query, name),
  )
  if (!signature || !accessKeyId || !expires) {
    throw new OssError('AccessDenied', {
      message: 'A signed URL must have OSSAccessKeyId, Expires and Signature.',
      ec: '0002-00000066',
    })
  }
  if (!/^\d{1,11}$/.test(expires)) {
    throw new OssError('AccessDenied', {
      message: 'Expires of a signed URL must be a number of seconds since 1970.',
      ec: '0002-00000067',
    })
  }
  // A plus that a client forgot to encode has become a blank; base64 knows no blanks.
  const provided = signature.replaceAll(' ', '+')
  return {
    kind: 'signed',
    scheme: 'V1',
    accessKeyId,
    presigned: true,
    securityToken: queryValue(head.query, 'security-token'),
    verify: (secret, nowMs) =>
      expiryRefusal(Number(expires) * 1000, nowMs, '0002-00000069') ??
      verifySignature({ accessKeyId, provided, date: expires, head, resource }, secret),
  }
}

/** The text a V1 client signs, one character per byte. */
export function stringToSignV1(
  date: string,
  head: RequestHead,
  resource: SignedResource,
  isSigned: IsSigned,
): string {
  return prefixOf(date, head, resource) + subresourceText(head.query, isSigned)
}

interface Claim {
  readonly accessKeyId: string
  readonly provided: string
  readonly date: string
  readonly head: RequestHead
  readonly resource: SignedResource
}

/** Enough for the access keys that are busy at the same time. */
const KEPT_COUNT_MAX = 1000
const keyOf = remembered((secret) => new HmacKey('sha1', Buffer.from(secret)), KEPT_COUNT_MAX)

function verifySignature(claim: Claim, secret: string): OssError | undefined {
  const { accessKeyId, provided, date, head, resource } = claim
  const prefix = prefixOf(date, head, resource)
  const tried: string[] = []
  for (const isSigned of signedParameterSets) {
    const text = prefix + subresourceText(head.query, isSigned)
    if (tried.includes(text)) continue
    const expected = keyOf(secret).digest(text, 'base64')
    if (sameSignature(expected, provided)) return undefined
    tried.push(text)
    // Without a query all sets sign the same.
    if (head.query.length === 0) break
  }
  return signatureMismatch(accessKeyId, provided, tried[0] ?? prefix)
}

function prefixOf(date: string, head: RequestHead, resource: SignedResource): string {
  const { headers } = head
  const md5 = headers['content-md5'] ?? ''
  const type = headers['content-type'] ?? ''
  const { bucket, key } = resource
  const path = bucket === undefined ? '/' : `/${bucket}/${key === undefined ? '' : bytesOf(key)}`
  return `${head.method}\n${md5}\n${type}\n${date}\n${headerLines(headers)}${path}`
}

function subresourceText(query: readonly QueryPair[], isSigned: IsSigned): string {
  if (query.length === 0) return ''
  const signed = new Map<string, string>()
  for (const { name, value } of query) {
    if (isSigned(name) && !signed.has(name)) signed.set(name, value)
  }
  const names = [...signed.keys()]
  if (names.length > 1) names.sort()
  let text = ''
  for (const name of names) {
    const value = signed.get(name) ?? ''
    text += `${text === '' ? '?' : '&'}${bytesOf(name)}`
    if (value !== '') text += `=${bytesOf(value)}`
  }
  return text
}
