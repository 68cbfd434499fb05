/**
 * Ranges of every form, and conditions (oss.md 5.8, 5.9).
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'

const bucket = 'ranges'
const text = '0123456789'
const LARGE_BYTES = 5 * 1024 ** 2 + 3
let api: TestApi
let large: Buffer
beforeAll(async () => {
  api = await startApi()
  large = Buffer.from(Array.from({ length: LARGE_BYTES }, (_, index) => (index * 31) >> 4))
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key: 'small', body: text })
  await api.send({ method: 'PUT', bucket, key: 'empty' })
  await api.send({ method: 'PUT', bucket, key: 'large', body: large })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const standard = { 'x-oss-range-behavior': 'standard' }

test.each([
  ['bytes=0-0', '206 0'],
  ['bytes=2-4', '206 234'],
  ['bytes=7-', '206 789'],
  ['bytes=-3', '206 789'],
  ['bytes=0-9', `206 ${text}`],
  ['bytes=-10', `206 ${text}`],
  ['bytes=0-10', `200 ${text}`],
  ['bytes=-11', `200 ${text}`],
  ['bytes=10-', `200 ${text}`],
  ['bytes=10-20', `200 ${text}`],
  ['bytes=-0', `200 ${text}`],
  ['bytes=4-2', `200 ${text}`],
  ['bytes=0-1,3-4', `200 ${text}`],
  ['bytes=', `200 ${text}`],
  ['bytes=-', `200 ${text}`],
  ['bytes=a-b', `200 ${text}`],
  ['bytes=0x1-2', `200 ${text}`],
  ['bytes 0-1', `200 ${text}`],
  ['lines=0-1', `200 ${text}`],
  ['bytes=99999999999999999999-', `200 ${text}`],
])('%s of ten bytes is %s', async (range, expected) => {
  const { status, headers, body } = await api.send({
    method: 'GET',
    bucket,
    key: 'small',
    headers: { range },
  })
  expect(`${status} ${body.toString()}`).toBe(expected)
  expect(headers['content-length']).toBe(String(body.length))
  expect(headers['content-range'] !== undefined).toBe(status === 206)
})

test.each([
  ['bytes=5-20', '206 56789'],
  ['bytes=10-', '416 InvalidRange'],
  ['bytes=10-20', '416 InvalidRange'],
  ['bytes=4-2', `200 ${text}`],
  ['bytes=0-1,3-4', `200 ${text}`],
])('in standard mode %s is %s', async (range, expected) => {
  const answer = await api.send({
    method: 'GET',
    bucket,
    key: 'small',
    headers: { range, ...standard },
  })
  const seen = answer.status === 416 ? outcomeOf(answer) : `${answer.status} ${answer.body}`
  expect(seen).toBe(expected)
})

test.each([
  [{ range: 'bytes=0-0' }, '200'],
  [{ range: 'bytes=0-0', ...standard }, '416 InvalidRange'],
])('of an empty object %j is %s', async (headers, expected) => {
  expect(outcomeOf(await api.send({ method: 'GET', bucket, key: 'empty', headers }))).toBe(expected)
})

test.each([
  [0, 1],
  [1024 ** 2 - 1, 1024 ** 2 + 1],
  [4 * 1024 ** 2 - 2, 4 * 1024 ** 2 + 2],
  [65_535, 4 * 1024 ** 2 + 1],
  [LARGE_BYTES - 1, LARGE_BYTES],
])('bytes %d to %d of a large object are those', async (start, end) => {
  const headers = { range: `bytes=${start}-${end - 1}` }
  const answer = await api.send({ method: 'GET', bucket, key: 'large', headers })
  expect(answer.headers['content-range']).toBe(`bytes ${start}-${end - 1}/${LARGE_BYTES}`)
  expect(answer.body.equals(large.subarray(start, end))).toBe(true)
})

test('HEAD ignores a range', async () => {
  const headers = { range: 'bytes=0-1', ...standard }
  const answer = await api.send({ method: 'HEAD', bucket, key: 'small', headers })
  expect([answer.status, answer.headers['content-length']]).toEqual([200, '10'])
})

describe('conditions', () => {
  // The clock of the region stands still at the beginning of 2030.
  const modified = 'Tue, 01 Jan 2030 00:00:00 GMT'
  const earlier = 'Mon, 31 Dec 2029 23:59:59 GMT'
  const etag = '"781E5E245D69B566979B86E28D23F2C7"'

  test.each<[Record<string, string>, number]>([
    [{ 'if-match': etag }, 200],
    [{ 'if-match': etag.replaceAll('"', '') }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"x"' }, 412],
    [{ 'if-none-match': etag }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x"' }, 200],
    [{ 'if-modified-since': modified }, 304],
    [{ 'if-modified-since': earlier }, 200],
    [{ 'if-modified-since': 'never' }, 200],
    [{ 'if-unmodified-since': modified }, 200],
    [{ 'if-unmodified-since': earlier }, 412],
    [{ 'if-match': etag, 'if-unmodified-since': earlier }, 412],
    [{ 'if-match': etag, 'if-modified-since': modified }, 304],
    [{ 'if-match': '"x"', 'if-none-match': etag }, 412],
  ])('%j is %d', async (headers, expected) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await api.send({ method, bucket, key: 'small', headers })
      expect(answer.status).toBe(expected)
      if (expected === 304) expect([answer.body.length, answer.headers.etag]).toEqual([0, etag])
      if (expected === 412) expect(outcomeOf(answer)).toBe('412 PreconditionFailed')
    }
  })
})

describe('response headers can be overridden', () => {
  const query = { 'response-content-type': 'text/x', 'response-cache-control': 'no-store' }

  test('by a signed reader, of a part as well', async () => {
    for (const headers of [{}, { range: 'bytes=0-1' }]) {
      const answer = await api.send({ method: 'GET', bucket, key: 'small', query, headers })
      expect(answer.headers).toMatchObject({
        'content-type': 'text/x',
        'cache-control': 'no-store',
      })
    }
  })

  test('but not by an anonymous one, and not with control characters', async () => {
    await api.send({
      method: 'PUT',
      bucket,
      query: { acl: '' },
      headers: { 'x-oss-acl': 'public-read' },
    })
    const spec = { method: 'GET', bucket, key: 'small' }
    expect(outcomeOf(await api.send({ ...spec, anonymous: true }))).toBe('200')
    expect(outcomeOf(await api.send({ ...spec, query, anonymous: true }))).toBe(
      '400 InvalidRequest',
    )
    const broken = { 'response-content-type': 'a\r\nset-cookie: b' }
    expect(outcomeOf(await api.send({ ...spec, query: broken }))).toBe('400 InvalidArgument')
  })
})
