/**
 * Whatever is sent: no crash, no hang, no 5xx for what a client did wrong.
 *
 * @module
 */

import fc from 'fast-check'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const IDLE_MS = 500
const bucket = 'fuzz'
let api: TestApi
beforeAll(async () => {
  api = await startApi(IDLE_MS)
  await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read-write' } })
  await api.send({ method: 'PUT', bucket, key: 'k', body: 'kept' })
})
afterAll(async () => {
  await api.stop()
  expect(api.bugs).toEqual([])
})

const methods = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH')
const parameters = fc.constantFrom(
  ...['acl', 'uploads', 'uploadId', 'partNumber', 'append', 'position', 'delete', 'list-type'],
  ...['max-keys', 'marker', 'prefix', 'delimiter', 'encoding-type', 'continuation-token'],
  ...['start-after', 'versionId', 'response-expires', 'Signature', 'Expires', 'OSSAccessKeyId'],
  ...['x-oss-signature', 'x-oss-signature-version', 'x-oss-credential', 'x-oss-date', 'stat', 'x'],
)
const headerNames = fc.constantFrom(
  ...['range', 'if-match', 'if-none-match', 'if-modified-since', 'content-md5', 'x-oss-date'],
  ...['x-oss-copy-source', 'x-oss-copy-source-range', 'x-oss-object-acl', 'x-oss-storage-class'],
  ...['x-oss-meta-a', 'x-oss-forbid-overwrite', 'x-oss-metadata-directive', 'authorization'],
  ...['x-oss-complete-all', 'x-oss-range-behavior', 'content-type', 'x-oss-security-token'],
)
/** What may stand in a header or a query as it is. */
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(String.fromCharCode) })
const words = fc.oneof(
  visible,
  fc.constantFrom('0', '-1', '10001', 'url', 'true', `/${bucket}/k`, 'bytes=0-', 'bytes=-1', '*'),
  fc.constantFrom('OSS a:b', 'OSS4-HMAC-SHA256 Credential=a/b/c/d/e', 'OSS2 x', '%', '%00', 'null'),
)

test('requests of well-formed HTTP, signed and not', async () => {
  const request = fc.record({
    method: methods,
    bucket: fc.constantFrom(undefined, bucket, 'absent', 'x'),
    key: fc.oneof(fc.constant('k'), visible, fc.string({ unit: 'binary' })),
    query: fc.dictionary(parameters, words, { maxKeys: 4 }),
    headers: fc.dictionary(headerNames, words, { maxKeys: 4 }),
    body: fc.oneof(fc.constant(''), fc.string(), fc.constant('<Delete><Quiet>')),
    anonymous: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ bucket: named, key, ...rest }) => {
      const { status } = await sendOssRequest(api.owner, {
        ...rest,
        ...(named === undefined ? {} : { bucket: named, key }),
      })
      expect(status).toBeLessThan(500)
      expect(status).toBeGreaterThanOrEqual(200)
    }),
    { numRuns: 1500 },
  )
})

test('bytes that resemble HTTP', async () => {
  const line = fc.oneof(
    words,
    fc.constantFrom('Host: a', 'Content-Length: 3', 'Content-Length: -1', 'Expect: x'),
    fc.constantFrom('Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', ': x', 'a b: c'),
    fc.constantFrom('Connection: close', 'Connection: upgrade', 'Upgrade: h2c', 'Host: ['),
  )
  const request = fc.record({
    start: fc.oneof(
      fc.tuple(methods, fc.oneof(fc.webPath(), visible)).map(([m, p]) => `${m} ${p} HTTP/1.1`),
      fc.constantFrom('GET', 'GET / HTTP/2.0', 'PRI * HTTP/2.0', 'GET / HTTP/1.0', 'CONNECT a:1 x'),
      visible,
    ),
    lines: fc.array(line, { maxLength: 5 }),
    rest: fc.oneof(fc.constant(''), fc.constantFrom('3\r\nabc\r\n0\r\n\r\n', 'xyz', '0\r\n')),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ start, lines, rest }) => {
      const answer = await api.sendRaw(
        [start, ...lines, 'Connection: close', '', rest].join('\r\n'),
      )
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/m)
    }),
    { numRuns: 150 },
  )
})

test('and an object is served as before', async () => {
  const key = 'untouched'
  // One of them may have deleted the bucket, once it was empty.
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key, body: 'kept' })
  expect((await api.send({ method: 'GET', bucket, key })).body.toString()).toBe('kept')
})
