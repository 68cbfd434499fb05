import { findCorsRule } from './cors.ts'
import type { CorsRule } from './cors.ts'

const rule = (part: Partial<CorsRule>): CorsRule => ({
  allowedOrigins: ['http://a.com'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: undefined,
  ...part,
})

const origins: readonly [string, string, boolean][] = [
  ['*', 'http://a.com', true],
  ['*', 'null', true],
  ['http://a.com', 'http://a.com', true],
  ['http://a.com', 'https://a.com', false],
  ['http://a.com', 'http://a.com:80', false],
  ['http://a.com', 'http://a.comx', false],
  ['http://*.a.com', 'http://b.a.com', true],
  ['http://*.a.com', 'http://.a.com', true],
  ['http://*.a.com', 'http://a.com', false],
  ['http://*.a.com', 'https://b.a.com', false],
  ['http://*', 'http://a.com', true],
  ['*.com', 'http://a.com', true],
  // What stands before and behind the star must not overlap.
  ['http://a*a.com', 'http://a.com', false],
  ['http://a*a.com', 'http://aa.com', true],
]

test.each(origins)('%s lets %s in: %s', (pattern, origin, isAllowed) => {
  const cors = { rules: [rule({ allowedOrigins: ['x', pattern] })], responseVary: false }
  const found = findCorsRule(cors, { origin, method: 'GET', headers: [] })
  expect(found !== undefined).toBe(isAllowed)
})

const headers: readonly [readonly string[], readonly string[], boolean][] = [
  [[], [], true],
  [[], ['authorization'], false],
  [['*'], ['authorization', 'x-oss-date'], true],
  [['Authorization'], ['AUTHORIZATION'], true],
  [['authorization'], ['authorization', 'x-oss-date'], false],
  [['authorization', 'x-oss-*'], ['x-OSS-date', 'authorization'], true],
  [['x-oss-*'], ['x-os'], false],
]

test.each(headers)('%j lets %j pass: %s', (allowedHeaders, asked, isAllowed) => {
  const cors = { rules: [rule({ allowedHeaders })], responseVary: false }
  const question = { origin: 'http://a.com', method: 'GET', headers: asked }
  expect(findCorsRule(cors, question) !== undefined).toBe(isAllowed)
})

test('the first rule that has origin, method and headers decides', () => {
  const other = rule({ allowedOrigins: ['http://b.com'], allowedMethods: ['PUT'] })
  const put = rule({ allowedMethods: ['PUT'], maxAgeSeconds: 1 })
  const wide = rule({ allowedOrigins: ['*'], allowedMethods: ['PUT', 'GET'] })
  const cors = { rules: [other, put, wide], responseVary: false }
  const ask = (origin: string, method: string) =>
    findCorsRule(cors, { origin, method, headers: [] })
  expect(ask('http://b.com', 'PUT')).toBe(other)
  expect(ask('http://a.com', 'PUT')).toBe(put)
  expect(ask('http://a.com', 'GET')).toBe(wide)
  expect(ask('http://a.com', 'PATCH')).toBeUndefined()
})
