/**
 * Whatever S3 clients, or those who pretend to be, write into the heads of their requests: the right 4xx, or
 * the name of what is not served; never a 5xx, and nothing is written that was not signed.
 *
 * @module
 */

import fc from 'fast-check'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendS3Request, signedS3Headers } from '../support/s3-frames.ts'

const Bucket = 's3-fuzz'
let api: TestApi
beforeAll(async () => {
  api = await startApi(500)
  await api.send({ method: 'PUT', bucket: Bucket })
  await api.send({ method: 'PUT', bucket: Bucket, key: 'k', body: 'kept' })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(String.fromCharCode) })
const words = fc.oneof(
  visible,
  fc.constantFrom('0', '-1', '10001', 'COMPOSITE', 'FULL_OBJECT', 'ENABLED', 'CRC32', 'SHA256'),
  fc.constantFrom(`/${Bucket}/k`, 'bytes=0-1', '*', '"00"', 'aws-chunked', 'REPLACE', 'AAAAAA=='),
)
const headers = fc.dictionary(
  fc.constantFrom(
    ...['range', 'if-match', 'if-none-match', 'content-md5', 'content-encoding', 'x-amz-acl'],
    ...[
      'x-amz-copy-source',
      'x-amz-copy-source-range',
      'x-amz-metadata-directive',
      'x-amz-tagging',
    ],
    ...['x-amz-checksum-crc32', 'x-amz-checksum-sha256', 'x-amz-checksum-type', 'x-amz-trailer'],
    ...['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-decoded-content-length'],
    ...['x-amz-object-attributes', 'x-amz-max-parts', 'x-amz-part-number-marker', 'x-amz-mfa'],
    ...['x-amz-mp-object-size', 'x-amz-storage-class', 'x-amz-expected-bucket-owner'],
    ...['x-amz-server-side-encryption', 'x-amz-meta-a', 'x-oss-object-acl', 'content-type'],
  ),
  words,
  { maxKeys: 4 },
)
const parameters = fc.uniqueArray(
  fc.constantFrom(
    ...['acl', 'uploads', 'uploadId', 'partNumber', 'attributes', 'tagging', 'restore', 'delete'],
    ...['list-type', 'max-keys', 'prefix', 'marker', 'encoding-type', 'versions', 'versionId'],
    ...['X-Amz-Signature', 'X-Amz-Expires', 'AWSAccessKeyId', 'response-expires', 'x', 'lifecycle'],
  ),
  { maxLength: 3 },
)

/** The client is told what it did wrong, or by name what is not there. */
function isFair(status: number): boolean {
  return (status >= 200 && status < 500) || status === 501
}

test('what is signed, and asks for anything', async () => {
  const request = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE'),
    path: fc.constantFrom('/', `/${Bucket}`, `/${Bucket}/`, `/${Bucket}/other`, '/absent/k'),
    parameters: fc.array(fc.tuple(fc.constant(''), words), { maxLength: 3 }),
    names: parameters,
    headers,
    body: fc.constantFrom('', 'barley', '<Delete><Object>', '<CompleteMultipartUpload/>'),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, names, parameters: values, ...rest }) => {
      const pairs = names.map((name, at) => `${name}=${encodeURIComponent(values[at]?.[1] ?? '')}`)
      const target = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
      const { status } = await sendS3Request(api.owner, { method, target, ...rest })
      expect([status, isFair(status)]).toEqual([status, true])
    }),
    { numRuns: 100 },
  )
})

/** What somebody does to the lines of a head that was signed. */
const abuses = fc.record({
  kind: fc.constantFrom(
    'drop',
    'double',
    'replace',
    'lengthen',
    'scope',
    'region',
    'date',
    'names',
  ),
  line: fc.nat(10),
  word: words,
})
type Abuse = typeof abuses extends fc.Arbitrary<infer T> ? T : never

function abused(lines: readonly string[], { kind, line, word }: Abuse): string[] {
  const at = line % lines.length
  const chosen = lines[at] ?? ''
  const name = chosen.slice(0, chosen.indexOf(':'))
  const other = (text: string) => lines.map((each, index) => (index === at ? text : each))
  const everywhere = (from: RegExp, to: string) => lines.map((each) => each.replace(from, to))
  switch (kind) {
    case 'drop':
      return lines.filter((_, index) => index !== at)
    case 'double':
      return [...lines, `${name}: ${word}`]
    case 'replace':
      return other(`${name}: ${word}`)
    case 'lengthen':
      return other(`${chosen}${'x'.repeat(3000)}`)
    case 'scope':
      return everywhere(/\/s3\/aws4_request/, `/${word}/aws4_request`)
    case 'region':
      return everywhere(/\/[\w-]+\/s3\//, `/${word}/s3/`)
    case 'date':
      return everywhere(/(x-amz-date: )\d+/i, '$119990101')
    case 'names':
      return everywhere(/SignedHeaders=/, `SignedHeaders=${word.replaceAll(',', '')};`)
  }
}

test('what was signed, and then changed on its way, writes nothing', async () => {
  const body = 'changed'
  await fc.assert(
    fc.asyncProperty(abuses, headers, async (abuse, { range: _unsigned, ...more }) => {
      const request = { method: 'PUT', target: `/${Bucket}/k`, body, headers: more }
      const signed = Object.entries(signedS3Headers(api.owner, request))
      const lines = signed.map(([name, value]) => `${name}: ${value}`)
      const changed = abused(lines, abuse)
      fc.pre(changed.join() !== lines.join())
      const head = ['PUT /s3-fuzz/k HTTP/1.1', ...changed, 'Connection: close']
      const answer = await api.sendRaw(Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'))
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 400)
      expect([status, isFair(status)]).toEqual([status, true])
      expect(status).toBeGreaterThanOrEqual(400)
      const kept = await api.send({ method: 'GET', bucket: Bucket, key: 'k' })
      expect(kept.body.toString()).toBe('kept')
    }),
    { numRuns: 80 },
  )
})

const MALFORMED = '400 AuthorizationHeaderMalformed'
type Lines = Readonly<Record<string, string>>
/** What is made of the lines of a head that was signed; several under one name stand in a list. */
type Change = (lines: Lines) => Readonly<Record<string, string | readonly string[] | undefined>>
const scope = (from: RegExp, to: string): Change => {
  return ({ Authorization = '' }) => ({ Authorization: Authorization.replace(from, to) })
}

test.each<[what: string, change: Change, code: string]>([
  ['no date', () => ({ 'X-Amz-Date': undefined }), '403 AccessDenied'],
  [
    'two dates',
    (l) => ({ 'X-Amz-Date': [l['X-Amz-Date'] ?? '', '20261120T120000Z'] }),
    '403 AccessDenied',
  ],
  ['no hash', () => ({ 'X-Amz-Content-Sha256': undefined }), '400 InvalidRequest'],
  [
    'two hashes',
    (l) => ({ 'X-Amz-Content-Sha256': Object.values(l).slice(0, 2) }),
    '400 InvalidArgument',
  ],
  [
    'two signatures',
    ({ Authorization = '' }) => ({ Authorization: [Authorization, 'AWS4'] }),
    MALFORMED,
  ],
  ['an empty signature', () => ({ Authorization: '' }), '400 InvalidArgument'],
  ['a signature of 9 KiB', scope(/Signature=/, `Signature=${'0'.repeat(9000)}`), MALFORMED],
  ['an endless list', scope(/SignedHeaders=/, `SignedHeaders=${'a;'.repeat(4000)}`), MALFORMED],
  ['a header of 200 KB', () => ({ 'x-amz-meta-a': 'a'.repeat(200_000) }), '400 InvalidRequest'],
  [
    'a thousand headers',
    () => ({ 'x-amz-meta-a': Array.from({ length: 1000 }, () => 'a') }),
    '403 AccessDenied',
  ],
  ['a header that is not signed', () => ({ 'x-amz-acl': 'public-read' }), '403 AccessDenied'],
  [
    'an empty one taken out',
    () => ({ 'x-amz-meta-empty': undefined }),
    '403 SignatureDoesNotMatch',
  ],
  [
    'one signed that is absent',
    scope(/SignedHeaders=/, 'SignedHeaders=absent;'),
    '403 SignatureDoesNotMatch',
  ],
  ['one signed twice', scope(/;host;/, ';host;host;'), MALFORMED],
  ['the scope of another service', scope(/s3\/aws4/, 'ec2/aws4'), MALFORMED],
  ['the scope of another region', scope(/\/[\w-]+\/s3/, '/eu-west-1/s3'), MALFORMED],
  ['the scope of another day', scope(/\/\d{8}\//, '/20200101/'), MALFORMED],
  ['another end of the scope', scope(/aws4_request/, 'aws3_request'), MALFORMED],
  ['another algorithm', scope(/^AWS4-HMAC-SHA256/, 'AWS4-HMAC-SHA1'), '400 InvalidArgument'],
  ['another host', () => ({ Host: 'elsewhere' }), '403 SignatureDoesNotMatch'],
  ['two hosts', ({ Host = '' }) => ({ Host: [Host, 'elsewhere'] }), '403 SignatureDoesNotMatch'],
])('a head with %s is refused', async (_what, change, code) => {
  const target = `/${Bucket}/k`
  const headers = { 'x-amz-meta-empty': '' }
  const lines = signedS3Headers(api.owner, { method: 'PUT', target, headers, body: 'changed' })
  const changed = Object.entries({ ...lines, ...change(lines) }).flatMap(([name, value]) => {
    if (value === undefined) return []
    return (Array.isArray(value) ? value : [value]).map((each) => `${name}: ${each}`)
  })
  const head = [`PUT ${target} HTTP/1.1`, ...changed, 'Connection: close']
  const answer = await api.sendRaw(Buffer.from(`${head.join('\r\n')}\r\n\r\nchanged`))
  const [, status = ''] = /^HTTP\/1\.1 (\d+)/.exec(answer) ?? []
  const [, name = ''] = /<Code>(\w+)</.exec(answer) ?? []
  expect(`${status} ${name}`).toBe(code)
  const kept = await api.send({ method: 'GET', bucket: Bucket, key: 'k' })
  expect(kept.body.toString()).toBe('kept')
})
