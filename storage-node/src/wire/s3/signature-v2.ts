/**
 * Signature V2 of the S3 dialect: HMAC-SHA1 over date, `x-amz-` headers and the resource, in the
 * Authorization header or in the URL.
 *
 * Which parameters belong to the resource has grown over the years, and clients stopped at different
 * points. With a header the older lists are tried, too; a link is good for what it was made for alone,
 * so its parameters are taken as the longest list says.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { OssError } from '../../model/errors.ts'
import { parseHttpDate, parseIsoBasic } from '../http-date.ts'
import { clockRefusal, expiryRefusal, type SignedResource } from '../oss/authorization.ts'
import { queryValue, type QueryPair } from '../oss/request-head.ts'
import { bytesOf, sameSignature } from '../oss/signature-text.ts'
import {
  missingDate,
  s3SignatureMismatch,
  unsignedRefusal,
  type S3RequestHead,
  type S3Signed,
} from './authorization.ts'
import { canonicalPath } from './canonical-request.ts'
import type { ChunkSigner } from './chunk-signer.ts'
import { payloadOfUnsigned } from './payload.ts'
import { s3SignedParameterSets, type IsSigned } from './signed-parameters.ts'

export const S3_V2_SCHEME = 'AWS'

/** Reads `AWS <access key>:<signature>`. */
export function readHeaderV2(
  authorization: string,
  head: S3RequestHead,
  resource: SignedResource,
): S3Signed {
  const credentials = authorization.slice(S3_V2_SCHEME.length + 1)
  const colon = credentials.lastIndexOf(':')
  if (colon <= 0 || colon === credentials.length - 1) {
    throw new OssError('InvalidArgument', {
      message: 'AWS authorization header is invalid. Expected AwsAccessKeyId:signature',
      details: [{ name: 'ArgumentName', value: 'Authorization' }],
    })
  }
  const accessKeyId = credentials.slice(0, colon)
  const { headers } = head
  // A client that cannot set Date says the time in a header that is signed like any other of its kind.
  const date = headers['x-amz-date'] === undefined ? (headers['date'] ?? '') : ''
  const signedMs = readTime(headers['x-amz-date'] ?? date)
  if (signedMs === undefined) throw missingDate()
  const claim: Claim = { accessKeyId, provided: credentials.slice(colon + 1), date }
  return {
    ...signedBy(claim, head, headers['x-amz-security-token']),
    presigned: false,
    verify: (secret, nowMs) =>
      clockRefusal(signedMs, nowMs) ??
      verifySignature(claim, secret, s3SignedParameterSets, [head, resource]),
  }
}

/** Reads `AWSAccessKeyId`, `Expires` and `Signature` of a signed URL. */
export function readUrlV2(head: S3RequestHead, resource: SignedResource): S3Signed {
  const parameter = (name: string) => queryValue(head.query, name) ?? ''
  const [accessKeyId, provided, expires] = [
    parameter('AWSAccessKeyId'),
    parameter('Signature'),
    parameter('Expires'),
  ]
  if (accessKeyId === '' || provided === '' || !/^\d{1,11}$/.test(expires)) {
    throw new OssError('AccessDenied', {
      message:
        'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    })
  }
  const claim: Claim = { accessKeyId, provided, date: expires }
  const token = queryValue(head.query, 'x-amz-security-token')
  return {
    ...signedBy(claim, head, token ?? head.headers['x-amz-security-token']),
    presigned: true,
    verify: (secret, nowMs) =>
      expiryRefusal(Number(expires) * 1000, nowMs, '0002-00000069') ??
      verifySignature(claim, secret, s3SignedParameterSets.slice(0, 1), [head, resource]),
  }
}

interface Claim {
  readonly accessKeyId: string
  readonly provided: string
  /** What stands in the line of the date. */
  readonly date: string
}

function signedBy(
  { accessKeyId }: Claim,
  { headers }: S3RequestHead,
  securityToken: string | undefined,
) {
  return {
    kind: 'signed',
    scheme: 'V2',
    accessKeyId,
    region: undefined,
    securityToken,
    payload: payloadOfUnsigned(headers),
    chunkSigner: refuseChunks,
  } as const
}

function refuseChunks(): ChunkSigner {
  throw new OssError('InvalidRequest')
}

function verifySignature(
  { accessKeyId, provided, date }: Claim,
  secret: string,
  sets: readonly IsSigned[],
  [head, resource]: readonly [S3RequestHead, SignedResource],
): OssError | undefined {
  // Each `x-amz-` header is signed: what is left are those of the other dialect.
  const unsigned = unsignedRefusal(head, (name) => !name.startsWith('x-oss-'))
  if (unsigned !== undefined) return unsigned
  const beginning = `${head.method}\n${signedHeaders(head)}${date}\n${amzLines(head)}`
  const tried: string[] = []
  for (const path of resourcePaths(head, resource)) {
    for (const isSigned of sets) {
      const text = `${beginning}${path}${subResources(head.query, isSigned)}`
      if (tried.includes(text)) continue
      const expected = createHmac('sha1', secret).update(text, 'latin1').digest('base64')
      if (sameSignature(expected, provided)) return undefined
      tried.push(text)
    }
  }
  return s3SignatureMismatch(accessKeyId, provided, tried[0] ?? '')
}

/** Lines of Content-MD5 and Content-Type; a link may carry them in its query. */
function signedHeaders({ headers, query }: S3RequestHead): string {
  const line = (name: string) => headers[name] ?? bytesOf(queryValue(query, name) ?? '')
  return `${line('content-md5')}\n${line('content-type')}\n`
}

/** Lines `name:value` of what begins with `x-amz-`, in the headers or, of a link, in the query; sorted. */
function amzLines({ headers, query }: S3RequestHead): string {
  const pairs: [string, string][] = []
  for (const name in headers) {
    if (name.startsWith('x-amz-')) pairs.push([name, headers[name] ?? ''])
  }
  for (const { name, value } of query) {
    const small = name.toLowerCase()
    if (small.startsWith('x-amz-')) pairs.push([small, bytesOf(value)])
  }
  // By name alone: a longer name that begins with a shorter one comes after it.
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return pairs.map(([name, value]) => `${name}:${value}\n`).join('')
}

/** The path with the bucket in front, as it was sent and as it should have been encoded. */
function resourcePaths({ rawPath }: S3RequestHead, { bucket, style }: SignedResource): string[] {
  const prefix = style === 'virtualHost' && bucket !== undefined ? `/${bucket}` : ''
  const path = canonicalPath(rawPath)
  const paths = path === undefined || path === rawPath ? [rawPath] : [rawPath, path]
  return paths.map((each) => prefix + each)
}

/** `?name=value&…`, sorted by name, values decoded. */
function subResources(query: readonly QueryPair[], isSigned: IsSigned): string {
  const pairs = query
    .filter(({ name }) => isSigned(name))
    .map(({ name, value }) => (value === '' ? name : `${name}=${bytesOf(value)}`))
  return pairs.length === 0 ? '' : `?${pairs.sort().join('&')}`
}

/** Some clients name the zone by its offset, `+0000`. */
/** Some write the zone of GMT as a number. */
function readTime(text: string): number | undefined {
  return parseHttpDate(text.replace(/ \+0000$/, ' GMT')) ?? parseIsoBasic(text)
}
