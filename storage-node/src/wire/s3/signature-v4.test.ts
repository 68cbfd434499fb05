import aws4 from 'aws4'
import fc from 'fast-check'
import { OssError } from '../../model/errors.ts'
import { formatIsoBasic } from '../http-date.ts'
import type { S3RequestHead } from './authorization.ts'
import { EMPTY_SHA256 } from './payload.ts'
import { foreignRegionRefusal, readS3Authorization } from './read-authorization.ts'
import {
  ACCESS_KEY,
  headOf,
  NOW_MS,
  REGION,
  SCOPE,
  smithySigner,
  targetOf,
  wronglySigned,
  type UnsignedRequest,
} from './signing-fixtures.ts'

const RESOURCE = { bucket: 'grain', key: 'barley', style: 'path' } as const
const SKEW_MS = 15 * 60 * 1000

/** The access key of a request whose signature is right, or its refusal, whenever it is found. */
function verdict(head: S3RequestHead, nowMs = NOW_MS): unknown {
  try {
    const authorization = readS3Authorization(head, RESOURCE)
    if (authorization.kind === 'anonymous') return 'anonymous'
    const refusal = authorization.verify(ACCESS_KEY.secretAccessKey, nowMs)
    return refusal ?? authorization.accessKeyId
  } catch (error) {
    return error
  }
}

const mismatch = expect.objectContaining({ code: 'SignatureDoesNotMatch' })

const segment = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('.', '..', '', 'a+b', 'ü/ö', "it's", '(1)*!', 'a%2Fb'),
)
const path = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => `/grain/${segments.map(encodeURIComponent).join('/')}`)
const value = fc.string({ maxLength: 12 })
const query = fc.dictionary(
  fc.oneof(fc.constantFrom('prefix', 'prefix-', 'uploads', 'list-type', 'x-id'), value),
  value,
  { maxKeys: 4 },
)
const metadata = fc.dictionary(
  fc.stringMatching(/^x-amz-meta-[a-z0-9-]{1,8}$/),
  fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/),
  { maxKeys: 3 },
)
const request: fc.Arbitrary<UnsignedRequest> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE'),
  path,
  // An object takes this for its prototype, and sends none.
  query: query.filter((pairs) => !('__proto__' in pairs)),
  headers: metadata.map((headers) => ({ ...headers, host: 'localhost:9000' })),
})
const runs = { numRuns: 25 }

test('whatever the official SDK signs verifies, and nothing that was changed does', async () => {
  const token = fc.option(fc.constant('token/+='), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(request, token, async (unsigned, sessionToken) => {
      const head = await signInHeader(unsigned, sessionToken)
      expect(verdict(head)).toBe('ak')
      expect(readS3Authorization(head, RESOURCE)).toMatchObject({
        ...{ presigned: false, region: REGION, securityToken: sessionToken },
        payload: { kind: 'hashed', sha256: EMPTY_SHA256 },
      })
      expect(verdict({ ...head, rawPath: `${head.rawPath}x` })).toEqual(mismatch)
      expect(verdict({ ...head, method: 'OPTIONS' })).toEqual(mismatch)
      const pair = { name: 'a', value: '1', hasEquals: true }
      expect(verdict({ ...head, query: [...head.query, pair] })).toEqual(mismatch)
      const headers = { ...head.headers, host: 'elsewhere' }
      expect(verdict({ ...head, headers })).toEqual(mismatch)
    }),
    runs,
  )
})

test('URLs that the official SDK signs verify until they expire', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.integer({ min: 1, max: 604_800 }), async (unsigned, seconds) => {
      const head = await signInUrl(unsigned, seconds, 'token')
      const endMs = NOW_MS + seconds * 1000
      expect(verdict(head)).toBe('ak')
      expect(verdict(head, endMs)).toBe('ak')
      expect(verdict(head, endMs + 1)).toMatchObject({
        ...{ code: 'AccessDenied', message: 'Request has expired.' },
      })
      expect(verdict(head, NOW_MS - SKEW_MS)).toBe('ak')
      expect(verdict(head, NOW_MS - SKEW_MS - 1)).toMatchObject({ code: 'AccessDenied' })
      expect(verdict({ ...head, method: 'PATCH' })).toEqual(mismatch)
      expect(verdict({ ...head, rawPath: `${head.rawPath}/` })).toEqual(mismatch)
    }),
    runs,
  )
})

test('whatever aws4 signs verifies, in the header and in the URL', () => {
  fc.assert(
    fc.property(request, fc.boolean(), (unsigned, signQuery) => {
      const { method, path: sent, query: further } = unsigned
      const date = { 'X-Amz-Date': formatIsoBasic(NOW_MS) }
      const signed = aws4.sign(
        {
          ...{ service: 's3', region: REGION, method, signQuery },
          path: targetOf(sent, signQuery ? { ...further, ...date } : further),
          headers: signQuery ? { ...unsigned.headers } : { ...unsigned.headers, ...date },
        },
        ACCESS_KEY,
      )
      const headers = signed.headers as Record<string, string>
      expect(verdict(headOf(method, signed.path ?? '', headers))).toBe('ak')
    }),
    runs,
  )
})

test.each([
  '/grain/a b',
  '/grain/a%20b',
  '/grain/a+b',
  '/grain/%61',
  '/grain//a/../b',
  "/grain/(1)'",
])('a path that is sent as %s may be signed as it is sent', async (sent) => {
  const unsigned = { method: 'GET', path: sent, query: {}, headers: { host: 'localhost' } }
  expect(verdict(await signInHeader(unsigned))).toBe('ak')
})

test('the signing time may stand in Date, in either form', async () => {
  const unsigned = { method: 'GET', path: '/', query: {}, headers: { host: 'localhost' } }
  const head = await signInHeader(unsigned)
  const names = 'SignedHeaders=host;x-amz-content-sha256;x-amz-date'
  expect(head.headers['authorization']).toContain(names)
  const dated = { ...head.headers, date: 'Fri, 20 Nov 2026 12:00:00 GMT', 'x-amz-date': undefined }
  // The header is signed that is no longer sent.
  expect(verdict({ ...head, headers: dated })).toEqual(mismatch)
  expect(verdict({ ...head, headers: dated }, NOW_MS + SKEW_MS + 1)).toMatchObject({
    code: 'RequestTimeTooSkewed',
  })
})

const algorithm = 'AWS4-HMAC-SHA256'
const credential = `Credential=ak/${SCOPE}`
const names = 'SignedHeaders=host;x-amz-content-sha256;x-amz-date'
const signature = `Signature=${'0'.repeat(64)}`

test.each([
  [`${algorithm} `, 'InvalidArgument'],
  [`${algorithm} ,`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${credential}`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${credential},${names}`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${credential},${signature}`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${names},${signature}`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${credential},${names},${signature},${signature}`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${credential},${names},${signature},A=b`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${credential},${names},Signature=abc`, 'AuthorizationHeaderMalformed'],
  [
    `${algorithm} ${credential},SignedHeaders=host;;date,${signature}`,
    'AuthorizationHeaderMalformed',
  ],
  [
    `${algorithm} ${credential},SignedHeaders=host;host,${signature}`,
    'AuthorizationHeaderMalformed',
  ],
  [`${algorithm} Credential=/${SCOPE},${names},${signature}`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} Credential=ak,${names},${signature}`, 'AuthorizationHeaderMalformed'],
  [`${algorithm} ${credential}/x,${names},${signature}`, 'AuthorizationHeaderMalformed'],
  [
    `${algorithm} ${credential.replace('/s3/', '/ec2/')},${names},${signature}`,
    'AuthorizationHeaderMalformed',
  ],
  [
    `${algorithm} ${credential.replace('20261120', '20261121')},${names},${signature}`,
    'AuthorizationHeaderMalformed',
  ],
  [
    `${algorithm} ${credential.replace('20261120', 'today')},${names},${signature}`,
    'AuthorizationHeaderMalformed',
  ],
  [`${algorithm} ${credential},SignedHeaders=host,${signature}`, 'AccessDenied'],
  [
    `${algorithm} ${credential},SignedHeaders=x-amz-content-sha256;x-amz-date,${signature}`,
    'AccessDenied',
  ],
  [
    `${algorithm} ${credential},SignedHeaders=absent;host;x-amz-content-sha256;x-amz-date,${signature}`,
    'SignatureDoesNotMatch',
  ],
  [`${algorithm} ${credential},${names},${signature}`, 'SignatureDoesNotMatch'],
  [`AWS4-ECDSA-P256-SHA256 ${credential},${names},${signature}`, 'InvalidArgument'],
  ['Bearer x', 'InvalidArgument'],
  ['', 'InvalidArgument'],
])('Authorization "%s" is refused with %s', (authorization, code) => {
  const refusal = verdict(wronglySigned({ authorization }))
  expect(refusal).toBeInstanceOf(OssError)
  expect(refusal).toMatchObject({ code })
})

test.each([
  [{ 'x-amz-date': undefined }, 'AccessDenied'],
  [{ 'x-amz-date': 'yesterday' }, 'AccessDenied'],
  [{ 'x-amz-date': '20261120T120000Z,20261120T120000Z' }, 'AccessDenied'],
  [{ 'x-amz-date': '20261120T114459Z' }, 'RequestTimeTooSkewed'],
  [{ 'x-amz-date': '20261120T121501Z' }, 'RequestTimeTooSkewed'],
  [{ 'x-amz-content-sha256': undefined }, 'InvalidRequest'],
  [{ 'x-amz-content-sha256': 'abc' }, 'InvalidArgument'],
  [{ 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }, 'InvalidArgument'],
  [{ 'x-amz-acl': 'public-read' }, 'AccessDenied'],
  [{ 'x-amz-security-token': 'token' }, 'AccessDenied'],
  [{ 'x-oss-object-acl': 'public-read' }, 'AccessDenied'],
  [{ host: undefined }, 'SignatureDoesNotMatch'],
])('with %j a request is refused with %s', (headers, code) => {
  expect(verdict(wronglySigned(headers))).toMatchObject({ code })
})

test('headers that are not signed are told by their names', () => {
  const refusal = verdict(wronglySigned({ 'x-amz-acl': 'public-read', 'x-oss-meta-a': 'a' }))
  expect(refusal).toMatchObject({
    details: [{ name: 'HeadersNotSigned', value: 'x-amz-acl, x-oss-meta-a' }],
  })
})

const PRESIGNED: Readonly<Record<string, string>> = {
  'X-Amz-Algorithm': algorithm,
  'X-Amz-Credential': `ak/${SCOPE}`,
  'X-Amz-Date': formatIsoBasic(NOW_MS),
  'X-Amz-Expires': '60',
  'X-Amz-SignedHeaders': 'host',
  'X-Amz-Signature': 'a',
}
const MALFORMED = 'AuthorizationQueryParametersError'

test.each([
  ['X-Amz-Algorithm', 'AWS4-ECDSA-P256-SHA256', MALFORMED],
  ['X-Amz-Algorithm', '', MALFORMED],
  ['X-Amz-Credential', '', MALFORMED],
  ['X-Amz-Credential', 'ak', MALFORMED],
  ['X-Amz-Credential', `ak/${SCOPE.replace('s3', 'oss')}`, MALFORMED],
  ['X-Amz-Credential', `ak/${SCOPE.replace('cn-', 'cn\n')}`, MALFORMED],
  ['X-Amz-Credential', `ak/${SCOPE.replace('20261120', '20261119')}`, MALFORMED],
  ['X-Amz-Date', 'Fri, 20 Nov 2026 12:00:00 GMT', MALFORMED],
  ['X-Amz-SignedHeaders', '', MALFORMED],
  ['X-Amz-SignedHeaders', 'host;host', MALFORMED],
  ['X-Amz-SignedHeaders', 'date', 'AccessDenied'],
  ['X-Amz-Signature', '', MALFORMED],
  ['X-Amz-Expires', '0', MALFORMED],
  ['X-Amz-Expires', '-1', MALFORMED],
  ['X-Amz-Expires', '604801', MALFORMED],
  ['X-Amz-Expires', '1e3', MALFORMED],
  ['X-Amz-Expires', '604800', 'SignatureDoesNotMatch'],
  ['X-Amz-Content-Sha256', 'abc', 'InvalidArgument'],
])('a URL with %s=%s is refused with %s', (name, text, code) => {
  const target = targetOf('/grain/barley', { ...PRESIGNED, [name]: text })
  expect(verdict(headOf('GET', target, { host: 'localhost' }))).toMatchObject({ code })
})

test('a header that a link was not made with is refused', () => {
  const target = targetOf('/grain/barley', PRESIGNED)
  const refusal = verdict(headOf('PUT', target, { host: 'a', 'x-amz-acl': 'public-read' }))
  expect(refusal).toMatchObject({
    ...{ code: 'AccessDenied', details: [{ name: 'HeadersNotSigned', value: 'x-amz-acl' }] },
  })
})

test('a URL signature beside a header signature is refused', () => {
  const { authorization = '' } = wronglySigned({}).headers
  const head = headOf('GET', targetOf('/', PRESIGNED), { host: 'a', authorization })
  expect(verdict(head)).toMatchObject({ code: 'InvalidArgument', status: 400 })
})

test.each([
  [REGION, undefined],
  [`oss-${REGION}`, undefined],
  ['us-east-1', undefined],
  [undefined, undefined],
  ['eu-west-1', 'AuthorizationHeaderMalformed'],
])('a signature for the region %s is answered with %s', (region, code) => {
  const refusal = foreignRegionRefusal({ region, presigned: false }, REGION)
  expect(refusal?.code).toBe(code)
  if (refusal !== undefined) expect(refusal.details).toEqual([{ name: 'Region', value: REGION }])
})

/** The same request signed in its header, as it arrives. */
function signInHeader(
  { method, path, query, headers }: UnsignedRequest,
  sessionToken?: string,
): Promise<S3RequestHead> {
  const protocol = 'http:'
  const hostname = headers['host'] ?? ''
  return smithySigner(sessionToken)
    .sign({ protocol, hostname, method, path, query, headers }, { signingDate: new Date(NOW_MS) })
    .then((signed) => headOf(method, targetOf(path, query), signed.headers))
}

/** The same request signed in its URL, as it arrives. */
function signInUrl(
  { method, path, query, headers: sent }: UnsignedRequest,
  expiresIn: number,
  sessionToken?: string,
): Promise<S3RequestHead> {
  const protocol = 'http:'
  const hostname = sent['host'] ?? ''
  // As the presigner of its S3 client does.
  const headers = { ...sent, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }
  const options = { signingDate: new Date(NOW_MS), expiresIn }
  return smithySigner(sessionToken)
    .presign({ protocol, hostname, method, path, query, headers }, options)
    .then((signed) => {
      const target = targetOf(path, signed.query as Record<string, string>)
      return headOf(method, target, signed.headers)
    })
}
