/**
 * Symlinks: what each read shows of the link and of its target, and what may not be done with them.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest } from '../support/oss-request.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const bucket = 'links'
const target = 'folder/ünï +%?.txt'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
  const headers = { 'content-type': 'text/x-target', 'x-oss-meta-of': 'target' }
  await send({ key: target, body: 'barley', headers })
  const own = { 'content-type': 'text/x-link', 'x-oss-meta-of': 'link' }
  await link('link', encodeURIComponent(target), own)
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const send = (request: Partial<OssRequest>) => api.send({ method: 'PUT', bucket, ...request })
const link = (key: string, to: string, headers: Record<string, string> = {}) =>
  send({ key, query: { symlink: '' }, headers: { 'x-oss-symlink-target': to, ...headers } })

test('GetObject and HeadObject show the bytes of the target and all else of the link', async () => {
  const { headers: of } = await send({ method: 'HEAD', key: target })
  const got = await send({ method: 'GET', key: 'link' })
  const looked = await send({ method: 'HEAD', key: 'link' })
  expect([outcomeOf(got), got.body.toString()]).toEqual(['200', 'barley'])
  for (const { headers } of [got, looked]) {
    for (const name of ['etag', 'content-length', 'content-md5', 'x-oss-hash-crc64ecma']) {
      expect([name, headers[name]]).toEqual([name, of[name]])
    }
    expect(headers).toMatchObject({
      'content-type': 'text/x-link',
      'x-oss-meta-of': 'link',
      'x-oss-object-type': 'Symlink',
    })
  }
})

test('a range is one of the target, and conditions are about it', async () => {
  const range = await send({ method: 'GET', key: 'link', headers: { range: 'bytes=1-3' } })
  expect([range.status, range.body.toString()]).toEqual([206, 'arl'])
  const { headers } = await send({ method: 'HEAD', key: target })
  const same = { 'if-none-match': String(headers.etag) }
  expect((await send({ method: 'GET', key: 'link', headers: same })).status).toBe(304)
})

test('GetSymlink, GetObjectMeta and the list are about the link', async () => {
  const got = await send({ method: 'GET', key: 'link', query: { symlink: '' } })
  expect(got.headers['x-oss-symlink-target']).toBe('folder%2F%C3%BCn%C3%AF%20%2B%25%3F.txt')
  expect(got.headers.etag).toMatch(/^"[0-9A-F]{32}"$/)
  const meta = await send({ method: 'HEAD', key: 'link', query: { objectMeta: '' } })
  expect(meta.headers).toMatchObject({ 'content-length': '0', etag: got.headers.etag })
  const list = await send({ method: 'GET', query: { prefix: 'link' } })
  expect(list.body.toString()).toMatch(/<Key>link<\/Key>.*<Type>Symlink<\/Type><Size>0<\/Size>/)
})

test('a link to nothing, and to another link, is made and says so when it is read', async () => {
  expect(outcomeOf(await link('to-nothing', 'nothing'))).toBe('200')
  expect(outcomeOf(await link('to-link', 'link'))).toBe('200')
  for (const method of ['GET', 'HEAD']) {
    expect(outcomeOf(await send({ method, key: 'to-nothing' }))).toBe('404 SymlinkTargetNotExist')
    expect(outcomeOf(await send({ method, key: 'to-link' }))).toBe('400 InvalidTargetType')
  }
  await send({ key: 'nothing', body: 'there now' })
  expect((await send({ method: 'GET', key: 'to-nothing' })).body.toString()).toBe('there now')
})

test.each([
  ['GET', 'absent', '404 NoSuchKey'],
  ['GET', target, '400 NotSymlink'],
])('%s ?symlink of %s: %s', async (method, key, expected) => {
  expect(outcomeOf(await send({ method, key, query: { symlink: '' } }))).toBe(expected)
})

test.each([
  [{}, '400 InvalidArgument'],
  [{ 'x-oss-symlink-target': '%zz' }, '400 InvalidObjectName'],
  [{ 'x-oss-symlink-target': '/a' }, '400 InvalidObjectName'],
  [{ 'x-oss-symlink-target': 'a'.repeat(1024) }, '400 InvalidObjectName'],
  [{ 'x-oss-symlink-target': 'a', 'x-oss-storage-class': 'ColdArchive' }, '400 InvalidArgument'],
  [{ 'x-oss-symlink-target': 'a', 'x-oss-storage-class': 'Dusty' }, '400 InvalidArgument'],
])('PutSymlink with %.60j is refused and makes nothing', async (headers, expected) => {
  const wrong = { key: 'wrong', query: { symlink: '' }, headers: headers as Record<string, string> }
  expect(outcomeOf(await send(wrong))).toBe(expected)
  expect(outcomeOf(await send({ method: 'HEAD', key: 'wrong' }))).toBe('404 NoSuchKey')
})

test('a link replaces what is there, unless that is forbidden', async () => {
  await send({ key: 'replaced', body: 'x' })
  const forbid = { 'x-oss-forbid-overwrite': 'true' }
  const again = await link('replaced', 'target', forbid)
  expect(outcomeOf(again)).toBe('409 FileAlreadyExists')
  expect((await send({ method: 'GET', key: 'replaced' })).body.toString()).toBe('x')
  expect(outcomeOf(await link('replaced', encodeURIComponent(target)))).toBe('200')
  expect((await send({ method: 'GET', key: 'replaced' })).body.toString()).toBe('barley')
  expect(outcomeOf(await send({ key: 'replaced', body: 'y' }))).toBe('200')
  expect((await send({ method: 'GET', key: 'replaced' })).body.toString()).toBe('y')
})

test('a copy of a link is a link', async () => {
  await send({ key: 'copy', headers: { 'x-oss-copy-source': `/${bucket}/link` } })
  const copy = await send({ method: 'GET', key: 'copy', query: { symlink: '' } })
  expect(decodeURIComponent(String(copy.headers['x-oss-symlink-target']))).toBe(target)
  const { headers } = await send({ method: 'HEAD', key: 'copy' })
  expect(headers).toMatchObject({ 'content-type': 'text/x-link', 'x-oss-meta-of': 'link' })
})

test('nothing is appended to a link', async () => {
  const append = { method: 'POST', key: 'link', query: { append: '', position: '0' }, body: 'x' }
  expect(outcomeOf(await send(append))).toBe('409 ObjectNotAppendable')
})

describe('a part that is copied from a link', () => {
  let uploadId = ''
  beforeAll(async () => {
    const begun = await send({ method: 'POST', key: 'parts', query: { uploads: '' } })
    uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? ''
  })
  const copyPart = (source: string, headers: Record<string, string> = {}) =>
    send({
      ...{ key: 'parts', query: { partNumber: '1', uploadId } },
      headers: { 'x-oss-copy-source': `/${bucket}/${source}`, ...headers },
    })
  const listed = async () =>
    (await send({ method: 'GET', key: 'parts', query: { uploadId } })).body.toString()

  test.each([
    ['to-no-target', '404 SymlinkTargetNotExist'],
    ['to-a-link', '400 InvalidTargetType'],
    ['to-frozen', '403 InvalidObjectState'],
  ])('%s is none: %s', async (key, expected) => {
    await send({ key: 'frozen', body: 'x', headers: { 'x-oss-storage-class': 'Archive' } })
    await link('to-no-target', 'no-target')
    await link('to-a-link', 'link')
    await link('to-frozen', 'frozen')
    expect(outcomeOf(await copyPart(key))).toBe(expected)
    expect(await listed()).not.toContain('<Part>')
  })

  test('has the bytes of its target, under conditions about what a read shows', async () => {
    const { headers: shown } = await send({ method: 'HEAD', key: 'link' })
    const { headers: own } = await send({ method: 'GET', key: 'link', query: { symlink: '' } })
    const under = (etag: unknown) =>
      copyPart('link', { 'x-oss-copy-source-if-match': String(etag) })
    expect(outcomeOf(await under(own.etag))).toBe('412 PreconditionFailed')
    expect(await listed()).not.toContain('<Part>')
    expect(outcomeOf(await under(shown.etag))).toBe('200')
    const part = await copyPart('link', { 'x-oss-copy-source-range': 'bytes=1-3' })
    expect(outcomeOf(part)).toBe('200')
    const query = { uploadId }
    const completeAll = { 'x-oss-complete-all': 'yes' }
    await send({ method: 'POST', key: 'parts', query, headers: completeAll })
    expect((await send({ method: 'GET', key: 'parts' })).body.toString()).toBe('arl')
  })

  test('is made by who may read both', async () => {
    const open = { 'x-oss-object-acl': 'public-read' }
    await send({ key: 'hidden', body: 'hidden' })
    await link('shown-to-hidden', 'hidden', open)
    const strangers = { method: 'PUT', bucket: 'of-a-stranger' }
    const ask = (request: OssRequest) => sendOssRequest(api.stranger, request)
    await ask(strangers)
    const begun = await ask({ ...strangers, method: 'POST', key: 'k', query: { uploads: '' } })
    const id = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? ''
    const query = { partNumber: '1', uploadId: id }
    const headers = { 'x-oss-copy-source': `/${bucket}/shown-to-hidden` }
    const copied = () => ask({ ...strangers, key: 'k', query, headers })
    expect(outcomeOf(await copied())).toBe('403 AccessDenied')
    await send({ key: 'hidden', body: 'hidden', headers: open })
    expect(outcomeOf(await copied())).toBe('200')
  })
})

test('the reader needs the right to both', async () => {
  const open = { 'x-oss-object-acl': 'public-read' }
  await send({ key: 'open', body: 'open', headers: open })
  await send({ key: 'closed', body: 'closed' })
  await link('open-to-open', 'open', open)
  await link('open-to-closed', 'closed', open)
  await link('open-to-nothing', 'absent', open)
  await link('closed-to-open', 'open')
  const read = async (key: string) =>
    outcomeOf(await sendOssRequest(api.stranger, { method: 'GET', bucket, key }))
  expect(await read('open-to-open')).toBe('200')
  expect(await read('open-to-closed')).toBe('403 AccessDenied')
  expect(await read('open-to-nothing')).toBe('403 AccessDenied')
  expect(await read('closed-to-open')).toBe('403 AccessDenied')
})

test('DELETE with the parameter of links deletes the object, as without it', async () => {
  const query = { symlink: '' }
  for (const key of ['gone link', 'gone object']) {
    await (key === 'gone link' ? link(key, 'absent') : send({ key, body: 'grain' }))
    expect(outcomeOf(await send({ method: 'DELETE', key, query }))).toBe('204')
    expect(outcomeOf(await send({ method: 'GET', key }))).toBe('404 NoSuchKey')
  }
})

test('a removed link leaves its target; each version leads where it did', async () => {
  const versioned = { bucket: 'links-versions' }
  await api.send({ method: 'PUT', ...versioned })
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  await api.send({ method: 'PUT', ...versioned, query: { versioning: '' }, body })
  for (const key of ['a', 'b']) await send({ ...versioned, key, body: key })
  const versions: string[] = []
  for (const to of ['a', 'b']) {
    const headers = { 'x-oss-symlink-target': to }
    const made = await send({ ...versioned, key: 'link', query: { symlink: '' }, headers })
    versions.push(String(made.headers['x-oss-version-id']))
  }
  const read = async (query: Record<string, string>) =>
    (await send({ ...versioned, method: 'GET', key: 'link', query })).body.toString()
  expect(await read({})).toBe('b')
  expect(await read({ versionId: versions[0] ?? '' })).toBe('a')
  await send({ ...versioned, method: 'DELETE', key: 'link' })
  expect((await send({ ...versioned, method: 'GET', key: 'a' })).body.toString()).toBe('a')
  await send({ ...versioned, method: 'DELETE', key: 'a' })
  const dangling = { versionId: versions[0] ?? '' }
  const answer = await send({ ...versioned, method: 'GET', key: 'link', query: dangling })
  expect(outcomeOf(answer)).toBe('404 SymlinkTargetNotExist')
})

describe('a sealed object', () => {
  const append = (key: string, position: string) =>
    send({ method: 'POST', key, query: { append: '', position }, body: 'line\n' })
  const seal = (key: string, position: string) =>
    send({ method: 'POST', key, query: { seal: '', position } })

  test('does not grow, is read as before, and may be sealed again', async () => {
    await append('log', '0')
    const before = await send({ method: 'HEAD', key: 'log' })
    const sealed = await seal('log', '5')
    expect([outcomeOf(sealed), sealed.headers['x-oss-sealed-time']]).toEqual([
      '200',
      expect.stringMatching(/ GMT$/),
    ])
    expect(outcomeOf(await append('log', '5'))).toBe('409 ObjectNotAppendable')
    const after = await send({ method: 'HEAD', key: 'log' })
    expect(after.headers['last-modified']).toBe(before.headers['last-modified'])
    expect((await seal('log', '5')).headers['x-oss-sealed-time']).toBe(
      sealed.headers['x-oss-sealed-time'],
    )
    expect(outcomeOf(await send({ key: 'log', body: 'new' }))).toBe('200')
  })

  test('is one whose length its sealer knows', async () => {
    await append('open-log', '0')
    const wrong = await seal('open-log', '4')
    expect([outcomeOf(wrong), wrong.headers['x-oss-next-append-position']]).toEqual([
      '409 PositionNotEqualToLength',
      '5',
    ])
    expect(outcomeOf(await append('open-log', '5'))).toBe('200')
    expect(outcomeOf(await seal(target, '6'))).toBe('409 ObjectNotAppendable')
    expect(outcomeOf(await seal('absent', '0'))).toBe('404 NoSuchKey')
    expect(outcomeOf(await seal('open-log', 'x'))).toBe('400 InvalidArgument')
  })
})
