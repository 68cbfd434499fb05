/**
 * Objects that are compressed on their way to clients that accept it.
 *
 * @module
 */

import { gunzipSync } from 'node:zlib'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'

const bucket = 'compressed'
const gzip = { 'accept-encoding': 'gzip' }
const small = 'barley '.repeat(147).slice(0, 1024)
const large = Buffer.from(Array.from({ length: 3 * 1024 * 1024 }, (_, at) => (at * 7919) >> 7))

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
  const put = (key: string, body: string | Buffer, headers: Record<string, string>) =>
    api.send({ method: 'PUT', bucket, key, body, headers })
  const plain = { 'content-type': 'text/plain; charset=utf-8' }
  await put('small', small, plain)
  await put('tiny', small.slice(1), plain)
  await put('large', large, { 'content-type': 'Application/JSON' })
  await put('html', small, { 'content-type': 'text/html' })
  await put('encoded', small, { ...plain, 'content-encoding': 'br' })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const get = (key: string, headers: Record<string, string>, query = {}) =>
  api.send({ method: 'GET', bucket, key, headers, query })

test.each([
  ['small', gzip, Buffer.from(small)],
  ['large', gzip, large],
  ['small', { 'accept-encoding': 'br, GZIP;q=0.5' }, Buffer.from(small)],
  ['small', { 'accept-encoding': '*' }, Buffer.from(small)],
])('%s with %j is compressed', async (key, headers, bytes) => {
  const answer = await get(key, headers)
  expect(answer.status).toBe(200)
  expect(answer.headers).toMatchObject({
    'content-encoding': 'gzip',
    'transfer-encoding': 'chunked',
    vary: 'Accept-Encoding',
  })
  for (const name of ['etag', 'content-length', 'content-md5', 'x-oss-hash-crc64ecma']) {
    expect(answer.headers[name]).toBeUndefined()
  }
  expect(answer.body.byteLength).toBeLessThan(bytes.byteLength)
  expect(gunzipSync(answer.body).equals(bytes)).toBe(true)
})

test.each([
  ['tiny', gzip, small.slice(1)],
  ['html', gzip, small],
  ['encoded', gzip, small],
  ['small', {}, small],
  ['small', { 'accept-encoding': 'identity' }, small],
  ['small', { 'accept-encoding': 'gzip;q=0, br' }, small],
  ['small', { ...gzip, range: 'bytes=0-1023' }, small],
])('%s with %j is sent as it is', async (key, headers, body) => {
  const answer = await get(key, headers as Record<string, string>)
  expect(answer.body.toString()).toBe(body)
  expect(answer.headers.etag).toBeDefined()
  expect(answer.headers['content-length']).toBe(String(body.length))
  expect(answer.headers['content-encoding']).not.toBe('gzip')
})

test('a reader that wants another type or encoding gets that', async () => {
  const html = await get('small', gzip, { 'response-content-type': 'text/html' })
  expect(html.headers['content-encoding']).toBeUndefined()
  const css = await get('html', gzip, { 'response-content-type': 'text/css' })
  expect(css.headers['content-encoding']).toBe('gzip')
})

test('a look says what the object is, and a condition is about that', async () => {
  const { headers } = await api.send({ method: 'HEAD', bucket, key: 'small', headers: gzip })
  expect(headers['content-length']).toBe('1024')
  const same = { ...gzip, 'if-none-match': String(headers.etag) }
  expect((await get('small', same)).status).toBe(304)
})
