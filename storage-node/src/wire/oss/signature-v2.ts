/**
 * Signature V2: HMAC-SHA256 over every parameter, in the Authorization header or in the URL (oss.md 2.4).
 *
 * Few clients still speak it, and they disagree in details that cannot be told from the request:
 * how far the path is encoded, whether an empty value has an `=`, what stands for the service. The
 * variants are tried in turn.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import type { OssError } from '../../model/errors.ts'
import { parseHttpDate } from '../http-date.ts'
import { encodePercent } from '../../base/percent-encoding.ts'
import {
  clockRefusal,
  expiryRefusal,
  malformedAuthorization,
  signatureMismatch,
  type Signed,
  type SignedResource,
} from './authorization.ts'
import { queryValue, type QueryPair, type RequestHead } from './request-head.ts'
import { canonicalQuery, headerLines, sameSignature } from './signature-text.ts'

/** Reads `OSS2 AccessKeyId:<id>,AdditionalHeaders:<a;b>,Signature:<signature>`. */
export function readHeaderV2(
  authorization: string,
  head: RequestHead,
  resource: SignedResource,
): Signed {
  const fields = readFields(authorization.slice('OSS2 '.length))
  const accessKeyId = fields.get('AccessKeyId') ?? ''
  const provided = fields.get('Signature') ?? ''
  if (accessKeyId === '' || provided === '') {
    throw malformedAuthorization(
      'Authorization header must be "OSS2 AccessKeyId:<id>,AdditionalHeaders:<a;b>,Signature:<signature>" for signature V2',
    )
  }
  const additional = readAdditionalHeaders(fields.get('AdditionalHeaders'))
  const date = head.headers['x-oss-date'] ?? head.headers['date'] ?? ''
  return {
    kind: 'signed',
    scheme: 'V2',
    accessKeyId,
    presigned: false,
    securityToken: head.headers['x-oss-security-token'],
    verify: (secret, nowMs) =>
      clockRefusal(parseHttpDate(date), nowMs) ??
      verifySignature(accessKeyId, provided, secret, (variant) =>
        stringToSignV2(date, head, resource, additional, variant),
      ),
  }
}

/** Reads the `x-oss-` parameters of a signed URL; the signature covers all but itself. */
export function readUrlV2(head: RequestHead, resource: SignedResource): Signed {
  const parameter = (name: string) => queryValue(head.query, name) ?? ''
  const accessKeyId = parameter('x-oss-access-key-id')
  const provided = parameter('x-oss-signature')
  const expires = parameter('x-oss-expires')
  if (accessKeyId === '' || provided === '' || !/^\d{1,11}$/.test(expires)) {
    throw malformedAuthorization(
      'A URL signed with V2 must have x-oss-access-key-id, x-oss-signature and, in seconds since 1970, x-oss-expires',
    )
  }
  const additional = readAdditionalHeaders(parameter('x-oss-additional-headers'))
  const query = head.query.filter(({ name }) => name !== 'x-oss-signature')
  return {
    kind: 'signed',
    scheme: 'V2',
    accessKeyId,
    presigned: true,
    securityToken: queryValue(head.query, 'security-token'),
    verify: (secret, nowMs) =>
      expiryRefusal(Number(expires) * 1000, nowMs, '0002-00000069') ??
      verifySignature(accessKeyId, provided, secret, (variant) =>
        stringToSignV2(expires, { ...head, query }, resource, additional, variant),
      ),
  }
}

function readAdditionalHeaders(text = ''): string[] {
  const names = text.split(';').filter((name) => name !== '')
  return names.map((name) => name.toLowerCase()).sort()
}

/** How a client writes what the description leaves open. */
interface Variant {
  readonly encode: (text: string) => string
  readonly isEmptyValueSigned: boolean
  readonly isServiceEmpty: boolean
}

const variants: readonly Variant[] = [
  { encode: encodePercent, isEmptyValueSigned: false, isServiceEmpty: false },
  { encode: encodePercent, isEmptyValueSigned: true, isServiceEmpty: false },
  { encode: encodeURIComponent, isEmptyValueSigned: false, isServiceEmpty: true },
  { encode: encodeURIComponent, isEmptyValueSigned: true, isServiceEmpty: true },
]

function verifySignature(
  accessKeyId: string,
  provided: string,
  secret: string,
  textOf: (variant: Variant) => string,
): OssError | undefined {
  const tried: string[] = []
  for (const variant of variants) {
    const text = textOf(variant)
    if (tried.includes(text)) continue
    const expected = createHmac('sha256', secret).update(text, 'latin1').digest('base64')
    if (sameSignature(expected, provided)) return undefined
    tried.push(text)
  }
  return signatureMismatch(accessKeyId, provided, tried[0] ?? '')
}

function stringToSignV2(
  date: string,
  head: RequestHead,
  { bucket, key }: SignedResource,
  additional: readonly string[],
  variant: Variant,
): string {
  const { method, headers, query } = head
  const md5 = headers['content-md5'] ?? ''
  const type = headers['content-type'] ?? ''
  const lines = headerLines(headers, new Set(additional))
  const service = variant.isServiceEmpty ? '' : '/'
  const path = variant.encode(bucket === undefined ? service : `/${bucket}/${key ?? ''}`)
  const list = additional.join(';')
  return `${method}\n${md5}\n${type}\n${date}\n${lines}${list}\n${path}${queryText(query, variant)}`
}

function queryText(query: readonly QueryPair[], variant: Variant): string {
  if (query.length === 0) return ''
  return `?${canonicalQuery(query, variant.encode, variant.isEmptyValueSigned)}`
}

function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const piece of text.split(',')) {
    const field = piece.trim()
    const colon = field.indexOf(':')
    const name = field.slice(0, colon)
    if (colon < 0 || fields.has(name)) {
      throw malformedAuthorization('Authorization header of signature V2 cannot be read')
    }
    fields.set(name, field.slice(colon + 1))
  }
  return fields
}
