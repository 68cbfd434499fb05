/**
 * The admin API: who is let in, what is refused, and what the REST API makes of what was put.
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
    partitions: expect.arrayContaining([{ id: 1, epoch: 1, role: 'Primary', lag: 0 }]) as unknown,
  })
  // Where there is nobody else, nobody takes over.
  const handed = await operator.ask('POST', '/v1/hand-over')
  const { partitions } = body as { partitions: unknown[] }
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
