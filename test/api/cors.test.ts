/**
 * What browsers learn of a bucket's CORS rules: before a request, with its answer, with its refusal.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const bucket = 'pages'
const key = 'grain'
const rules = [
  '<CORSRule><AllowedOrigin>http://*.farm.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod><AllowedHeader>x-oss-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-oss-request-id</ExposeHeader><MaxAgeSeconds>100</MaxAgeSeconds></CORSRule>',
  '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod></CORSRule>',
]
const farm = { origin: 'http://my.farm.com' }
const other = { origin: 'http://other.com' }

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  for (const name of [bucket, 'varied', 'closed']) await api.send({ method: 'PUT', bucket: name })
  await api.send({ method: 'PUT', bucket, key, body: 'barley' })
  await api.send({ method: 'PUT', bucket: 'varied', key, body: 'barley' })
  await putRules(bucket, '')
  await putRules('varied', '<ResponseVary>true</ResponseVary>')
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

function putRules(name: string, vary: string): Promise<OssResponse> {
  const body = `<CORSConfiguration>${rules.join('')}${vary}</CORSConfiguration>`
  return api.send({ method: 'PUT', bucket: name, query: { cors: '' }, body })
}

/** What the answer says to a browser. */
function toldBy({ headers }: OssResponse): Record<string, unknown> {
  const told = Object.entries(headers).filter(([name]) => /^(access-control-|vary$)/.test(name))
  return Object.fromEntries(
    told.map(([name, value]) => [name.replace('access-control-', ''), value]),
  )
}

const farmRule = {
  'allow-origin': farm.origin,
  'allow-methods': 'PUT, GET',
  'expose-headers': 'ETag, x-oss-request-id',
  'max-age': '100',
}
const anyRule = { 'allow-origin': '*', 'allow-methods': 'GET, HEAD' }

describe('a preflight', () => {
  const ask = (headers: Record<string, string>, target: Partial<OssRequest> = { bucket, key }) =>
    api.send({ method: 'OPTIONS', anonymous: true, ...target, headers })
  const put = { 'access-control-request-method': 'PUT' }

  test('is told what the first rule that fits allows, whether or not the object is there', async () => {
    const asked = { ...farm, ...put, 'access-control-request-headers': 'X-Oss-Date, x-oss-acl' }
    for (const target of [{ bucket, key }, { bucket, key: 'absent' }, { bucket }]) {
      const answer = await ask(asked, target)
      expect(outcomeOf(answer)).toBe('200')
      expect(toldBy(answer)).toEqual({ ...farmRule, 'allow-headers': 'X-Oss-Date, x-oss-acl' })
    }
    const get = await ask({ ...other, 'access-control-request-method': 'GET' })
    expect(toldBy(get)).toEqual(anyRule)
  })

  test.each([
    ['of another origin', { ...other, ...put }],
    ['for another method', { ...farm, 'access-control-request-method': 'DELETE' }],
    [
      'with another header',
      { ...farm, ...put, 'access-control-request-headers': 'x-oss-a, range' },
    ],
  ])('%s is refused', async (_name, headers) => {
    const answer = await ask(headers)
    expect(outcomeOf(answer)).toBe('403 AccessForbidden')
    expect(toldBy(answer)).toEqual({})
  })

  test('varies by origin where the bucket says so, also when it is refused', async () => {
    const target = { bucket: 'varied', key }
    expect(toldBy(await ask({ ...farm, ...put }, target))).toEqual({ ...farmRule, vary: 'Origin' })
    expect(toldBy(await ask({ ...other, ...put }, target))).toEqual({ vary: 'Origin' })
  })

  test.each([
    ['without a method', farm, { bucket, key }, '400 BadRequest'],
    [
      'for a bucket without rules',
      { ...farm, ...put },
      { bucket: 'closed' },
      '403 AccessForbidden',
    ],
    ['for no bucket', { ...farm, ...put }, {}, '403 AccessForbidden'],
    [
      'for a bucket that is not there',
      { ...farm, ...put },
      { bucket: 'absent' },
      '404 NoSuchBucket',
    ],
  ])('%s is refused', async (_name, headers, target, expected) => {
    expect(outcomeOf(await ask(headers as Record<string, string>, target))).toBe(expected)
  })
})

describe('a request of a page', () => {
  const get = (headers: Record<string, string>, more: Partial<OssRequest> = {}) =>
    api.send({ method: 'GET', bucket, key, headers, ...more })

  test('is answered with what the rule allows', async () => {
    const answer = await get(farm)
    expect([answer.body.toString(), toldBy(answer)]).toEqual(['barley', farmRule])
    expect(toldBy(await get(other))).toEqual(anyRule)
    expect(toldBy(await get({}))).toEqual({})
  })

  test('that no rule allows is answered without a word about it', async () => {
    const answer = await get(other, { method: 'PUT', key: 'made', body: 'x' })
    expect([outcomeOf(answer), toldBy(answer)]).toEqual(['200', {}])
  })

  test.each([
    ['a missing object', { key: 'absent' }, '404 NoSuchKey'],
    ['a wrong sub-resource', { query: { legalHold: '' } }, '400 NotImplemented'],
    ['nobody in particular', { anonymous: true }, '403 AccessDenied'],
  ])('may read why it was refused: %s', async (_name, more, expected) => {
    const answer = await get(farm, more)
    expect([outcomeOf(answer), toldBy(answer)]).toEqual([expected, farmRule])
  })

  test('with a wrong signature may read that', async () => {
    const access = { ...api.owner, accessKeySecret: 'wrong' }
    const answer = await sendOssRequest(access, { method: 'GET', bucket, key, headers: farm })
    expect([outcomeOf(answer), toldBy(answer)]).toEqual(['403 SignatureDoesNotMatch', farmRule])
  })

  test('varies by origin where the bucket says so, whoever asks', async () => {
    const target = { bucket: 'varied' }
    expect(toldBy(await get(farm, target))).toEqual({ ...farmRule, vary: 'Origin' })
    expect(toldBy(await get({}, target))).toEqual({ vary: 'Origin' })
    expect(toldBy(await get({}, { ...target, key: 'absent' }))).toEqual({ vary: 'Origin' })
    const put = { ...target, method: 'PUT', key: 'made', body: 'x' }
    expect(toldBy(await get(other, put))).toEqual({ vary: 'Origin' })
  })
})

test('rules that are taken away are gone', async () => {
  await putRules('closed', '')
  expect((await api.send({ method: 'DELETE', bucket: 'closed', query: { cors: '' } })).status).toBe(
    204,
  )
  const answer = await api.send({
    method: 'GET',
    bucket: 'closed',
    query: { cors: '' },
    headers: farm,
  })
  expect([outcomeOf(answer), toldBy(answer)]).toEqual(['404 NoSuchCORSConfiguration', {}])
})
