/**
 * Signature V4 of the S3 dialect: HMAC-SHA256 over a canonical request, in the Authorization header or in
 * the URL.
 *
 * @module
 */

import { hash } from 'node:crypto'
import { remembered } from '../../base/remembered.ts'
import { OssError } from '../../model/errors.ts'
import { formatIsoBasic, parseHttpDate, parseIsoBasic } from '../http-date.ts'
import { CLOCK_SKEW_MS_MAX, clockRefusal, expiryRefusal } from '../oss/authorization.ts'
import { queryValue } from '../oss/request-head.ts'
import { sameSignature } from '../oss/signature-text.ts'
import { s3Signing, scopeText, signingKeyV4, type Scope } from '../signing-key-v4.ts'
import {
  malformedHeader,
  malformedQuery,
  missingDate,
  s3SignatureMismatch,
  unsignedRefusal,
  type S3RequestHead,
  type S3Signed,
} from './authorization.ts'
import { canonicalPath, canonicalRequest, SIGNATURE_PARAMETER } from './canonical-request.ts'
import { ChunkSigner } from './chunk-signer.ts'
import { PAYLOAD_HEADER, readPayload, UNSIGNED_PAYLOAD } from './payload.ts'

export const S3_V4_ALGORITHM = 'AWS4-HMAC-SHA256'
const PRODUCT = 's3'
const PRESIGN_EXPIRES_SECONDS_MAX = 604_800
const SIGNATURE = /^[0-9a-f]{64}$/
/** As nearly all clients write them; others are read by their names. */
const USUAL_FIELDS = /^Credential=([^,=]+), ?SignedHeaders=([^,=]+), ?Signature=([0-9a-f]{64})$/
const NEEDED_PARAMETERS = [
  ...['X-Amz-Algorithm', 'X-Amz-Credential', SIGNATURE_PARAMETER],
  ...['X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Expires'],
]

/** Reads `AWS4-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`, in any order. */
export function readHeaderV4(authorization: string, head: S3RequestHead): S3Signed {
  const fields = readFields(authorization.slice(S3_V4_ALGORITHM.length + 1))
  const { accessKeyId, scope } = usualCredential(fields.credential)
  const { headers } = head
  const payload = headers[PAYLOAD_HEADER]
  if (payload === undefined) {
    throw new OssError('InvalidRequest', {
      message: `Missing required header for this request: ${PAYLOAD_HEADER}`,
    })
  }
  const { signedMs, timestamp } = readSigningTime(headers['x-amz-date'] ?? headers['date'] ?? '')
  if (timestamp.slice(0, 8) !== scope.date) {
    throw malformedHeader('the day of the Credential is not that of the signing time')
  }
  const names = usualNames(fields.signedHeaders)
  const { signature: provided } = fields
  const claim: Claim = { accessKeyId, scope, timestamp, names, payload, provided }
  return {
    ...signedBy(claim, headers['x-amz-security-token']),
    presigned: false,
    verify: (secret, nowMs) =>
      clockRefusal(signedMs, nowMs) ?? verifySignature(claim, secret, head),
  }
}

/** Reads the `X-Amz-` parameters of a signed URL. */
export function readUrlV4(head: S3RequestHead): S3Signed {
  const parameter = (name: string) => queryValue(head.query, name) ?? ''
  const absent = NEEDED_PARAMETERS.find((name) => parameter(name) === '')
  if (absent !== undefined) {
    throw malformedQuery(`A URL signed with V4 needs ${NEEDED_PARAMETERS.join(', ')}.`)
  }
  if (parameter('X-Amz-Algorithm') !== S3_V4_ALGORITHM) {
    throw malformedQuery(`X-Amz-Algorithm only supports "${S3_V4_ALGORITHM}".`)
  }
  const { accessKeyId, scope } = readCredential(parameter('X-Amz-Credential'), inCredential)
  const timestamp = parameter('X-Amz-Date')
  const startMs = parseIsoBasic(timestamp)
  if (startMs === undefined) throw malformedQuery('X-Amz-Date must be like 20231203T121212Z.')
  if (timestamp.slice(0, 8) !== scope.date) {
    throw inCredential('its day is not that of X-Amz-Date')
  }
  const names = signedNames(
    readSignedHeaders(parameter('X-Amz-SignedHeaders'), (why) =>
      malformedQuery(`X-Amz-SignedHeaders is malformed; ${why}.`),
    ),
  )
  const expiresMs = startMs + readExpiresSeconds(parameter('X-Amz-Expires')) * 1000
  const payload = signedPayload(head, names)
  const provided = parameter(SIGNATURE_PARAMETER)
  const claim: Claim = { accessKeyId, scope, timestamp, names, payload, provided }
  return {
    ...signedBy(claim, queryValue(head.query, 'X-Amz-Security-Token')),
    presigned: true,
    verify: (secret, nowMs) =>
      startRefusal(startMs, nowMs) ??
      expiryRefusal(expiresMs, nowMs, '0002-00000236') ??
      verifySignature(claim, secret, head),
  }
}

/** Of the headers that are signed, in lower case. */
interface SignedNames {
  readonly sorted: readonly string[]
  readonly all: ReadonlySet<string>
}

interface Claim {
  readonly accessKeyId: string
  readonly scope: Scope
  readonly timestamp: string
  readonly names: SignedNames
  /** As signed. */
  readonly payload: string
  readonly provided: string
}

function signedBy(claim: Claim, securityToken: string | undefined) {
  const { accessKeyId, scope, timestamp, provided } = claim
  return {
    kind: 'signed',
    scheme: 'V4',
    accessKeyId,
    region: scope.region,
    securityToken,
    payload: readPayload(claim.payload),
    chunkSigner(secret: string) {
      const key = signingKeyV4(secret, scope, s3Signing)
      return new ChunkSigner({ key, timestamp, scope: scopeText(scope, s3Signing) }, provided)
    },
  } as const
}

function verifySignature(claim: Claim, secret: string, head: S3RequestHead): OssError | undefined {
  const { accessKeyId, scope, timestamp, names, provided } = claim
  const unsigned = unsignedRefusal(head, (name) => names.all.has(name))
  if (unsigned !== undefined) return unsigned
  const key = signingKeyV4(secret, scope, s3Signing)
  const beginning = `${S3_V4_ALGORITHM}\n${timestamp}\n${scopeText(scope, s3Signing)}\n`
  const signs = (path: string) => {
    const request = canonicalRequest(head, path, { names: names.sorted, payload: claim.payload })
    const digest = hash('sha256', Buffer.from(request, 'latin1'), 'hex')
    const text = beginning + digest
    const expected = key.digest(text, 'hex')
    return { request, text, right: sameSignature(expected, provided) }
  }
  const path = canonicalPath(head.rawPath) ?? head.rawPath
  const { request, text, right } = signs(path)
  // Absent and empty ones are signed alike: somebody on the way could take an empty one out.
  const lacksHeader = names.sorted.some((name) => head.headers[name] === undefined)
  if (lacksHeader) return s3SignatureMismatch(accessKeyId, provided, text, request)
  if (right) return undefined
  // Some sign the path as they send it, whatever they leave unencoded, or encode too much.
  if (head.rawPath !== path && signs(head.rawPath).right) return undefined
  return s3SignatureMismatch(accessKeyId, provided, text, request)
}

function signedNames(sorted: readonly string[]): SignedNames {
  return { sorted, all: new Set(sorted) }
}

/** Clients say the same of themselves all day. */
const KEPT_COUNT_MAX = 256
const usualCredential = remembered((text) => readCredential(text, malformedHeader), KEPT_COUNT_MAX)
const usualNames = remembered(
  (text) => signedNames(readSignedHeaders(text, malformedHeader)),
  KEPT_COUNT_MAX,
)

/** What makes a refusal of a reason. */
type Refuse = (why: string) => OssError

const inCredential: Refuse = (why) =>
  malformedQuery(`Error parsing the X-Amz-Credential parameter; ${why}.`)

/** `<access key>/<date>/<region>/s3/aws4_request` */
export function readCredential(
  text: string,
  refuse: Refuse,
): { accessKeyId: string; scope: Scope } {
  const pieces = text.split('/')
  const [accessKeyId = '', date = '', region = '', product = '', terminator] = pieces
  const isWhole =
    pieces.length === 5 && accessKeyId !== '' && /^\d{8}$/.test(date) && /^[\w-]*$/.test(region)
  if (!isWhole || terminator !== s3Signing.terminator) {
    const wanted = `"<access key>/YYYYMMDD/REGION/${PRODUCT}/${s3Signing.terminator}"`
    throw refuse(`the Credential is mal-formed; expecting ${wanted}`)
  }
  if (product !== PRODUCT) {
    throw refuse(`incorrect service. This endpoint belongs to "${PRODUCT}"`)
  }
  return { accessKeyId, scope: { date, region, product } }
}

interface Fields {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
}

function readFields(text: string): Fields {
  const usual = USUAL_FIELDS.exec(text)
  if (usual !== null) {
    const [, credential = '', signedHeaders = '', signature = ''] = usual
    return { credential, signedHeaders, signature }
  }
  const fields = new Map<string, string>()
  for (const piece of text.split(',')) {
    const field = piece.trim()
    const equals = field.indexOf('=')
    const name = field.slice(0, equals)
    if (equals < 0 || fields.has(name)) throw notOnce()
    fields.set(name, field.slice(equals + 1))
  }
  const credential = fields.get('Credential')
  const signedHeaders = fields.get('SignedHeaders')
  const signature = fields.get('Signature') ?? ''
  if (fields.size !== 3 || credential === undefined || signedHeaders === undefined) throw notOnce()
  if (!SIGNATURE.test(signature))
    throw malformedHeader('Signature must be 64 lower-case hex digits')
  return { credential, signedHeaders, signature }
}

function notOnce(): OssError {
  return malformedHeader('Credential, SignedHeaders and Signature must be there once each')
}

function readSignedHeaders(text: string, refuse: Refuse): string[] {
  const names = text.toLowerCase().split(';')
  let isSorted = true
  for (let at = 1; at < names.length; at += 1) {
    if ((names[at] ?? '') <= (names[at - 1] ?? '')) isSorted = false
  }
  // Nearly all clients write them in the order in which they are signed.
  if (!isSorted) names.sort()
  if (names.includes('')) throw refuse('SignedHeaders must list names separated by ";"')
  if (!isSorted && names.some((name, at) => name === names[at + 1])) {
    throw refuse('SignedHeaders must list a name once')
  }
  return names
}

/** Time of a header, and how it is signed whichever way it is written. */
function readSigningTime(text: string): { signedMs: number; timestamp: string } {
  const isoMs = parseIsoBasic(text)
  if (isoMs !== undefined) return { signedMs: isoMs, timestamp: text }
  const signedMs = parseHttpDate(text)
  if (signedMs === undefined) throw missingDate()
  return { signedMs, timestamp: formatIsoBasic(signedMs) }
}

/** A link says nothing of the bytes that come with it, unless it says so itself. */
function signedPayload({ query, headers }: S3RequestHead, names: SignedNames): string {
  // A header that a client moved there keeps its name, however it was written.
  const inQuery = query.find(({ name }) => name.toLowerCase() === PAYLOAD_HEADER)
  if (inQuery !== undefined) return inQuery.value
  const inHeader = names.all.has(PAYLOAD_HEADER) ? headers[PAYLOAD_HEADER] : undefined
  return inHeader ?? UNSIGNED_PAYLOAD
}

function readExpiresSeconds(text: string): number {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= PRESIGN_EXPIRES_SECONDS_MAX) return seconds
  throw malformedQuery(
    `X-Amz-Expires must be a number of seconds from 1 to ${PRESIGN_EXPIRES_SECONDS_MAX}.`,
  )
}

function startRefusal(startMs: number, nowMs: number): OssError | undefined {
  if (startMs - nowMs <= CLOCK_SKEW_MS_MAX) return undefined
  return new OssError('AccessDenied', {
    message: 'Request is not yet valid.',
    ec: '0002-00000237',
  })
}
