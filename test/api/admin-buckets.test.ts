/**
 * Buckets in the admin API: what is named is brought about, what is left out stays, and the REST API sees it.
 *
 * @module
 */

import { AdminClient, GivenCredentials, makeCredentials } from '../support/admin-api.ts'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'

const ACCOUNT = '1000000000000001'
const OTHER = '1000000000000002'

let api: TestApi
let operator: AdminClient

beforeAll(async () => {
  const made = await makeCredentials('cn-hangzhou', ['node', 'operator'])
  const admin = new GivenCredentials(made['node']!)
  api = await startApi(30_000, { accounts: [] }, false, { admin })
  operator = new AdminClient(api.adminPort, made['operator']!)
})

afterAll(async () => {
  operator.close()
  await api.stop()
  expect(api.bugs).toEqual([])
})

const put = (name: string, wanted: object = {}) =>
  operator.ask('PUT', `/v1/buckets/${name}`, { account: ACCOUNT, ...wanted })
const get = (name: string) => operator.ask('GET', `/v1/buckets/${name}`)
const remove = (name: string, contents = false) =>
  operator.ask('DELETE', `/v1/buckets/${name}?contents=${contents}`)
const changed = (...fields: string[]) => ({
  status: 200,
  body: { created: false, changed: fields },
})
const created = (...fields: string[]) => ({ status: 200, body: { created: true, changed: fields } })
const policyOf = (bucket: string, Principal = ['*']) => ({
  Version: '1',
  Statement: [
    { Effect: 'Allow', Principal, Action: 'oss:GetObject', Resource: `acs:oss:*:*:${bucket}/*` },
  ],
})
const rule = { allowedOrigins: ['*'], allowedMethods: ['GET'], maxAgeSeconds: 60 }

test('a bucket is made as it is wanted, and then as it is', async () => {
  const bucket = 'admin-whole'
  const wanted = {
    ...{ acl: 'public-read', storageClass: 'IA', versioning: 'Enabled' },
    ...{ tags: { team: 'grain', b: '' }, policy: policyOf(bucket, [OTHER]), cors: [rule] },
  }
  expect(await put(bucket, wanted)).toEqual(created('versioning', 'tags', 'policy', 'cors'))
  expect(await put(bucket, wanted)).toEqual(changed())
  const { status, body } = await get(bucket)
  expect(status).toBe(200)
  const rules = [{ ...rule, allowedHeaders: [], exposeHeaders: [] }]
  expect(body).toMatchObject({ ...wanted, name: bucket, account: ACCOUNT, cors: rules })
  const info = await api.send({ method: 'GET', bucket, query: { bucketInfo: '' } })
  expect(info.body.toString()).toContain('<Versioning>Enabled</Versioning>')
})

test('what is left out is not managed, and what drifts is put right', async () => {
  const bucket = 'admin-drift'
  expect(await put(bucket, { tags: { a: '1' }, acl: null })).toEqual(created('tags'))
  await api.send({
    method: 'PUT',
    bucket,
    query: { acl: '' },
    headers: { 'x-oss-acl': 'public-read' },
  })
  await api.send({ method: 'DELETE', bucket, query: { tagging: '' } })
  expect(await put(bucket, { tags: { a: '1' } })).toEqual(changed('tags'))
  expect((await get(bucket)).body).toMatchObject({ acl: 'public-read', tags: { a: '1' } })
  expect(await put(bucket, { tags: {}, cors: [], acl: 'private' })).toEqual(changed('acl', 'tags'))
  expect((await get(bucket)).body).toMatchObject({ acl: 'private', tags: {}, versioning: null })
})

test('the bucket of another account is not touched, and a class does not change', async () => {
  const bucket = 'admin-taken'
  await put(bucket, { acl: 'private' })
  const taken = await put(bucket, { account: OTHER, acl: 'public-read' })
  expect(taken).toMatchObject({ status: 409, body: { code: 'NameTaken' } })
  const colder = await put(bucket, { storageClass: 'Archive', acl: 'public-read' })
  expect(colder).toMatchObject({ status: 409, body: { code: 'BucketAlreadyExists' } })
  expect((await get(bucket)).body).toMatchObject({ acl: 'private', storageClass: 'Standard' })
})

test('what an account forbids is refused as the REST API refuses it', async () => {
  const bucket = 'admin-blocked'
  const query = { publicAccessBlock: '' }
  const block = (value: boolean) =>
    `<PublicAccessBlockConfiguration><BlockPublicAccess>${value}</BlockPublicAccess></PublicAccessBlockConfiguration>`
  expect((await api.send({ method: 'PUT', query, body: block(true) })).status).toBe(200)
  for (const wanted of [{ acl: 'public-read' }, { policy: policyOf(bucket) }]) {
    const refused = await put(bucket, wanted)
    expect(refused).toMatchObject({ status: 403, body: { code: 'AccessDenied' } })
  }
  expect(await get(bucket)).toMatchObject({ status: 404 })
  await api.send({ method: 'PUT', query, body: block(false) })
  expect(await put(bucket, { acl: 'public-read' })).toEqual(created())
})

test.each([
  ['account', { account: null }, 'account must be a uid of 16 digits'],
  ['acl', { acl: 'default' }, 'acl must be null or one of private, public-read'],
  ['class', { storageClass: 'Cold' }, 'storageClass must be null or one of Standard, IA'],
  ['versioning', { versioning: true }, 'versioning must be null or one of Enabled, Suspended'],
  ['tags', { tags: ['a'] }, 'tags must be null or an object of texts'],
  ['a tag', { tags: { a: 1 } }, 'tags must be null or an object of texts'],
  ['too many tags', { tags: Object.fromEntries(keys(21)) }, 'There may be at most 20 tags'],
  ['policy', { policy: 'x' }, 'policy must be null or a JSON object'],
  ['a policy', { policy: { Version: '7' } }, 'Version must be "1"'],
  ['cors', { cors: {} }, 'cors must be null or a list of rules'],
  ['a rule', { cors: [{ origins: [] }] }, 'Rule 1 of cors must have lists of texts'],
  ['an age', { cors: [{ ...rule, maxAgeSeconds: -1 }] }, 'Rule 1 of cors must have lists'],
  ['an origin', { cors: [{ ...rule, allowedOrigins: ['a b'] }] }, 'The value of AllowedOrigin'],
  ['no origin', { cors: [{ ...rule, allowedOrigins: [] }] }, 'must have an AllowedOrigin'],
  ['a method', { cors: [{ ...rule, allowedMethods: ['PATCH'] }] }, 'The value of AllowedMethod'],
  ['a field', { owner: '1' }, 'There is no field of this name; there are: account, acl'],
])('%s that may not be is refused, and nothing is made', async (_what, wanted, message) => {
  const { status, body } = await put('admin-wrong', wanted)
  expect([status, (body as { message: string }).message]).toEqual([
    ...[400, expect.stringContaining(message)],
  ])
  expect(await get('admin-wrong')).toMatchObject({ status: 404, body: { code: 'NoSuchBucket' } })
})

function keys(count: number): [string, string][] {
  return Array.from({ length: count }, (_, at) => [`k${at}`, ''])
}

test('a bucket with something in it stays, unless its contents may go', async () => {
  const bucket = 'admin-full'
  await put(bucket, { versioning: 'Enabled' })
  for (const body of ['one', 'two']) await api.send({ method: 'PUT', bucket, key: 'k', body })
  await api.send({ method: 'DELETE', bucket, key: 'k' })
  await api.send({ method: 'POST', bucket, key: 'u', query: { uploads: '' } })
  expect(await remove(bucket)).toMatchObject({ status: 409, body: { code: 'BucketNotEmpty' } })
  expect(await remove(bucket, true)).toEqual({ status: 204, body: undefined })
  expect(outcomeOf(await api.send({ method: 'GET', bucket }))).toBe('404 NoSuchBucket')
  expect(await remove(bucket, true)).toMatchObject({ status: 404 })
  const odd = await operator.ask('DELETE', `/v1/buckets/${bucket}?contents=yes`)
  expect(odd).toMatchObject({ status: 400, body: { code: 'InvalidArgument' } })
})

test('names are listed page by page', async () => {
  for (const name of ['admin-page-a', 'admin-page-b', 'admin-page-c']) await put(name)
  const list = (query: string) => operator.ask('GET', `/v1/buckets?${query}`)
  const page = await list('after=admin-page-a&limit=1')
  expect(page).toEqual({ status: 200, body: { buckets: ['admin-page-b'] } })
  const rest = await list('after=admin-page-b')
  expect((rest.body as { buckets: string[] }).buckets[0]).toBe('admin-page-c')
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'after=a&after=b']) {
    expect(await list(query)).toMatchObject({ status: 400, body: { code: 'InvalidArgument' } })
  }
  const wrong = await put('Not_A_Name')
  expect(wrong).toMatchObject({ status: 400, body: { code: 'InvalidBucketName' } })
})
