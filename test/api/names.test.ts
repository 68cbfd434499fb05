/**
 * Names of objects and buckets: what is a name stays byte for byte, what is none is refused.
 *
 * @module
 */

import { startApi, outcomeOf } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'

const bucket = 'names'
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

test('a folder is an object of no bytes whose key ends in a slash', async () => {
  const put = (key: string) => api.send({ method: 'PUT', bucket, key, body: '' })
  for (const key of ['barn/', 'barn/loft/', 'barn/door']) {
    expect(outcomeOf(await put(key))).toBe('200')
  }
  const found = await api.send({ method: 'HEAD', bucket, key: 'barn/' })
  expect([found.status, found.headers['content-length']]).toEqual([200, '0'])
  expect((await api.send({ method: 'HEAD', bucket, key: 'barn' })).status).toBe(404)
  const query = { prefix: 'barn/', delimiter: '/' }
  const page = (await api.send({ method: 'GET', bucket, query })).body.toString()
  expect(page.match(/<Key>[^<]*/g)).toEqual(['<Key>barn/', '<Key>barn/door'])
  expect(page).toMatch(/<CommonPrefixes>\s*<Prefix>barn\/loft\/</)
})

describe('a key', () => {
  test.each([
    ['of 1,023 bytes', 'k'.repeat(1023)],
    ['of 1,023 bytes of three-byte letters', '谷'.repeat(341)],
    ['with dot segments', 'a/../b/./c'],
    ['that is two dots', '..'],
    ['with empty segments', 'a//b///'],
    ['with a plus', 'a+b'],
    ['with a blank', 'a b'],
    ['with a percent sign', '100%41'],
    ['with control characters', 'a\u0001\u0000\r\n\tb'],
    ['with markup', '<a href="x">&amp;</a>'],
    ['with a question mark', 'a?b=c'],
    ['with characters above the first plane', 'grain 🌾'],
    ['with a backslash inside', 'a\\b'],
    ['with what looks like an encoded slash', 'a%2Fb'],
  ])('%s is kept as it is', async (_name, key) => {
    expect(outcomeOf(await api.send({ method: 'PUT', bucket, key, body: key }))).toBe('200')
    const found = await api.send({ method: 'GET', bucket, key })
    expect(found.body.toString()).toBe(key)
    const page = await api.send({
      method: 'GET',
      bucket,
      query: { prefix: key, 'encoding-type': 'url' },
    })
    const listed = /<Key>(.*?)<\/Key>/.exec(page.body.toString())?.[1] ?? ''
    expect(decodeURIComponent(listed)).toBe(key)
    expect(outcomeOf(await api.send({ method: 'DELETE', bucket, key }))).toBe('204')
    expect(outcomeOf(await api.send({ method: 'GET', bucket, key }))).toBe('404 NoSuchKey')
  })

  test.each([
    ['of 1,024 bytes', 'k'.repeat(1024)],
    ['of 1,024 bytes of mixed letters', `${'谷'.repeat(341)}k`],
    ['that begins with a slash', '/a'],
    ['that begins with a backslash', '\\a'],
  ])('%s is refused', async (_name, key) => {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      expect(outcomeOf(await api.send({ method, bucket, key }))).toBe('400 InvalidObjectName')
    }
  })

  test.each(['%', '%2', '%zz', '%ff', '%c3%28', '%ed%a0%80'])(
    'encoded as %s is refused',
    async (rawKey) => {
      const answer = await api.sendRaw(
        `GET /${bucket}/a${rawKey} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toContain('<Code>InvalidObjectName</Code>')
    },
  )

  test('encoded in another way is the same key', async () => {
    await api.send({ method: 'PUT', bucket, key: 'same/key', body: 'one' })
    await api.send({
      method: 'PUT',
      bucket,
      query: { acl: '' },
      headers: { 'x-oss-acl': 'public-read' },
    })
    for (const path of ['same/key', 'same%2Fkey', 'same%2fkey', '%73ame/key']) {
      const answer = await api.sendRaw(
        `GET /${bucket}/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(/\r\n\r\none$/)
    }
  })
})

describe('a bucket name', () => {
  test.each(['abc', 'a-b', '0bc', 'a'.repeat(63), 'xn--p1ai'])('%s is taken', async (name) => {
    expect(outcomeOf(await api.send({ method: 'PUT', bucket: name }))).toBe('200')
  })

  test.each(['ab', 'a'.repeat(64), 'Abc', '-abc', 'abc-', 'a_b', 'a.b', 'a%2Fb', '%00ab'])(
    '%s is refused',
    async (name) => {
      expect(outcomeOf(await api.send({ method: 'PUT', bucket: name }))).toBe(
        '400 InvalidBucketName',
      )
    },
  )

  test('is in the host, or in the path', async () => {
    await api.send({ method: 'PUT', bucket: 'hosted' })
    const path = await api.send({ method: 'GET', bucket: 'hosted', query: { location: '' } })
    expect(path.status).toBe(200)
    for (const host of [
      'hosted.localhost',
      'hosted.oss-cn-hangzhou.localhost:1',
      'HOSTED.OSS-CN-Hangzhou.aliyuncs.com.',
      'hosted.oss-cn-hangzhou-internal.aliyuncs.com',
    ]) {
      const answer = await api.sendRaw(
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toContain('<Code>AccessDenied</Code>')
    }
    const other = await api.sendRaw(
      'GET / HTTP/1.1\r\nHost: absent.localhost\r\nConnection: close\r\n\r\n',
    )
    expect(other).toContain('<Code>NoSuchBucket</Code>')
  })

  test.each(['example.com', 'a.b.localhost', 'localhost.example.com'])(
    'host %s is refused',
    async (host) => {
      const answer = await api.sendRaw(
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(/<Code>(NonStandardHostForbidden|InvalidBucketName)<\/Code>/)
    },
  )
})
