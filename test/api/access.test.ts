/**
 * What the owner, a stranger and nobody in particular may do (oss.md 2.7, 2.8).
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { OssRequest } from '../support/oss-request.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
  expect(api.bugs).toEqual([])
})

const body = '<Delete><Object><Key>k</Key></Object></Delete>'
const md5 = createHash('md5').update(body).digest('base64')
/** Operations, and which ACLs open them to others. */
const requests: [string, OssRequest, string][] = [
  ['read an object', { method: 'GET', key: 'k' }, 'r'],
  ['look at an object', { method: 'HEAD', key: 'k' }, 'r'],
  ['look at its meta data', { method: 'HEAD', key: 'k', query: { objectMeta: '' } }, 'r'],
  ['read one that is not there', { method: 'GET', key: 'absent' }, 'r'],
  ['list', { method: 'GET' }, 'r'],
  ['list in version 2', { method: 'GET', query: { 'list-type': '2' } }, 'r'],
  ['overwrite', { method: 'PUT', key: 'k', body: 'x' }, 'w'],
  ['write', { method: 'PUT', key: 'new', body: 'x' }, 'w'],
  ['append', { method: 'POST', key: 'log', query: { append: '', position: '0' }, body: 'x' }, 'w'],
  ['start an upload', { method: 'POST', key: 'up', query: { uploads: '' } }, 'w'],
  [
    'delete many',
    { method: 'POST', query: { delete: '' }, body, headers: { 'content-md5': md5 } },
    'w',
  ],
  ['delete', { method: 'DELETE', key: 'k' }, 'w'],
  ['list uploads', { method: 'GET', query: { uploads: '' } }, '-'],
  ['read the ACL', { method: 'GET', query: { acl: '' } }, '-'],
  [
    'change the ACL',
    { method: 'PUT', query: { acl: '' }, headers: { 'x-oss-acl': 'private' } },
    '-',
  ],
  ['describe the bucket', { method: 'GET', query: { bucketInfo: '' } }, '-'],
  ['count', { method: 'GET', query: { stat: '' } }, '-'],
  ['delete the bucket', { method: 'DELETE' }, '-'],
]
const acls = [
  ['private', ''],
  ['public-read', 'r'],
  ['public-read-write', 'rw'],
] as const

describe.each(acls)('in a bucket that is %s', (acl, rights) => {
  const bucket = `acl-${acl}`
  beforeAll(() => api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': acl } }))
  beforeEach(() => api.send({ method: 'PUT', bucket, key: 'k', body: 'x' }))

  test.each(requests)('others may %s if the ACL says so', async (_name, request, right) => {
    for (const anonymous of [true, false]) {
      await api.send({ method: 'DELETE', bucket, key: 'log' })
      const answer = await sendOssRequest(api.stranger, { bucket, anonymous, ...request })
      const expected = rights.includes(right) ? /^(20\d|404 NoSuchKey)$/ : /^403 AccessDenied$/
      expect(outcomeOf(answer)).toMatch(expected)
    }
  })
})

describe('the ACL of an object comes before that of its bucket', () => {
  test.each([
    ['private', 'public-read', 'GET', '200'],
    ['private', 'public-read', 'PUT', '403 AccessDenied'],
    ['public-read', 'private', 'GET', '403 AccessDenied'],
    ['public-read-write', 'private', 'PUT', '403 AccessDenied'],
    ['public-read-write', 'public-read', 'DELETE', '403 AccessDenied'],
    ['public-read-write', 'public-read', 'GET', '200'],
    ['private', 'public-read-write', 'DELETE', '204'],
    ['public-read', 'default', 'GET', '200'],
    ['private', 'default', 'GET', '403 AccessDenied'],
  ])('bucket %s, object %s: %s is %s', async (acl, objectAcl, method, expected) => {
    const bucket = `first-${acl}`
    await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': acl } })
    const headers = { 'x-oss-object-acl': objectAcl }
    await api.send({ method: 'PUT', bucket, key: 'k', headers, body: 'x' })
    const spec = { method, bucket, key: 'k', anonymous: true, body: method === 'PUT' ? 'y' : '' }
    expect(outcomeOf(await api.send(spec))).toBe(expected)
  })

  test.each(['everybody', 'Private', ''])('"%s" is no ACL', async (acl) => {
    const bucket = 'first-private'
    const object = { method: 'PUT', bucket, key: 'k', body: 'x' }
    const headers = { 'x-oss-object-acl': acl }
    expect(outcomeOf(await api.send({ ...object, headers }))).toBe('400 InvalidArgument')
    const spec = { method: 'PUT', bucket, query: { acl: '' }, headers: { 'x-oss-acl': acl } }
    expect(outcomeOf(await api.send(spec))).toBe('400 InvalidArgument')
  })
})

test('the ACL of an object is changed in its place, by its owner', async () => {
  const object = { bucket: 'acl-private', key: 'own' }
  await api.send({ method: 'PUT', ...object, body: 'x', headers: { 'x-oss-meta-a': 'b' } })
  const put = (acl: string) =>
    ({
      method: 'PUT',
      ...object,
      query: { acl: '' },
      headers: { 'x-oss-object-acl': acl },
    }) as const
  const read = () => api.send({ method: 'GET', ...object, anonymous: true })
  expect(outcomeOf(await read())).toBe('403 AccessDenied')
  expect(outcomeOf(await sendOssRequest(api.stranger, put('public-read')))).toBe('403 AccessDenied')
  expect(outcomeOf(await api.send(put('public-read')))).toBe('200')
  expect([outcomeOf(await read()), (await read()).headers['x-oss-meta-a']]).toEqual(['200', 'b'])
  const shown = await api.send({ method: 'GET', ...object, query: { acl: '' } })
  expect(shown.body.toString()).toContain('<Grant>public-read</Grant>')
  expect(outcomeOf(await api.send({ ...put('default'), key: 'absent' }))).toBe('404 NoSuchKey')
  expect(outcomeOf(await api.send(put('default')))).toBe('200')
  expect(outcomeOf(await read())).toBe('403 AccessDenied')
})

test('a copy needs the right to read its source and to write its target', async () => {
  for (const [bucket, acl] of [
    ['source-private', 'private'],
    ['source-public', 'public-read'],
  ] as const) {
    await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': acl } })
    await api.send({ method: 'PUT', bucket, key: 'k', body: bucket })
  }
  await sendOssRequest(api.stranger, { method: 'PUT', bucket: 'target' })
  const copy = async (source: string, bucket = 'target') => {
    const headers = { 'x-oss-copy-source': source }
    const spec = { method: 'PUT', bucket, key: 'copy', headers }
    return outcomeOf(await sendOssRequest(api.stranger, spec))
  }
  expect(await copy('/source-public/k')).toBe('200')
  expect(await copy('source-public%2Fk')).toBe('200')
  expect(await copy('/source-private/k')).toBe('403 AccessDenied')
  expect(await copy('/source-private/absent')).toBe('403 AccessDenied')
  expect(await copy('/source-public/absent')).toBe('404 NoSuchKey')
  expect(await copy('/absent-bucket/k')).toBe('404 NoSuchBucket')
  expect(await copy('/source-public/k', 'source-public')).toBe('403 AccessDenied')
  for (const source of ['', 'k', '/', '/source-public', '/source-public/']) {
    expect(await copy(source)).toMatch(/^400 Invalid(Argument|BucketName|ObjectName)$/)
  }
})

test('the buckets of an account are its own', async () => {
  await api.send({ method: 'PUT', bucket: 'taken' })
  const spec = { method: 'PUT', bucket: 'taken' }
  expect(outcomeOf(await sendOssRequest(api.stranger, spec))).toBe('409 BucketAlreadyExists')
  const list = await sendOssRequest(api.stranger, { method: 'GET' })
  expect(list.body.toString()).not.toContain('<Name>taken<')
  expect(outcomeOf(await api.send({ method: 'GET', anonymous: true }))).toBe('403 AccessDenied')
  expect(outcomeOf(await api.send({ ...spec, bucket: 'fresh', anonymous: true }))).toBe(
    '403 AccessDenied',
  )
})

test('a bucket that is not there is said to be absent before rights are looked at', async () => {
  for (const anonymous of [true, false]) {
    const spec = { method: 'GET', bucket: 'absent', key: 'k', anonymous }
    expect(outcomeOf(await sendOssRequest(api.stranger, spec))).toBe('404 NoSuchBucket')
  }
})
