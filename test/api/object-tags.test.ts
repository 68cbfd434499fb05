/**
 * Tags of objects: set with every way of making one, and by themselves, for one version or another.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const bucket = 'tagged'
const tooMany = Array.from({ length: 11 }, (_, index) => `k${index}=v`).join('&')

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read' } })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const send = (request: Partial<OssRequest>) => api.send({ method: 'PUT', bucket, ...request })
const put = (key: string, tagging?: string) =>
  send({ key, body: 'x', headers: tagging === undefined ? {} : { 'x-oss-tagging': tagging } })
const documentOf = (tags: Readonly<Record<string, string>>) =>
  `<Tagging><TagSet>${Object.entries(tags)
    .map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`)
    .join('')}</TagSet></Tagging>`

async function tagsOf(key: string, query = {}): Promise<Record<string, string>> {
  const answer = await send({ method: 'GET', key, query: { tagging: '', ...query } })
  expect(outcomeOf(answer)).toBe('200')
  const found = answer.body.toString().matchAll(/<Key>([^<]*)<\/Key><Value>([^<]*)<\/Value>/g)
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]))
}

const ways: readonly [string, (key: string, tagging: string) => Promise<OssResponse>][] = [
  ['a put', put],
  [
    'a first append',
    (key, tagging) =>
      send({
        ...{ method: 'POST', key, body: 'x', query: { append: '', position: '0' } },
        headers: { 'x-oss-tagging': tagging },
      }),
  ],
  [
    'a symlink',
    (key, tagging) =>
      send({
        ...{ key, query: { symlink: '' } },
        headers: { 'x-oss-symlink-target': 'target', 'x-oss-tagging': tagging },
      }),
  ],
  [
    'an upload',
    async (key, tagging) => {
      const headers = { 'x-oss-tagging': tagging }
      const begun = await send({ method: 'POST', key, query: { uploads: '' }, headers })
      const uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1]
      if (uploadId === undefined) return begun
      await send({ key, query: { partNumber: '1', uploadId }, body: 'x' })
      const all = { 'x-oss-complete-all': 'yes' }
      return send({ method: 'POST', key, query: { uploadId }, headers: all })
    },
  ],
]

describe.each(ways)('%s', (name, make) => {
  const key = name.replaceAll(' ', '-')

  test('takes tags, percent-encoded', async () => {
    const made = await make(key, 'a=1&%E8%B0%B7%20+%2B/=%E7%89%A9&c')
    expect(outcomeOf(made)).toBe('200')
    expect(await tagsOf(key)).toEqual({ a: '1', '谷  +/': '物', c: '' })
  })

  test.each([
    [tooMany, 'TooManyTags'],
    ['a=1&a=2', 'RepeatedTags'],
    ['=1', 'InvalidTaggingKey'],
    ['a=%25', 'InvalidTag'],
    ['a=%zz', 'InvalidArgument'],
  ])('refuses %s and makes nothing', async (tagging, code) => {
    const absent = `${key}-absent`
    expect(outcomeOf(await make(absent, tagging))).toBe(`400 ${code}`)
    expect(outcomeOf(await send({ method: 'HEAD', key: absent }))).toBe('404 NoSuchKey')
  })
})

test('a later append says nothing about tags, not even wrong ones', async () => {
  const append = (position: string, tagging: string) =>
    send({
      ...{ method: 'POST', key: 'log', body: 'x', query: { append: '', position } },
      headers: { 'x-oss-tagging': tagging },
    })
  await append('0', 'a=1')
  expect(outcomeOf(await append('1', tooMany))).toBe('200')
  expect(await tagsOf('log')).toEqual({ a: '1' })
})

describe('a copy', () => {
  const copy = async (headers: Record<string, string>) => {
    await put('source', 'a=1')
    const source = { 'x-oss-copy-source': `/${bucket}/source`, ...headers }
    const answer = await send({ key: 'copy', headers: source })
    return outcomeOf(answer) === '200' ? tagsOf('copy') : outcomeOf(answer)
  }
  const sent = { 'x-oss-tagging': 'b=2' }

  test.each([
    [{}, { a: '1' }],
    [sent, { a: '1' }],
    [{ 'x-oss-tagging-directive': 'Copy', ...sent }, { a: '1' }],
    [{ 'x-oss-tagging-directive': 'REPLACE', ...sent }, { b: '2' }],
    [{ 'x-oss-tagging-directive': 'Replace' }, {}],
    [{ 'x-oss-metadata-directive': 'REPLACE', ...sent }, { a: '1' }],
    [{ 'x-oss-tagging-directive': 'Merge' }, '400 InvalidArgument'],
  ])('with %j', async (headers, tags) => {
    expect(await copy(headers as Record<string, string>)).toEqual(tags)
  })

  test('onto itself keeps the tags unless they are replaced', async () => {
    await put('own', 'a=1')
    const onto = { 'x-oss-copy-source': `/${bucket}/own`, 'x-oss-meta-b': '2' }
    await send({ key: 'own', headers: onto })
    expect(await tagsOf('own')).toEqual({ a: '1' })
    const replace = { 'x-oss-tagging-directive': 'Replace', ...sent }
    await send({ key: 'own', headers: { ...onto, ...replace } })
    expect(await tagsOf('own')).toEqual({ b: '2' })
  })
})

test('tags are set and removed without a change of anything else', async () => {
  await put('object', 'a=1')
  const before = await send({ method: 'HEAD', key: 'object' })
  const body = documentOf({ b: '2', c: '' })
  expect(outcomeOf(await send({ key: 'object', query: { tagging: '' }, body }))).toBe('200')
  expect(await tagsOf('object')).toEqual({ b: '2', c: '' })
  const after = await send({ method: 'HEAD', key: 'object' })
  expect([before, after].map(({ headers }) => headers['x-oss-tagging-count'])).toEqual(['1', '2'])
  for (const name of ['etag', 'last-modified', 'x-oss-hash-crc64ecma', 'content-length']) {
    expect(after.headers[name]).toBe(before.headers[name])
  }
  const removed = await send({ method: 'DELETE', key: 'object', query: { tagging: '' } })
  expect(removed.status).toBe(204)
  expect(await tagsOf('object')).toEqual({})
  const { headers } = await send({ method: 'GET', key: 'object' })
  expect(headers['x-oss-tagging-count']).toBeUndefined()
})

test('a put takes the tags away, as it does all metadata', async () => {
  await put('again', 'a=1')
  await put('again')
  expect(await tagsOf('again')).toEqual({})
})

test('who may read the object but not its tags does not learn how many there are', async () => {
  await put('counted', 'a=1')
  const read = { method: 'GET', bucket, key: 'counted' }
  const answer = await sendOssRequest(api.stranger, read)
  expect([outcomeOf(answer), answer.headers['x-oss-tagging-count']]).toEqual(['200', undefined])
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const request = { ...read, method, query: { tagging: '' }, body: documentOf({ z: '1' }) }
    expect(outcomeOf(await sendOssRequest(api.stranger, request))).toBe('403 AccessDenied')
  }
  expect(await tagsOf('counted')).toEqual({ a: '1' })
})

test.each([
  [documentOf({ 'a%': '1' }), 'InvalidTaggingKey'],
  [documentOf({ a: '%' }), 'InvalidTag'],
  [
    documentOf(Object.fromEntries(tooMany.split('&').map((k) => [k.slice(0, 3), 'v']))),
    'TooManyTags',
  ],
  ['<Tagging/>', 'MalformedXML'],
])('PutObjectTagging with %.80s is refused and changes nothing', async (body, code) => {
  await put('kept', 'a=1')
  const answer = await send({ key: 'kept', query: { tagging: '' }, body })
  expect(outcomeOf(answer)).toBe(`400 ${code}`)
  expect(await tagsOf('kept')).toEqual({ a: '1' })
})

test('each version has its own', async () => {
  const versioned = 'tagged-versions'
  await api.send({ method: 'PUT', bucket: versioned })
  const enable = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  await api.send({ method: 'PUT', bucket: versioned, query: { versioning: '' }, body: enable })
  const make = async (tagging: string) => {
    const headers = { 'x-oss-tagging': tagging }
    const made = await send({ bucket: versioned, key: 'object', body: tagging, headers })
    return String(made.headers['x-oss-version-id'])
  }
  const [first, second] = [await make('a=1'), await make('b=2')]
  const read = async (versionId?: string) => {
    const query = { tagging: '', ...(versionId && { versionId }) }
    const answer = await send({ method: 'GET', bucket: versioned, key: 'object', query })
    return `${answer.headers['x-oss-version-id']} ${/<Key>(.*?)</.exec(answer.body.toString())?.[1]}`
  }
  expect([await read(first), await read()]).toEqual([`${first} a`, `${second} b`])
  const query = { tagging: '', versionId: first }
  const body = documentOf({ c: '3' })
  const changed = await send({ bucket: versioned, key: 'object', query, body })
  expect(changed.headers['x-oss-version-id']).toBe(first)
  expect([await read(first), await read()]).toEqual([`${first} c`, `${second} b`])
  await send({ method: 'DELETE', bucket: versioned, key: 'object' })
  const gone = await send({
    method: 'GET',
    bucket: versioned,
    key: 'object',
    query: { tagging: '' },
  })
  expect(outcomeOf(gone)).toBe('404 NoSuchKey')
})

test('headers that were to persist come back with every read, and with a copy', async () => {
  const headers = { 'x-oss-persistent-headers': 'My-Header:YmFybGV5,x-other:' }
  await send({ key: 'persistent', body: 'x', headers })
  await send({ key: 'copied', headers: { 'x-oss-copy-source': `/${bucket}/persistent` } })
  for (const key of ['persistent', 'copied']) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await send({ method, key })
      expect(answer.headers).toMatchObject({ 'my-header': 'barley', 'x-other': '' })
    }
  }
  const wrong = { 'x-oss-persistent-headers': 'etag:MQ==' }
  const refused = await send({ key: 'persistent', body: 'y', headers: wrong })
  expect(outcomeOf(refused)).toBe('400 InvalidArgument')
  expect((await send({ method: 'GET', key: 'persistent' })).body.toString()).toBe('x')
})
