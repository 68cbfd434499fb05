/**
 * Bucket policies and public access blocks, as clients see them (oss.md 1.3, 2.7).
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { OssRequest } from '../support/oss-request.ts'

const OWNER = '1000000000000001'
const STRANGER = '1000000000000002'
let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
  expect(api.bugs).toEqual([])
})

interface Statement {
  readonly Effect?: string
  readonly Action?: string | string[]
  readonly Principal?: string | string[]
  readonly Resource?: string[]
  readonly Condition?: object
}

let bucketCount = 0
/** A bucket with an object `open/k` and one `closed/k`, and a policy. */
async function bucketWith(statements: readonly Statement[], acl = 'private'): Promise<string> {
  const bucket = `policy-${++bucketCount}`
  await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': acl } })
  for (const key of ['open/k', 'closed/k'])
    await api.send({ method: 'PUT', bucket, key, body: key })
  if (statements.length > 0) {
    expect(outcomeOf(await putPolicy(bucket, statements))).toBe('200')
  }
  return bucket
}

function textOf(bucket: string, statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: '1',
    Statement: statements.map((each) => ({
      ...{ Effect: 'Allow', Action: 'oss:*', Principal: [STRANGER] },
      ...each,
      Resource: (each.Resource ?? ['', '/*']).map((path) => `acs:oss:*:*:${bucket}${path}`),
    })),
  })
}

const policy = { query: { policy: '' } }
const putPolicy = (bucket: string, statements: readonly Statement[]) =>
  api.send({ method: 'PUT', bucket, ...policy, body: textOf(bucket, statements) })
const byStranger = async (request: OssRequest) =>
  outcomeOf(await sendOssRequest(api.stranger, request))
const byAnybody = async (request: OssRequest) =>
  outcomeOf(await api.send({ ...request, anonymous: true }))
const byOwner = async (request: OssRequest) => outcomeOf(await api.send(request))

test('a policy is answered as it was put, and gone when it is deleted', async () => {
  const bucket = await bucketWith([])
  expect(await byOwner({ method: 'GET', bucket, ...policy })).toBe('404 NoSuchBucketPolicy')
  expect(await byOwner({ method: 'DELETE', bucket, ...policy })).toBe('204')
  const body = textOf(bucket, [{}]).replace('{', '{ \n')
  expect(await byOwner({ method: 'PUT', bucket, ...policy, body })).toBe('200')
  const answer = await api.send({ method: 'GET', bucket, ...policy })
  expect([answer.body.toString(), answer.headers['content-type']]).toEqual([
    body,
    'application/json',
  ])
  expect(await byOwner({ method: 'DELETE', bucket, ...policy })).toBe('204')
  expect(await byOwner({ method: 'GET', bucket, ...policy })).toBe('404 NoSuchBucketPolicy')
})

test('a policy that is refused leaves the one there is', async () => {
  const bucket = await bucketWith([{ Resource: ['/open/*'] }])
  const put = (body: string) => byOwner({ method: 'PUT', bucket, ...policy, body })
  for (const body of [
    '',
    '{}',
    'x',
    textOf('other', [{}]),
    '{"Version":"1","Statement":[]}',
    '\0',
  ]) {
    expect(await put(body)).toBe('400 InvalidPolicyDocument')
  }
  const long = textOf(bucket, [{}])
  expect(await put(long.padEnd(20 * 1024 + 1))).toBe('400 InvalidPolicyDocument')
  const spec = { method: 'PUT', bucket, ...policy, body: long }
  expect(await byOwner({ ...spec, headers: { 'content-md5': 'x' } })).toBe('400 InvalidDigest')
  expect(await byStranger({ method: 'GET', bucket, key: 'closed/k' })).toBe('403 AccessDenied')
  expect(await put(long.padEnd(20 * 1024))).toBe('200')
  expect(await byStranger({ method: 'GET', bucket, key: 'closed/k' })).toBe('200')
})

test('a policy opens what it names to whom it names, and nothing else', async () => {
  const bucket = await bucketWith([
    { Action: ['oss:GetObject', 'oss:PutObject', 'oss:DeleteObject'], Resource: ['/open/*'] },
    {
      Action: 'oss:ListObjects',
      Resource: [''],
      Condition: {
        StringLike: { 'oss:Prefix': ['open/*'] },
        StringEquals: { 'oss:Delimiter': '/' },
      },
    },
  ])
  const body = 'x'
  const list = (query: Record<string, string>) => byStranger({ method: 'GET', bucket, query })
  expect(await byStranger({ method: 'GET', bucket, key: 'open/k' })).toBe('200')
  expect(await byStranger({ method: 'GET', bucket, key: 'open/absent' })).toBe('404 NoSuchKey')
  expect(await byStranger({ method: 'PUT', bucket, key: 'open/new', body })).toBe('200')
  expect(await byStranger({ method: 'DELETE', bucket, key: 'open/new' })).toBe('204')
  expect(await list({ prefix: 'open/', delimiter: '/' })).toBe('200')
  expect(await list({ prefix: 'open/' })).toBe('403 AccessDenied')
  expect(await list({ delimiter: '/' })).toBe('403 AccessDenied')
  for (const request of [
    { method: 'GET', bucket, key: 'closed/k' },
    { method: 'GET', bucket, key: 'closed/absent' },
    { method: 'PUT', bucket, key: 'closed/k', body },
    { method: 'GET', bucket, query: { bucketInfo: '' } },
    { method: 'GET', bucket, ...policy },
    { method: 'GET', bucket, key: 'open/k', query: { acl: '' } },
    { method: 'PUT', bucket, key: 'open/k', query: { acl: '' } },
  ]) {
    expect(await byStranger(request)).toMatch(/^403 AccessDenied|400 NotImplemented$/)
    expect(await byAnybody(request)).toMatch(/^403 AccessDenied|400 NotImplemented$/)
  }
  expect(await byAnybody({ method: 'GET', bucket, key: 'open/k' })).toBe('403 AccessDenied')
})

test('of many keys to delete, one that is not allowed keeps all', async () => {
  const bucket = await bucketWith([{ Action: 'oss:DeleteObject', Resource: ['/open/*'] }])
  const send = (...keys: readonly string[]) => {
    const items = keys.map((key) => `<Object><Key>${key}</Key></Object>`)
    const body = `<Delete>${items.join('')}</Delete>`
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
    return byStranger({ method: 'POST', bucket, query: { delete: '' }, body, headers })
  }
  expect(await send('open/k', 'closed/k')).toBe('403 AccessDenied')
  expect(await byOwner({ method: 'GET', bucket, key: 'open/k' })).toBe('200')
  expect(await send('open/k')).toBe('200')
  expect(await byOwner({ method: 'GET', bucket, key: 'open/k' })).toBe('404 NoSuchKey')
})

test('a copy needs to read its source and to write its target', async () => {
  const source = await bucketWith([{ Action: 'oss:GetObject', Resource: ['/open/*'] }])
  const target = await bucketWith([{ Action: 'oss:PutObject', Resource: ['/open/*'] }])
  const copy = (from: string, bucket: string, key: string) =>
    byStranger({
      method: 'PUT',
      bucket,
      key,
      headers: { 'x-oss-copy-source': `/${source}/${from}` },
    })
  expect(await copy('open/k', target, 'open/copy')).toBe('200')
  expect(await copy('closed/k', target, 'open/copy')).toBe('403 AccessDenied')
  expect(await copy('open/k', target, 'closed/copy')).toBe('403 AccessDenied')
  expect(await copy('open/k', source, 'open/copy')).toBe('403 AccessDenied')
})

test('a statement without a principal allows nobody, and denies everybody', async () => {
  const read = { Action: 'oss:GetObject' }
  const put = async (acl: string, effect: string) => {
    const bucket = await bucketWith([], acl)
    const text = textOf(bucket, [{ ...read, Effect: effect }])
    const body = text.replace(`"Principal":["${STRANGER}"],`, '')
    expect(body).not.toContain('Principal')
    expect(await byOwner({ method: 'PUT', bucket, ...policy, body })).toBe('200')
    const status = await api.send({ method: 'GET', bucket, query: { policyStatus: '' } })
    expect(status.body.toString()).toContain('<IsPublic>false</IsPublic>')
    return bucket
  }
  const allowed = await put('private', 'Allow')
  expect(await byStranger({ method: 'GET', bucket: allowed, key: 'open/k' })).toBe(
    '403 AccessDenied',
  )
  expect(await byAnybody({ method: 'GET', bucket: allowed, key: 'open/k' })).toBe(
    '403 AccessDenied',
  )
  expect(await byOwner({ method: 'GET', bucket: allowed, key: 'open/k' })).toBe('200')
  const denied = await put('public-read', 'Deny')
  for (const by of [byStranger, byAnybody, byOwner]) {
    expect(await by({ method: 'GET', bucket: denied, key: 'open/k' })).toBe('403 AccessDenied')
  }
})

test('of a resource of another owner nothing is allowed, and what is denied is denied here', async () => {
  const foreign = async (acl: string, effect: string) => {
    const bucket = await bucketWith([], acl)
    const body = textOf(bucket, [{ Effect: effect, Action: 'oss:GetObject' }])
    const of = { method: 'PUT', bucket, ...policy, body: body.replaceAll('oss:*:*:', 'oss:*:42:') }
    expect(await byOwner(of)).toBe('200')
    return byStranger({ method: 'GET', bucket, key: 'open/k' })
  }
  expect(await foreign('private', 'Allow')).toBe('403 AccessDenied')
  expect(await foreign('public-read', 'Deny')).toBe('403 AccessDenied')
})

test('a deny holds for the owner too, but not for taking the policy back', async () => {
  const bucket = await bucketWith([{ Effect: 'Deny', Principal: '*' }], 'public-read')
  for (const request of [
    { method: 'GET', bucket, key: 'open/k' },
    { method: 'GET', bucket },
    { method: 'DELETE', bucket },
  ]) {
    const answer = await api.send(request)
    expect(outcomeOf(answer)).toBe('403 AccessDenied')
    expect(answer.body.toString()).toContain('Access denied by bucket policy.')
    expect(await byAnybody(request)).toBe('403 AccessDenied')
  }
  expect(await byStranger({ method: 'DELETE', bucket, ...policy })).toBe('403 AccessDenied')
  expect(await byOwner({ method: 'DELETE', bucket, ...policy })).toBe('204')
  expect(await byOwner({ method: 'GET', bucket, key: 'open/k' })).toBe('200')
})

test('conditions look at the request', async () => {
  const bucket = await bucketWith([
    {
      Principal: '*',
      Action: 'oss:GetObject',
      Condition: { IpAddress: { 'acs:SourceIp': '127.0.0.0/8' } },
    },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 'oss:GetObject',
      Condition: { StringLike: { 'acs:UserAgent': 'bad*' } },
    },
    {
      Action: 'oss:PutObject',
      Condition: {
        StringEquals: { 'oss:x-oss-object-acl': 'private', 'acs:AccessId': 'stranger' },
      },
    },
  ])
  const get = { method: 'GET', bucket, key: 'open/k' }
  expect(await byAnybody(get)).toBe('200')
  expect(await byAnybody({ ...get, headers: { 'user-agent': 'bad/1' } })).toBe('403 AccessDenied')
  const put = { method: 'PUT', bucket, key: 'new', body: 'x' }
  expect(await byStranger({ ...put, headers: { 'x-oss-object-acl': 'private' } })).toBe('200')
  expect(await byStranger({ ...put, headers: { 'x-oss-object-acl': 'public-read' } })).toBe(
    '403 AccessDenied',
  )
  expect(await byStranger(put)).toBe('403 AccessDenied')
})

test.each([
  ['no policy', [], false],
  ['one account', [{}], false],
  ['everybody', [{ Principal: '*' }], true],
  ['a denied everybody', [{ Principal: '*', Effect: 'Deny' }, { Principal: [OWNER] }], false],
])('the status of %s is public: %3$s', async (_name, statements, isPublic) => {
  const bucket = await bucketWith(statements)
  const answer = await api.send({ method: 'GET', bucket, query: { policyStatus: '' } })
  if (outcomeOf(answer) === '200') {
    expect(answer.body.toString()).toContain(`<IsPublic>${isPublic}</IsPublic>`)
  } else expect(statements[0]).toMatchObject({ Effect: 'Deny' })
})

const block = { query: { publicAccessBlock: '' } }
const documentOf = (isBlocked: boolean) =>
  `<PublicAccessBlockConfiguration><BlockPublicAccess>${isBlocked}</BlockPublicAccess></PublicAccessBlockConfiguration>`

test('a public access block takes away what is public, and gives it back', async () => {
  const bucket = await bucketWith([{ Principal: '*', Resource: ['/open/*'] }, {}], 'public-read')
  const read = (key: string) => byAnybody({ method: 'GET', bucket, key })
  expect([await read('open/k'), await read('closed/k')]).toEqual(['200', '200'])
  const shown = async () => (await api.send({ method: 'GET', bucket, ...block })).body.toString()
  expect(await shown()).toContain('<BlockPublicAccess>false</BlockPublicAccess>')
  const put = { method: 'PUT', bucket, ...block, body: documentOf(true) }
  expect(await byOwner(put)).toBe('200')
  expect(await shown()).toContain('<BlockPublicAccess>true</BlockPublicAccess>')
  expect([await read('open/k'), await read('closed/k')]).toEqual([
    '403 AccessDenied',
    '403 AccessDenied',
  ])
  expect(await byStranger({ method: 'GET', bucket, key: 'closed/k' })).toBe('200')
  const acl = { method: 'PUT', bucket, query: { acl: '' } }
  expect(await byOwner({ ...acl, headers: { 'x-oss-acl': 'public-read' } })).toBe(
    '403 AccessDenied',
  )
  expect(await byOwner({ ...acl, headers: { 'x-oss-acl': 'private' } })).toBe('200')
  const object = { method: 'PUT', bucket, key: 'closed/k', body: 'x' }
  const headers = { 'x-oss-object-acl': 'public-read' }
  expect(await byOwner({ ...object, headers })).toBe('403 AccessDenied')
  expect(outcomeOf(await putPolicy(bucket, [{ Principal: '*' }]))).toBe('403 AccessDenied')
  expect(await byOwner({ method: 'DELETE', bucket, ...block })).toBe('204')
  expect([await read('open/k'), await read('closed/k')]).toEqual(['200', '403 AccessDenied'])
})

test('a public access block of an account is one of all its buckets, old and new', async () => {
  const old = await bucketWith([], 'public-read')
  const read = (bucket: string) => byAnybody({ method: 'GET', bucket, key: 'open/k' })
  const shown = async () => (await api.send({ method: 'GET', ...block })).body.toString()
  expect(await shown()).toContain('<BlockPublicAccess>false</BlockPublicAccess>')
  expect(await read(old)).toBe('200')
  expect(await byOwner({ method: 'PUT', ...block, body: documentOf(true) })).toBe('200')
  expect(await shown()).toContain('<BlockPublicAccess>true</BlockPublicAccess>')
  expect(await read(old)).toBe('403 AccessDenied')
  const fresh = await bucketWith([])
  const headers = { 'x-oss-acl': 'public-read' }
  const acl = { method: 'PUT', bucket: fresh, query: { acl: '' }, headers }
  expect(await byOwner(acl)).toBe('403 AccessDenied')
  // Another account has its own, and the bucket's own setting is another one.
  const others = { method: 'PUT', bucket: 'others-bucket', headers }
  expect(await byStranger(others)).toBe('200')
  expect(await byAnybody({ method: 'GET', bucket: others.bucket })).toBe('200')
  const own = await api.send({ method: 'GET', bucket: old, ...block })
  expect(own.body.toString()).toContain('<BlockPublicAccess>false</BlockPublicAccess>')
  expect(await byAnybody({ method: 'PUT', ...block, body: documentOf(false) })).toBe(
    '403 AccessDenied',
  )
  expect(await byOwner({ method: 'DELETE', ...block })).toBe('204')
  expect(await read(old)).toBe('200')
  expect(await byOwner(acl)).toBe('200')
})

test('a public access block that cannot be read is refused', async () => {
  const bucket = await bucketWith([])
  for (const body of ['', '<a/>', documentOf(true).replace('true', 'yes')]) {
    expect(await byOwner({ method: 'PUT', bucket, ...block, body })).toBe('400 MalformedXML')
  }
})
