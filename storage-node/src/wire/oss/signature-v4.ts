/**
 * Signature V4: HMAC-SHA256 over a canonical request, in the Authorization header or in the URL
 * (oss.md 2.5).
 *
 * @module
 */

import { hash } from 'node:crypto'
import { OssError } from '../../model/errors.ts'
import { formatIsoBasic, parseHttpDate, parseIsoBasic } from '../http-date.ts'
import { ossSigning, scopeText, signingKeyV4, type Scope } from '../signing-key-v4.ts'
import { encodePercent, encodePercentPath } from '../../base/percent-encoding.ts'
import {
  CLOCK_SKEW_MS_MAX,
  clockRefusal,
  expiryRefusal,
  malformedAuthorization,
  signatureMismatch,
  type Signed,
  type SignedResource,
} from './authorization.ts'
import { queryValue, type QueryPair, type RequestHead } from './request-head.ts'
import { canonicalQuery, headerLines, sameSignature } from './signature-text.ts'

export const V4_ALGORITHM = 'OSS4-HMAC-SHA256'
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'
const PRESIGN_EXPIRES_SECONDS_MAX = 604_800

/** Headers that every V4 signature covers besides `x-oss-*`. */
const ALWAYS_SIGNED = ['content-type', 'content-md5']
const alwaysSigned: ReadonlySet<string> = new Set(ALWAYS_SIGNED)

/** Reads `OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=…,Signature=…`, in any order. */
export function readHeaderV4(
  authorization: string,
  head: RequestHead,
  resource: SignedResource,
): Signed {
  const fields = readFields(authorization.slice(V4_ALGORITHM.length + 1))
  const { accessKeyId, scope } = readCredentialV4(fields.get('Credential'))
  const provided = fields.get('Signature') ?? ''
  if (provided === '') throw malformedAuthorization('Authorization header must have a Signature')
  const additional = readAdditionalHeaders(fields.get('AdditionalHeaders'))
  const { headers } = head
  const sentDate = headers['x-oss-date']
  const signedMs =
    sentDate === undefined ? parseHttpDate(headers['date'] ?? '') : parseIsoBasic(sentDate)
  return {
    kind: 'signed',
    scheme: 'V4',
    accessKeyId,
    presigned: false,
    region: scope.region,
    securityToken: headers['x-oss-security-token'],
    verify(secret, nowMs) {
      const refusal = clockRefusal(signedMs, nowMs)
      if (refusal !== undefined || signedMs === undefined) return refusal
      // Without x-oss-date the Go SDK's first version signs the text of Date as it is.
      const timestamp = sentDate ?? headers['date'] ?? ''
      const day = formatIsoBasic(signedMs).slice(0, 8)
      const claim = { accessKeyId, scope, day, timestamp, additional, provided }
      return verifySignature(claim, secret, [head, resource])
    },
  }
}

/** Reads the `x-oss-signature` parameters of a signed URL. */
export function readUrlV4(head: RequestHead, resource: SignedResource): Signed {
  const parameter = (name: string) => queryValue(head.query, name)
  const provided = parameter('x-oss-signature') ?? ''
  const timestamp = parameter('x-oss-date') ?? ''
  const startMs = parseIsoBasic(timestamp)
  if (parameter('x-oss-signature-version') !== V4_ALGORITHM || provided === '') {
    throw malformedAuthorization(
      `A signed URL must have x-oss-signature and x-oss-signature-version=${V4_ALGORITHM}`,
    )
  }
  if (startMs === undefined) {
    throw malformedAuthorization('x-oss-date of a signed URL must be like 20231203T121212Z')
  }
  const { accessKeyId, scope } = readCredentialV4(parameter('x-oss-credential'))
  const additional = readAdditionalHeaders(parameter('x-oss-additional-headers') || undefined)
  const expiresMs = startMs + readExpiresSeconds(parameter('x-oss-expires')) * 1000
  return {
    kind: 'signed',
    scheme: 'V4',
    accessKeyId,
    presigned: true,
    region: scope.region,
    securityToken: parameter('x-oss-security-token'),
    verify: (secret, nowMs) =>
      startRefusal(startMs, nowMs) ??
      expiryRefusal(expiresMs, nowMs, '0002-00000236') ??
      verifySignature(
        { accessKeyId, scope, day: timestamp.slice(0, 8), timestamp, additional, provided },
        secret,
        [head, resource],
      ),
  }
}

/** `<AccessKeyId>/<date>/<region>/oss/…`. Throws InvalidArgument. */
export function readCredentialV4(text: string | undefined): { accessKeyId: string; scope: Scope } {
  const pieces = text?.split('/') ?? []
  const [accessKeyId = '', date = '', region = '', product = '', terminator] = pieces
  const isWhole =
    pieces.length === 5 && accessKeyId !== '' && /^\d{8}$/.test(date) && /^[\w-]*$/.test(region)
  if (!isWhole || product !== 'oss' || terminator !== ossSigning.terminator) {
    throw malformedAuthorization(
      `Credential must be "<AccessKeyId>/<YYYYMMDD>/<region>/oss/${ossSigning.terminator}"`,
    )
  }
  return { accessKeyId, scope: { date, region, product } }
}

/** The canonical request, one character per byte. `additional` is lower-case and sorted. */
export function canonicalRequestV4(
  head: RequestHead,
  resource: SignedResource,
  additional: readonly string[],
  isEmptyValueSigned = false,
): string {
  const { method, headers, query } = head
  const { bucket, key } = resource
  const path = bucket === undefined ? '/' : `/${bucket}/${encodePercentPath(key ?? '')}`
  const further =
    additional.length === 0 ? alwaysSigned : new Set([...ALWAYS_SIGNED, ...additional])
  const lines = headerLines(headers, further)
  const payload = headers['x-oss-content-sha256'] ?? UNSIGNED_PAYLOAD
  return `${method}\n${path}\n${parametersOf(query, isEmptyValueSigned)}\n${lines}\n${additional.join(';')}\n${payload}`
}

interface Claim {
  readonly accessKeyId: string
  readonly scope: Scope
  /** Of the timestamp, YYYYMMDD. */
  readonly day: string
  readonly timestamp: string
  readonly additional: readonly string[]
  readonly provided: string
}

function verifySignature(
  claim: Claim,
  secret: string,
  [head, resource]: readonly [RequestHead, SignedResource],
): OssError | undefined {
  if (claim.day !== claim.scope.date) {
    return malformedAuthorization('Date in Credential must be the day of x-oss-date')
  }
  const key = signingKeyV4(secret, claim.scope, ossSigning)
  const signs = (request: string) => {
    const text = `${V4_ALGORITHM}\n${claim.timestamp}\n${scopeText(claim.scope, ossSigning)}\n${sha256(request)}`
    const expected = key.digest(text, 'hex')
    return { text, right: sameSignature(expected, claim.provided) }
  }
  const request = canonicalRequestV4(head, resource, claim.additional)
  const { text, right } = signs(request)
  if (right) return undefined
  // One client writes the `=` of an empty value into what it signs, if it sends it.
  if (head.query.some((pair) => pair.hasEquals && pair.value === '')) {
    if (signs(canonicalRequestV4(head, resource, claim.additional, true)).right) return undefined
  }
  return (
    absentHeader(claim.additional, head) ??
    signatureMismatch(claim.accessKeyId, claim.provided, text, request)
  )
}

/** Whoever uses a signed URL does not know what was signed with it: this says what is missing. */
function absentHeader(
  additional: readonly string[],
  { headers }: RequestHead,
): OssError | undefined {
  const absent = additional.find((name) => headers[name] === undefined)
  if (absent === undefined) return undefined
  return malformedAuthorization(`The signature covers the header "${absent}", which must be sent`)
}

function sha256(request: string): string {
  return hash('sha256', Buffer.from(request, 'latin1'), 'hex')
}

function parametersOf(query: readonly QueryPair[], isEmptyValueSigned: boolean): string {
  if (query.length === 0) return ''
  const signed = query.filter(({ name }) => name !== 'x-oss-signature')
  return canonicalQuery(signed, encodePercent, isEmptyValueSigned)
}

function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const piece of text.split(',')) {
    const field = piece.trim()
    const equals = field.indexOf('=')
    const name = field.slice(0, equals)
    if (equals < 0 || fields.has(name)) {
      throw malformedAuthorization(
        'Authorization header must list Credential, Signature and optionally AdditionalHeaders once each',
      )
    }
    fields.set(name, field.slice(equals + 1))
  }
  return fields
}

function readAdditionalHeaders(text: string | undefined): string[] {
  if (text === undefined) return []
  const names = text.split(';').map((name) => name.trim().toLowerCase())
  if (names.includes('')) {
    throw malformedAuthorization('AdditionalHeaders must not be empty', '0002-00000209')
  }
  // Those that are always signed are not repeated.
  return [...new Set(names)]
    .filter((name) => !alwaysSigned.has(name) && !name.startsWith('x-oss-'))
    .sort()
}

function readExpiresSeconds(text: string | undefined): number {
  const seconds = /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0
  if (seconds >= 1 && seconds <= PRESIGN_EXPIRES_SECONDS_MAX) return seconds
  throw malformedAuthorization(
    `x-oss-expires must be a number of seconds from 1 to ${PRESIGN_EXPIRES_SECONDS_MAX}`,
    '0002-00000232',
  )
}

function startRefusal(startMs: number, nowMs: number): OssError | undefined {
  if (startMs - nowMs <= CLOCK_SKEW_MS_MAX) return undefined
  return new OssError('AccessDenied', {
    message: 'Request is not valid yet.',
    ec: '0002-00000237',
  })
}
