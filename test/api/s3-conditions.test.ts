/**
 * Writes of S3 clients that depend on what is there: of several at once, one at most succeeds.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendS3 } from '../support/s3-anonymous.ts'

const bucket = 'conditions'
const NOTHING = { 'if-none-match': '*' }
const ANYTHING = { 'if-match': '*' }
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read-write' } })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

async function put(key: string, body: string, headers: Record<string, string>): Promise<string> {
  return outcomeOf(await sendS3(api, { method: 'PUT', bucket, key, body, headers }))
}

const has = (body: string) => ({
  'if-match': `"${createHash('md5').update(body).digest('hex')}"`,
})

test('of many who make a key at once, one does', async () => {
  const numbers = Array.from({ length: 16 }, (_, number) => number)
  const outcomes = await Promise.all(numbers.map((number) => put('new', String(number), NOTHING)))
  const made = numbers.filter((number) => outcomes[number] === '200')
  expect(made).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome === '412 PreconditionFailed')).toHaveLength(15)
  const { body } = await sendS3(api, { method: 'GET', bucket, key: 'new' })
  expect(body.toString()).toBe(String(made[0]))
})

test('of many who replace what they have read at once, one does', async () => {
  await put('old', 'first', {})
  const numbers = Array.from({ length: 16 }, (_, number) => number)
  const outcomes = await Promise.all(
    numbers.map((number) => put('old', String(number), has('first'))),
  )
  expect(outcomes.filter((outcome) => outcome === '200')).toHaveLength(1)
})

test('a version that is gone, or was never there, is not replaced', async () => {
  expect(await put('absent', 'x', has('x'))).toBe('404 NoSuchKey')
  expect(await put('once', 'x', NOTHING)).toBe('200')
  await sendS3(api, { method: 'DELETE', bucket, key: 'once' })
  expect(await put('once', 'y', has('x'))).toBe('404 NoSuchKey')
  expect(await put('once', 'y', NOTHING)).toBe('200')
})

test('copies and completions keep to conditions, too', async () => {
  await put('source', 'x', {})
  const copy = { 'x-amz-copy-source': `/${bucket}/source` }
  expect(await put('copy', '', { ...copy, ...NOTHING })).toBe('200')
  expect(await put('copy', '', { ...copy, ...NOTHING })).toBe('412 PreconditionFailed')
  expect(await put('copy', '', { ...copy, ...has('other') })).toBe('412 PreconditionFailed')
  const upload = { method: 'POST', bucket, key: 'copy' }
  const begun = await sendS3(api, { ...upload, query: { uploads: '' } })
  const uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? ''
  const part = { ...upload, method: 'PUT', query: { uploadId, partNumber: '1' }, body: 'part' }
  const { headers } = await sendS3(api, part)
  const list = `<Part><PartNumber>1</PartNumber><ETag>${String(headers.etag)}</ETag></Part>`
  const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`
  const complete = (condition: Record<string, string>) =>
    sendS3(api, { ...upload, query: { uploadId }, body, headers: condition })
  expect(outcomeOf(await complete(NOTHING))).toBe('412 PreconditionFailed')
  expect(outcomeOf(await complete(has('x')))).toBe('200')
})

async function remove(key: string, headers: Record<string, string>, versionId?: string) {
  const query = versionId === undefined ? {} : { versionId }
  return outcomeOf(await sendS3(api, { method: 'DELETE', bucket, key, query, headers }))
}

test('what is deleted is what the client has seen', async () => {
  await put('seen', 'x', {})
  expect(await remove('seen', has('y'))).toBe('412 PreconditionFailed')
  expect(await remove('seen', has('y'), 'null')).toBe('412 PreconditionFailed')
  expect(await remove('seen', { 'if-none-match': '*' })).toBe('501 NotImplemented')
  expect(await remove('seen', has('x'))).toBe('204')
  expect(await remove('seen', has('x'))).toBe('404 NoSuchKey')
  expect(await remove('seen', ANYTHING)).toBe('404 NoSuchKey')
  expect(await put('seen', 'x', ANYTHING)).toBe('404 NoSuchKey')
  await put('seen', 'x', {})
  expect(await put('seen', 'x', ANYTHING)).toBe('200')
  expect(await remove('seen', ANYTHING)).toBe('204')
  await put('seen', 'x', {})
  expect(await remove('seen', has('x'), 'null')).toBe('204')
  expect(await remove('seen', {})).toBe('204')
})

test('of many that are deleted at once, each keeps to its own condition', async () => {
  await Promise.all(['one', 'two'].map((key) => put(key, 'x', {})))
  const entry = (key: string, etag: string) =>
    `<Object><Key>${key}</Key><ETag>${etag}</ETag></Object>`
  const [right = '', wrong = ''] = ['x', 'y'].map((body) => has(body)['if-match'])
  const body = `<Delete>${entry('one', right)}${entry('two', wrong)}</Delete>`
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
  const request = { method: 'POST', bucket, query: { delete: '' }, body, headers }
  const answer = (await sendS3(api, request)).body.toString()
  expect(answer).toContain('<Deleted><Key>one</Key></Deleted>')
  expect(answer).toMatch(/<Error><Key>two<\/Key>.*PreconditionFailed/)
  expect((await sendS3(api, { method: 'HEAD', bucket, key: 'two' })).status).toBe(200)
})

test('where versions are kept, what counts is the current one', async () => {
  await put('kept', 'x', {})
  const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  await api.send({ method: 'PUT', bucket, query: { versioning: '' }, body: versioning })
  expect(await put('kept', 'y', NOTHING)).toBe('412 PreconditionFailed')
  await sendS3(api, { method: 'DELETE', bucket, key: 'kept' })
  expect(await put('kept', 'y', NOTHING)).toBe('200')
})

test.each([
  [{ 'if-none-match': '"x"' }, '501 NotImplemented'],
  [{ 'if-match': '"x", "y"' }, '501 NotImplemented'],
  [{ 'if-match': '*', 'if-none-match': '*' }, '400 InvalidRequest'],
  [{ 'if-match': '"x"', 'if-none-match': '*' }, '400 InvalidRequest'],
])('%j is answered %s', async (headers, expected) => {
  expect(await put('odd', 'x', headers)).toBe(expected)
})
