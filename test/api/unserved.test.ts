/**
 * What is known but not served is refused by name and changes nothing (oss.md 0, class D).
 *
 * @module
 */

import { knownOperations, operations } from '../../storage-node/src/testing.ts'
import type { KnownOperationRow } from '../../storage-node/src/testing.ts'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'

const bucket = 'unserved'
const key = 'object'
let api: TestApi
let before: string
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key, body: 'kept', headers: { 'x-oss-meta-a': 'b' } })
  before = await stateOf()
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

/** Everything a client can see of bucket and object, but for what names the answer. */
async function stateOf(): Promise<string> {
  const answers = [
    await api.send({ method: 'GET' }),
    await api.send({ method: 'GET', bucket }),
    await api.send({ method: 'GET', bucket, query: { bucketInfo: '' } }),
    await api.send({ method: 'GET', bucket, query: { stat: '' } }),
    await api.send({ method: 'GET', bucket, query: { uploads: '' } }),
    await api.send({ method: 'GET', bucket, key }),
  ]
  return answers.map(withoutRequestId).join('\n')
}

function withoutRequestId({ headers, body }: OssResponse): string {
  const rest: Record<string, unknown> = { ...headers }
  for (const name of ['date', 'x-oss-request-id', 'x-oss-server-time']) delete rest[name]
  return JSON.stringify(rest) + body.toString()
}

const unserved = knownOperations.filter(({ name }) => !operations.has(name))

test('the table knows more than is served', () => {
  expect(unserved.length).toBeGreaterThan(100)
})

test.each(unserved.flatMap((row) => row.methods.map((method) => [row.name, method, row] as const)))(
  '%s by %s is NotImplemented and changes nothing',
  async (name, method, row) => {
    const answer = await api.send(requestOf(row, method))
    expect(outcomeOf(answer)).toBe('400 NotImplemented')
    if (method !== 'HEAD') expect(answer.body.toString()).toContain(name)
    expect(await stateOf()).toBe(before)
  },
)

function requestOf(row: KnownOperationRow, method: string): OssRequest {
  const query: Record<string, string> = {}
  for (const selector of row.select ?? []) {
    const [name = '', value = ''] = selector.split('=')
    query[name] = value
  }
  return {
    method,
    query,
    ...(row.level === 'service' ? {} : { bucket }),
    ...(row.level === 'object' ? { key } : {}),
    ...(row.header === undefined ? {} : { headers: { [row.header]: `/${bucket}/${key}` } }),
    body: method === 'GET' || method === 'HEAD' ? '' : '<Anything/>',
  }
}

test.each(['legalHold', 'sealed', 'unknown', 'acl&tagging', 'x-oss-process', 'versionid'])(
  'a sub-resource %s that nobody knows is no plain write or read',
  async (names) => {
    const query = Object.fromEntries(names.split('&').map((name) => [name, '']))
    for (const method of ['PUT', 'GET', 'DELETE', 'POST', 'HEAD']) {
      for (const target of [{ bucket, key }, { bucket }]) {
        const answer = await api.send({ method, ...target, query, body: 'x' })
        expect(outcomeOf(answer)).toMatch(/^(400 NotImplemented|405 MethodNotAllowed)$/)
      }
    }
    expect(await stateOf()).toBe(before)
  },
)

test.each([
  ['x-oss-server-side-encryption', 'AES256'],
  ['if-match', '"x"'],
  ['if-none-match', '*'],
  ['if-modified-since', 'Fri, 20 Nov 2026 20:00:00 GMT'],
  ['if-unmodified-since', 'Fri, 20 Nov 2026 20:00:00 GMT'],
])('PutObject with %s: %s is refused, naming the header', async (name, value) => {
  const answer = await api.send({
    method: 'PUT',
    bucket,
    key,
    headers: { [name]: value },
    body: 'x',
  })
  expect(outcomeOf(answer)).toBe('400 NotImplemented')
  expect(answer.body.toString().toLowerCase()).toContain(`<header>${name}</header>`)
  expect(await stateOf()).toBe(before)
})

test.each(['enabled', 'disabled', ''])(
  'a bucket with a hierarchical namespace (%j) is refused by name and not made',
  async (value) => {
    const wanted = { method: 'PUT', bucket: 'directories', headers: { 'x-oss-hns-status': value } }
    const answer = await api.send(wanted)
    expect(outcomeOf(answer)).toBe('400 NotImplemented')
    expect(answer.body.toString()).toContain('<Header>x-oss-hns-status</Header>')
    expect(outcomeOf(await api.send({ method: 'GET', bucket: 'directories' }))).toBe(
      '404 NoSuchBucket',
    )
    expect(await stateOf()).toBe(before)
  },
)

test.each([
  ['CreateDirectory', { 'x-oss-dir': '' }, {}],
  ['Rename', { 'x-oss-rename': '' }, { 'x-oss-rename-source': `/${bucket}/${key}` }],
  ['DeleteDirectory', { 'x-oss-delete': '' }, { 'x-oss-delete-recursive': 'true' }],
])('%s as clients send it is refused by name', async (name, query, headers) => {
  const answer = await api.send({ method: 'POST', bucket, key: 'object/', query, headers })
  expect(outcomeOf(answer)).toBe('400 NotImplemented')
  expect(answer.body.toString()).toContain(`<Operation>${name}</Operation>`)
  expect(await stateOf()).toBe(before)
})

test.each([
  [{ method: 'PATCH', bucket, key }, 'GET, HEAD, PUT, DELETE'],
  [{ method: 'POST', bucket, key }, 'PUT'],
  [{ method: 'DELETE' }, 'GET'],
])('%j has a method that the resource does not', async (request, allowed) => {
  const answer = await api.send(request)
  expect(outcomeOf(answer)).toBe('405 MethodNotAllowed')
  for (const method of allowed.split(', ')) expect(answer.headers.allow).toContain(method)
  expect(answer.body.toString()).toMatch(/<Method>.*<ResourceType>/)
})

describe('a preflight, as no bucket has CORS rules', () => {
  const headers = { origin: 'http://a', 'access-control-request-method': 'PUT' }
  test.each([
    ['for an object', { bucket, key, headers }, '403 AccessForbidden'],
    ['without Origin', { bucket, key }, '400 BadRequest'],
    ['for no bucket', { bucket: 'absent', key, headers }, '404 NoSuchBucket'],
  ])('%s is refused', async (_name, request, expected) => {
    const answer = await api.send({ method: 'OPTIONS', anonymous: true, ...request })
    expect(outcomeOf(answer)).toBe(expected)
  })
})
