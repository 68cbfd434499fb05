/**
 * What of the S3 API is known but not served is refused by name, and changes nothing.
 *
 * @module
 */

import { knownS3Operations, s3Operations } from '../../storage-node/src/testing.ts'
import type { S3OperationRow } from '../../storage-node/src/testing.ts'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest } from '../support/oss-request.ts'
import { s3Client } from '../support/s3-client.ts'
import { sendS3 as send } from '../support/s3-anonymous.ts'

const bucket = 'unserved'
const key = 'object'
let api: TestApi
let before: string
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read-write' } })
  await api.send({ method: 'PUT', bucket, key, body: 'kept' })
  before = await stateOf()
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

async function stateOf(): Promise<string> {
  const queries = [{ bucketInfo: '' }, { stat: '' }, { uploads: '' }, {}]
  const answers = await Promise.all(
    queries.map((query) => api.send({ method: 'GET', bucket, query })),
  )
  const object = await api.send({ method: 'GET', bucket, key })
  return [...answers, object].map(({ body }) => body.toString()).join('\n')
}

const sendS3 = (request: OssRequest) => send(api, request)

const unserved = knownS3Operations.filter(({ name }) => !s3Operations.has(name))

test.each(unserved.flatMap((row) => row.methods.map((method) => [row.name, method, row] as const)))(
  '%s by %s is NotImplemented and changes nothing',
  async (name, method, row) => {
    const answer = await sendS3(requestOf(row, method))
    expect(outcomeOf(answer)).toBe('501 NotImplemented')
    expect(answer.body.toString()).toContain(name)
    expect(answer.headers['x-amz-request-id']).toMatch(/^[0-9A-F]{24}$/)
  },
)

function requestOf(row: S3OperationRow, method: string): OssRequest {
  const query: Record<string, string> = {}
  for (const selector of row.select ?? []) {
    const [name = '', value = ''] = selector.split('=')
    query[name] = value
  }
  return {
    ...{ method, query, bucket },
    ...(row.level === 'object' ? { key } : {}),
    body: method === 'GET' ? '' : '<Anything/>',
  }
}

test.each([
  'unknown',
  'Legal-Hold',
  'acl&tagging',
  'partNumber&acl',
  'x-oss-process',
  'versionid',
  'append',
  'symlink',
])('a sub-resource %s that S3 does not know is no plain write or read', async (names) => {
  const query = Object.fromEntries(names.split('&').map((name) => [name, '']))
  for (const method of ['PUT', 'GET', 'DELETE', 'POST', 'HEAD']) {
    for (const target of [{ bucket, key }, { bucket }]) {
      const answer = await sendS3({ method, ...target, query, body: 'x' })
      expect([501, 405]).toContain(answer.status)
    }
  }
})

test.each([
  ['x-amz-server-side-encryption', 'AES256'],
  ['x-amz-server-side-encryption-customer-algorithm', 'AES256'],
  ['x-amz-object-lock-mode', 'GOVERNANCE'],
  ['x-amz-grant-read', 'id="1"'],
  ['x-amz-website-redirect-location', '/x'],
  ['x-amz-acl', 'authenticated-read'],
  ['if-modified-since', 'Fri, 20 Nov 2026 20:00:00 GMT'],
])('PutObject with %s: %s is refused, naming the header', async (name, value) => {
  const answer = await sendS3({ method: 'PUT', bucket, key, headers: { [name]: value }, body: 'x' })
  expect(outcomeOf(answer)).toBe('501 NotImplemented')
  expect(answer.body.toString().toLowerCase()).toContain(`<header>${name}</header>`)
})

test('a second factor for deletions is refused, wherever it is asked for', async () => {
  const signed = s3Client(api.owner)
  const VersioningConfiguration = { Status: 'Enabled', MFADelete: 'Enabled' } as const
  const asked = signed.putBucketVersioning({ Bucket: bucket, VersioningConfiguration })
  await expect(asked).rejects.toMatchObject({ name: 'NotImplemented' })
  signed.destroy()
})

test('nothing of this changed anything', async () => {
  expect(await stateOf()).toBe(before)
})

test.each([
  [{ method: 'GET', bucket, key: 'absent' }, '404 NoSuchKey'],
  [{ method: 'GET', bucket: 'absent', key }, '404 NoSuchBucket'],
  [{ method: 'DELETE', bucket }, '403 AccessDenied'],
  [{ method: 'GET', bucket, key, headers: { range: 'bytes=9-' } }, '416 InvalidRange'],
  [{ method: 'GET', bucket, key, headers: { 'if-match': '"x"' } }, '412 PreconditionFailed'],
  [{ method: 'PUT', bucket, key: 'k'.repeat(1024) }, '400 KeyTooLongError'],
  [
    { method: 'PUT', bucket, key, headers: { 'x-amz-storage-class': 'GLACIER_IR' } },
    '400 InvalidStorageClass',
  ],
  [
    {
      method: 'PUT',
      bucket,
      key,
      body: 'x',
      headers: { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' },
    },
    '400 BadDigest',
  ],
  [
    { method: 'PUT', bucket, key, body: 'x', headers: { 'content-md5': 'short' } },
    '400 InvalidDigest',
  ],
  [{ method: 'POST', bucket, query: { delete: '' }, body: '<Delete/>' }, '400 InvalidRequest'],
  [{ method: 'GET', bucket, headers: { 'x-amz-expected-bucket-owner': '1' } }, '403 AccessDenied'],
])('%j is answered %s', async (request, expected) => {
  expect(outcomeOf(await sendS3(request))).toBe(expected)
})

test('an error is told as S3 tells it, and to a HEAD by its status alone', async () => {
  const answer = await sendS3({ method: 'GET', bucket, key: 'absent' })
  expect(answer.headers['x-oss-request-id']).toBeUndefined()
  expect(answer.headers['x-oss-ec']).toBeUndefined()
  expect(answer.body.toString()).toContain('<Resource>/unserved/absent</Resource>')
  const head = await sendS3({ method: 'HEAD', bucket, key: 'absent' })
  expect(head.status).toBe(404)
  expect(Object.keys(head.headers).filter((name) => name.startsWith('x-oss'))).toEqual([])
})
