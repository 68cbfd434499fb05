/**
 * XML that is malformed, too deep, too large or clever is refused, and does nothing.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssResponse } from '../support/oss-request.ts'

const bucket = 'documents'
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key: 'k', body: 'kept' })
})
afterAll(async () => {
  expect((await api.send({ method: 'GET', bucket, key: 'k' })).body.toString()).toBe('kept')
  expect(api.bugs).toEqual([])
  await api.stop()
})

function deleteMany(body: string | Uint8Array, headers: Record<string, string> = {}) {
  const md5 = createHash('md5').update(body).digest('base64')
  const query = { delete: '' }
  return api.send({
    method: 'POST',
    bucket,
    query,
    body,
    headers: { 'content-md5': md5, ...headers },
  })
}

const object = '<Object><Key>absent</Key></Object>'
const many = (count: number) => `<Delete>${object.repeat(count)}</Delete>`

describe('DeleteMultipleObjects', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['one key', many(1), '200'],
    ['1,000 keys', many(1000), '200'],
    ['1,001 keys', many(1001), '400 MalformedXML'],
    ['no key', '<Delete></Delete>', '400 MalformedXML'],
    ['any namespace', `<Delete xmlns="http://doc.example">${object}</Delete>`, '200'],
    ['elements that nobody knows', `<Delete><Other a="b"/>${object}</Delete>`, '200'],
    ['an empty body', '', '400 MalformedXML'],
    ['text that is no XML', 'delete everything', '400 MalformedXML'],
    ['an element that is not closed', `<Delete>${object}`, '400 MalformedXML'],
    ['elements that overlap', '<Delete><Object></Delete></Object>', '400 MalformedXML'],
    ['two roots', many(1) + many(1), '400 MalformedXML'],
    ['another root', `<Remove>${object}</Remove>`, '400 MalformedXML'],
    ['a DOCTYPE', `<!DOCTYPE Delete>${many(1)}`, '400 MalformedXML'],
    [
      'entities of its own',
      `<!DOCTYPE d [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>`,
      '400 MalformedXML',
    ],
    ['an unknown entity', '<Delete><Object><Key>&a;</Key></Object></Delete>', '400 MalformedXML'],
    ['the entities of XML', '<Delete><Object><Key>&lt;&#65;</Key></Object></Delete>', '200'],
    [
      '100 levels',
      `<Delete>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</Delete>`,
      '400 MalformedXML',
    ],
    ['bytes that are no UTF-8', Buffer.from([60, 0xff, 62]), '400 MalformedXML'],
    [
      'a key that is none',
      '<Delete><Object><Key>/a</Key></Object></Delete>',
      '400 InvalidObjectName',
    ],
    ['Quiet that is no truth', `<Delete><Quiet>yes</Quiet>${object}</Delete>`, '400 MalformedXML'],
    ['more than 2 MiB', `${many(1)}${' '.repeat(2 * 1024 ** 2)}`, '400 MalformedXML'],
  ])('%s', async (_name, body, expected) => {
    expect(outcomeOf(await deleteMany(body))).toBe(expected)
  })

  test('a document that names one bad key deletes nothing', async () => {
    const body = '<Delete><Object><Key>k</Key></Object><Object><Key>/bad</Key></Object></Delete>'
    expect(outcomeOf(await deleteMany(body))).toBe('400 InvalidObjectName')
  })

  test('a document that was cut on its way deletes nothing', async () => {
    const body = '<Delete><Object><Key>k</Key></Object></Delete>'
    const headers = { 'content-md5': createHash('md5').update('other').digest('base64') }
    expect(outcomeOf(await deleteMany(body, headers))).toBe('400 InvalidDigest')
    const without = { method: 'POST', bucket, query: { delete: '' }, body }
    expect(outcomeOf(await api.send(without))).toBe('400 MissingArgument')
  })

  test('quietly names nothing, else every key, absent ones too', async () => {
    const keys = `${object}<Object><Key>a&amp;b</Key></Object>`
    const named = await deleteMany(`<Delete>${keys}</Delete>`)
    expect(keysIn(named)).toEqual(['absent', 'a&amp;b'])
    expect(keysIn(await deleteMany(`<Delete><Quiet>true</Quiet>${keys}</Delete>`))).toEqual([])
  })
})

describe('PutBucket', () => {
  const root = 'CreateBucketConfiguration'
  test.each([
    ['nothing', '', '200'],
    ['a class', `<${root}><StorageClass>IA</StorageClass></${root}>`, '200'],
    [
      'an unknown class',
      `<${root}><StorageClass>Dusty</StorageClass></${root}>`,
      '400 InvalidArgument',
    ],
    ['a cold class', `<${root}><StorageClass>ColdArchive</StorageClass></${root}>`, '200'],
    [
      'an unknown redundancy',
      `<${root}><DataRedundancyType>RAID</DataRedundancyType></${root}>`,
      '400 InvalidArgument',
    ],
    [
      'a location of old clients',
      `<${root}><LocationConstraint>oss-x</LocationConstraint></${root}>`,
      '200',
    ],
    ['half a document', `<${root}>`, '400 MalformedXML'],
    [
      'a document that is too large',
      `<${root}>${' '.repeat(70_000)}</${root}>`,
      '400 MalformedXML',
    ],
  ])('%s', async (name, body, expected) => {
    const spec = { method: 'PUT', bucket: `b-${name.replaceAll(' ', '-')}`, body }
    expect(outcomeOf(await api.send(spec))).toBe(expected)
  })
})

describe('CompleteMultipartUpload', () => {
  let uploadId: string
  let etag: string
  beforeAll(async () => {
    const started = await api.send({ method: 'POST', bucket, key: 'k', query: { uploads: '' } })
    uploadId = /<UploadId>(\w+)</.exec(started.body.toString())?.[1] ?? ''
    const query = { uploadId, partNumber: '1' }
    const part = await api.send({ method: 'PUT', bucket, key: 'k', query, body: 'part' })
    etag = String(part.headers.etag)
  })

  const part = (number: string, of: string) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${of}</ETag></Part>`
  test.each<[string, () => string, string]>([
    ['no document', () => '', '400 MalformedXML'],
    ['no part', () => '', '400 MalformedXML'],
    ['a number that is none', () => part('one', etag), '400 InvalidArgument'],
    ['part 0', () => part('0', etag), '400 InvalidArgument'],
    ['part 10001', () => part('10001', etag), '400 InvalidArgument'],
    ['a part that is not there', () => part('2', etag), '400 InvalidPart'],
    ['another ETag', () => part('1', '"00000000000000000000000000000000"'), '400 InvalidPart'],
    ['a part twice', () => part('1', etag) + part('1', etag), '400 InvalidPartOrder'],
    ['10,001 parts', () => part('1', etag).repeat(10_001), '400 MalformedXML'],
  ])('%s is refused', async (name, parts, expected) => {
    const body =
      name === 'no document' ? '' : `<CompleteMultipartUpload>${parts()}</CompleteMultipartUpload>`
    const spec = { method: 'POST', bucket, key: 'k', query: { uploadId }, body }
    expect(outcomeOf(await api.send(spec))).toBe(expected)
  })

  test.each([
    ['a body besides', { 'x-oss-complete-all': 'yes' }, '<CompleteMultipartUpload/>'],
    ['another word', { 'x-oss-complete-all': 'maybe' }, ''],
  ])('x-oss-complete-all with %s is refused', async (_name, headers, body) => {
    const spec = { method: 'POST', bucket, key: 'k', query: { uploadId }, headers, body }
    expect(outcomeOf(await api.send(spec))).toBe('400 InvalidArgument')
  })

  test.each(['', 'x', '0'.repeat(32), 'z'.repeat(32)])('upload id "%s" is none', async (id) => {
    const spec = { method: 'POST', bucket, key: 'k', query: { uploadId: id } }
    const headers = { 'x-oss-complete-all': 'yes' }
    expect(outcomeOf(await api.send({ ...spec, headers }))).toBe('404 NoSuchUpload')
  })
})

test('a key with control characters is deleted, whichever way it is written', async () => {
  const key = '文件\f\u0001-2.txt'
  for (const written of [key, key.replace('\f', '&#12;').replace('\u0001', '&#x1;')]) {
    await api.send({ method: 'PUT', bucket, key, body: 'grain' })
    const body = `<Delete><Object><Key>${written}</Key></Object></Delete>`
    const md5 = createHash('md5').update(body).digest('base64')
    const query = { delete: '', 'encoding-type': 'url' }
    const headers = { 'content-md5': md5 }
    const answer = await api.send({ method: 'POST', bucket, query, body, headers })
    expect(outcomeOf(answer)).toBe('200')
    expect(keysIn(answer)).toEqual([encodeURIComponent(key)])
    expect(outcomeOf(await api.send({ method: 'GET', bucket, key }))).toBe('404 NoSuchKey')
  }
})

function keysIn({ body }: OssResponse): string[] {
  return [...body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key)
}
