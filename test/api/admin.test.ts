/**
 * The admin API: who is let in, what is refused, and what the REST API makes of what was put. Of a bucket, what is
 * named is brought about and what is left out stays.
 *
 * @module
 */

import { AdminClient, GivenCredentials, makeCredentials } from '../support/admin-api.ts'
import type { Credentials } from '../support/admin-api.ts'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const REGION = 'cn-hangzhou'
const ACCOUNT = '1000000000000001'
const OTHER = '1000000000000002'
const SECRET = 'made-by-the-operator'

let credentials: Record<'node' | 'operator' | 'peer', Credentials>
let source: GivenCredentials
let api: TestApi
let operator: AdminClient

beforeAll(async () => {
  credentials = (await makeCredentials(REGION, [
    ...['node', 'operator', 'peer'],
  ])) as typeof credentials
  source = new GivenCredentials(credentials.node)
  api = await startApi(30_000, { accounts: [] }, false, { admin: source })
  operator = new AdminClient(api.adminPort, credentials.operator)
})

afterAll(async () => {
  operator.close()
  await api.stop()
  expect(api.bugs).toEqual([])
})

const keyOf = (changes: object = {}) => {
  const whole = { account: ACCOUNT, accessKeySecret: SECRET, enabled: true, policies: null }
  return { ...whole, ...changes }
}
const accessOf = (accessKeyId: string) => ({ ...api.owner, accessKeyId, accessKeySecret: SECRET })
const putKey = (id: string, changes?: object) =>
  operator.ask('PUT', `/v1/access-keys/${id}`, keyOf(changes))
const listAs = async (id: string) =>
  outcomeOf(await sendOssRequest(accessOf(id), { method: 'GET' }))

describe('who is let in', () => {
  async function statusWith(given: Partial<Credentials>) {
    const client = new AdminClient(api.adminPort, {
      ...given,
      authority: credentials.node.authority,
    })
    const answer = await client.ask('GET', '/v1/status').catch(() => ({ status: 'cut' }))
    client.close()
    return answer.status
  }

  test('the operator', async () => {
    expect(await statusWith(credentials.operator)).toBe(200)
  })

  test('nobody without a certificate', async () => {
    expect(await statusWith({})).toBe('cut')
  })

  test('no other storage node', async () => {
    expect(await statusWith(credentials.peer)).toBe('cut')
  })

  test('no operator of another authority, or of another region', async () => {
    const [stranger, elsewhere] = await Promise.all([
      makeCredentials(REGION, ['operator']),
      makeCredentials('cn-beijing', ['operator', 'node']),
    ])
    expect(await statusWith(stranger['operator'] ?? {})).toBe('cut')
    // Of an authority that both regions believe, for once.
    source.replace({ ...credentials.node, authority: elsewhere['node']?.authority ?? '' })
    expect(await statusWith(elsewhere['operator'] ?? {})).toBe('cut')
    expect(await statusWith(credentials.operator)).toBe('cut')
    source.replace(credentials.node)
    expect(await statusWith(credentials.operator)).toBe(200)
  })
})

test('a storage node says how it is, and hands over', async () => {
  const { status, body } = await operator.ask('GET', '/v1/status')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    ...{ name: 'node', zone: 'a', isReady: true, isDraining: false, protocolVersion: 1 },
  })
  const { partitions, storeId } = body as { partitions: { id: number }[]; storeId: string }
  expect(partitions.find(({ id }) => id === 1)).toEqual({
    ...{ id: 1, epoch: 1, role: 'Primary', lag: 0 },
    configuration: {
      ...{ lineage: expect.stringMatching(/./) as unknown, epoch: 1, primary: storeId },
      members: [{ store: storeId, zone: 'a' }],
      ...{ start: 'AAAAAAAAAAA=', end: 'AAAAAAAAAAE=' },
    },
  })
  // Where there is nobody else, nobody takes over.
  const handed = await operator.ask('POST', '/v1/hand-over')
  expect(handed).toEqual({ status: 200, body: { partitionsLeft: partitions.length } })
})

describe('an access key', () => {
  test('is taken at once, and is refused as soon as it is disabled, has expired, or is deleted', async () => {
    expect(await listAs('lively')).toBe('403 InvalidAccessKeyId')
    expect(await putKey('lively')).toEqual({ status: 200, body: {} })
    expect(await listAs('lively')).toBe('200')
    await putKey('lively', { enabled: false })
    expect(await listAs('lively')).toBe('403 InvalidAccessKeyId')
    await putKey('lively', { expiresAt: '2999-01-31T00:00:00+08:00' })
    expect(await listAs('lively')).toBe('200')
    await putKey('lively', { expiresAt: '2020-01-31T00:00:00Z' })
    expect(await listAs('lively')).toBe('403 InvalidAccessKeyId')
    await putKey('lively', { accessKeySecret: 'another-secret' })
    expect(await listAs('lively')).toBe('403 SignatureDoesNotMatch')
    await putKey('lively')
    expect(await listAs('lively')).toBe('200')
    const gone = { status: 204, body: undefined }
    expect(await operator.ask('DELETE', '/v1/access-keys/lively')).toEqual(gone)
    expect(await listAs('lively')).toBe('403 InvalidAccessKeyId')
    expect(await operator.ask('DELETE', '/v1/access-keys/lively')).toEqual(gone)
  })

  test('with policies has what they allow', async () => {
    const bucket = 'admin-policies'
    await api.send({ method: 'PUT', bucket })
    const Statement = [{ Effect: 'Allow', Action: 'oss:Put*', Resource: `acs:oss:*:*:${bucket}/*` }]
    await putKey('writer', { policies: [{ Version: '1', Statement }] })
    await putKey('idle', { policies: [] })
    const put = { method: 'PUT', bucket, key: 'k', body: 'grain' }
    const get = { method: 'GET', bucket, key: 'k' }
    const as = async (id: string, request: typeof put | typeof get) =>
      outcomeOf(await sendOssRequest(accessOf(id), request))
    expect(await as('writer', put)).toBe('200')
    expect(await as('writer', get)).toBe('403 AccessDenied')
    expect(await as('idle', put)).toBe('403 AccessDenied')
  })

  test('of another account is not taken over', async () => {
    await putKey('taken')
    const { status, body } = await putKey('taken', { account: OTHER })
    expect([status, body]).toMatchObject([409, { code: 'NameTaken' }])
    expect(await listAs('taken')).toBe('200')
  })

  test('is listed without its secret', async () => {
    await putKey('listed', { account: OTHER, expiresAt: '2030-01-31T00:00:00Z', enabled: false })
    const found = await operator.ask('GET', `/v1/access-keys?account=${OTHER}`)
    const expiresAt = '2030-01-31T00:00:00.000Z'
    const listed = { accessKeyId: 'listed', account: OTHER, enabled: false, expiresAt }
    expect(found).toEqual({ status: 200, body: { accessKeys: [listed] } })
    const all = await operator.ask('GET', '/v1/access-keys')
    expect((all.body as { accessKeys: object[] }).accessKeys.length).toBeGreaterThan(1)
    expect(JSON.stringify(all.body)).not.toContain(SECRET)
  })

  test.each([
    ['is of an account', { account: 7 }, 'account must be a uid of 16 digits'],
    ['has a uid', { account: '0123456789012345' }, 'account must be a uid of 16 digits'],
    ['has a secret', { accessKeySecret: 'short' }, 'accessKeySecret must be 8 to 128 printable'],
    ['has no blank', { accessKeySecret: 'se cret-secret' }, 'accessKeySecret must be 8 to 128'],
    ['is on or off', { enabled: 'yes' }, 'enabled must be true or false'],
    ['ends at a time', { expiresAt: 'tomorrow' }, 'expiresAt must be null or a time such as'],
    ['ends at a date', { expiresAt: '2030-13-31T00:00:00Z' }, 'expiresAt must be null or a time'],
    ['says its rights', { policies: undefined }, 'policies must be there: null for everything'],
    ['has a list', { policies: {} }, 'policies must be null or a list of up to 100'],
    ['has objects', { policies: ['x'] }, 'policy 1 of policies must be a JSON object'],
    [
      'has policies',
      { policies: [{ Version: '2' }] },
      'policy 1 of policies is not valid: Version',
    ],
    ['has a user', { user: 'a b' }, 'user must be null or 1 to 256 letters'],
    ['has known fields', { secret: 'x' }, 'There is no field of this name; there are: account,'],
    ['is flat', { policies: [nested(40)] }, 'The body must not be nested deeper than 32'],
    ['is not long', { policies: Array(101).fill({}) }, 'policies must be null or a list of up to'],
    [
      'is well told of all mistakes',
      { account: 7, enabled: 7 },
      'account must be a uid of 16 digits; enabled must be true or false',
    ],
  ])('that %s is wanted: %j', async (_what, changes, message) => {
    const { status, body } = await putKey('wrong', changes)
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'InvalidArgument' })
    expect((body as { message: string }).message).toContain(message)
    expect(JSON.stringify(body)).not.toContain('se cret')
  })

  test.each([
    ['{', 'The body must be JSON'],
    ['', 'The body must be JSON'],
    ['[]', 'The body must be a JSON object'],
    [Uint8Array.of(0xff, 0x22), 'The body must be UTF-8'],
    [`{"a":${'['.repeat(200_000)}`, 'The body must be JSON'],
    [`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'The body must not be nested deeper'],
  ])('that is %.20s is refused', async (sent, message) => {
    const { status, body } = await operator.ask('PUT', '/v1/access-keys/wrong', sent)
    expect([status, (body as { message: string }).message]).toEqual([
      ...[400, expect.stringContaining(message)],
    ])
  })

  test('of more than a mebibyte is refused', async () => {
    const sent = JSON.stringify(keyOf({ user: 'x'.repeat(1024 * 1024) }))
    const { status, body } = await operator.ask('PUT', '/v1/access-keys/wrong', sent)
    expect([status, body]).toMatchObject([413, { code: 'EntityTooLarge' }])
  })

  test.each(['STS.abc', 'ab', '%20%20%20', 'x'.repeat(129)])('is not called %s', async (id) => {
    expect(await putKey(id)).toMatchObject({ status: 400, body: { code: 'InvalidArgument' } })
  })
})

function nested(depth: number): object {
  return depth === 0 ? {} : { a: nested(depth - 1) }
}

test('an account has the name that it was given', async () => {
  const unknown = await operator.ask('GET', `/v1/accounts/${OTHER}`)
  expect(unknown).toMatchObject({ status: 404, body: { code: 'NoSuchAccount' } })
  const put = await operator.ask('PUT', `/v1/accounts/${OTHER}`, { name: 'photos' })
  expect(put).toEqual({ status: 200, body: {} })
  const found = await operator.ask('GET', `/v1/accounts/${OTHER}`)
  expect(found).toEqual({ status: 200, body: { uid: OTHER, name: 'photos' } })
  for (const name of ['', 7, 'a\nb', 'x'.repeat(257)]) {
    const refused = await operator.ask('PUT', `/v1/accounts/${OTHER}`, { name })
    expect(refused).toMatchObject({ status: 400, body: { code: 'InvalidArgument' } })
  }
  const wrong = await operator.ask('PUT', '/v1/accounts/abc', { name: 'photos' })
  expect(wrong).toMatchObject({ status: 400, body: { code: 'InvalidArgument' } })
})

test.each([
  ['GET', '/'],
  ['GET', '/v1/secrets'],
  ['DELETE', '/v1/status'],
  ['POST', '/v1/access-keys/x'],
])('%s %s leads nowhere', async (method, path) => {
  const answer = await operator.ask(method, path)
  expect(answer).toMatchObject({ status: 404, body: { code: 'NoSuchPath' } })
})

const putBucket = (name: string, wanted: object = {}) =>
  operator.ask('PUT', `/v1/buckets/${name}`, { account: ACCOUNT, ...wanted })
const getBucket = (name: string) => operator.ask('GET', `/v1/buckets/${name}`)
const removeBucket = (name: string, contents = false) =>
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
  expect(await putBucket(bucket, wanted)).toEqual(created('versioning', 'tags', 'policy', 'cors'))
  expect(await putBucket(bucket, wanted)).toEqual(changed())
  const { status, body } = await getBucket(bucket)
  expect(status).toBe(200)
  const rules = [{ ...rule, allowedHeaders: [], exposeHeaders: [] }]
  expect(body).toMatchObject({ ...wanted, name: bucket, account: ACCOUNT, cors: rules })
  const info = await api.send({ method: 'GET', bucket, query: { bucketInfo: '' } })
  expect(info.body.toString()).toContain('<Versioning>Enabled</Versioning>')
})

test('what is left out is not managed, and what drifts is put right', async () => {
  const bucket = 'admin-drift'
  expect(await putBucket(bucket, { tags: { a: '1' }, acl: null })).toEqual(created('tags'))
  await api.send({
    method: 'PUT',
    bucket,
    query: { acl: '' },
    headers: { 'x-oss-acl': 'public-read' },
  })
  await api.send({ method: 'DELETE', bucket, query: { tagging: '' } })
  expect(await putBucket(bucket, { tags: { a: '1' } })).toEqual(changed('tags'))
  expect((await getBucket(bucket)).body).toMatchObject({ acl: 'public-read', tags: { a: '1' } })
  expect(await putBucket(bucket, { tags: {}, cors: [], acl: 'private' })).toEqual(
    changed('acl', 'tags'),
  )
  expect((await getBucket(bucket)).body).toMatchObject({
    acl: 'private',
    tags: {},
    versioning: null,
  })
})

test('the bucket of another account is not touched, and a class does not change', async () => {
  const bucket = 'admin-taken'
  await putBucket(bucket, { acl: 'private' })
  const taken = await putBucket(bucket, { account: OTHER, acl: 'public-read' })
  expect(taken).toMatchObject({ status: 409, body: { code: 'NameTaken' } })
  const colder = await putBucket(bucket, { storageClass: 'Archive', acl: 'public-read' })
  expect(colder).toMatchObject({ status: 409, body: { code: 'BucketAlreadyExists' } })
  expect((await getBucket(bucket)).body).toMatchObject({ acl: 'private', storageClass: 'Standard' })
})

test('what an account forbids is refused as the REST API refuses it', async () => {
  const bucket = 'admin-blocked'
  const query = { publicAccessBlock: '' }
  const block = (value: boolean) =>
    `<PublicAccessBlockConfiguration><BlockPublicAccess>${value}</BlockPublicAccess></PublicAccessBlockConfiguration>`
  expect((await api.send({ method: 'PUT', query, body: block(true) })).status).toBe(200)
  for (const wanted of [{ acl: 'public-read' }, { policy: policyOf(bucket) }]) {
    const refused = await putBucket(bucket, wanted)
    expect(refused).toMatchObject({ status: 403, body: { code: 'AccessDenied' } })
  }
  expect(await getBucket(bucket)).toMatchObject({ status: 404 })
  await api.send({ method: 'PUT', query, body: block(false) })
  expect(await putBucket(bucket, { acl: 'public-read' })).toEqual(created())
})

test.each([
  ['account', { account: null }, 'account must be a uid of 16 digits'],
  ['acl', { acl: 'default' }, 'acl must be null or one of private, public-read'],
  ['class', { storageClass: 'Cold' }, 'storageClass must be null or one of Standard, IA'],
  ['versioning', { versioning: true }, 'versioning must be null or one of Enabled, Suspended'],
  ['tags', { tags: ['a'] }, 'tags must be null or an object of texts'],
  ['a tag', { tags: { a: 1 } }, 'tags must be null or an object of texts'],
  ['too many tags', { tags: Object.fromEntries(tagsOf(21)) }, 'There may be at most 20 tags'],
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
  const { status, body } = await putBucket('admin-wrong', wanted)
  expect([status, (body as { message: string }).message]).toEqual([
    ...[400, expect.stringContaining(message)],
  ])
  expect(await getBucket('admin-wrong')).toMatchObject({
    status: 404,
    body: { code: 'NoSuchBucket' },
  })
})

function tagsOf(count: number): [string, string][] {
  return Array.from({ length: count }, (_, at) => [`k${at}`, ''])
}

test('a bucket with something in it stays, unless its contents may go', async () => {
  const bucket = 'admin-full'
  await putBucket(bucket, { versioning: 'Enabled' })
  for (const body of ['one', 'two']) await api.send({ method: 'PUT', bucket, key: 'k', body })
  await api.send({ method: 'DELETE', bucket, key: 'k' })
  await api.send({ method: 'POST', bucket, key: 'u', query: { uploads: '' } })
  expect(await removeBucket(bucket)).toMatchObject({
    status: 409,
    body: { code: 'BucketNotEmpty' },
  })
  expect(await removeBucket(bucket, true)).toEqual({ status: 204, body: undefined })
  expect(outcomeOf(await api.send({ method: 'GET', bucket }))).toBe('404 NoSuchBucket')
  expect(await removeBucket(bucket, true)).toMatchObject({ status: 404 })
  const odd = await operator.ask('DELETE', `/v1/buckets/${bucket}?contents=yes`)
  expect(odd).toMatchObject({ status: 400, body: { code: 'InvalidArgument' } })
})

test('names are listed page by page', async () => {
  for (const name of ['admin-page-a', 'admin-page-b', 'admin-page-c']) await putBucket(name)
  const list = (query: string) => operator.ask('GET', `/v1/buckets?${query}`)
  const page = await list('after=admin-page-a&limit=1')
  expect(page).toEqual({ status: 200, body: { buckets: ['admin-page-b'] } })
  const rest = await list('after=admin-page-b')
  expect((rest.body as { buckets: string[] }).buckets[0]).toBe('admin-page-c')
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'after=a&after=b']) {
    expect(await list(query)).toMatchObject({ status: 400, body: { code: 'InvalidArgument' } })
  }
  const wrong = await putBucket('Not_A_Name')
  expect(wrong).toMatchObject({ status: 400, body: { code: 'InvalidBucketName' } })
})
