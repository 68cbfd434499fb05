/**
 * RAM users, roles and temporary credentials, as clients see them (oss.md 2.7).
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { codeOf, outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Access, OssRequest } from '../support/oss-request.ts'
import { formRequest, policyOf as formPolicyOf, signedV1 } from '../support/post-form.ts'
import type { Field } from '../support/post-form.ts'

const OWNER = '1000000000000001'
const bucket = 'sts-bucket'
const ROLE = `acs:ram::${OWNER}:role/miller`
const keyOf = (name: string) => ({ accessKeyId: name, accessKeySecret: `${name}-secret` })
const policyOf = (action: string, resource = '*', effect = 'Allow') => ({
  Version: '1',
  Statement: [{ Effect: effect, Action: action, Resource: resource }],
})
const assumes = 'AliyunSTSAssumeRoleAccess'
const accounts = {
  accounts: [
    {
      uid: OWNER,
      users: [
        { name: 'reader', id: '3000000000000001', policies: ['AliyunOSSReadOnlyAccess'] },
        { name: 'none', id: '3000000000000002' },
        { name: 'trusted', id: '3000000000000003', policies: [assumes] },
        { name: 'off', id: '3000000000000004', policies: [assumes] },
        { name: 'narrow', id: '3000000000000005', policies: [policyOf('sts:AssumeRole', ROLE)] },
      ].map((user) => ({
        ...user,
        accessKeys: [{ ...keyOf(`key-${user.name}`), enabled: user.name !== 'off' }],
      })),
      roles: [
        {
          ...{ name: 'miller', id: '4000000000000001', trusted: [`acs:ram::${OWNER}:root`] },
          policies: [policyOf('oss:*', `acs:oss:*:*:${bucket}/*`)],
        },
        {
          ...{ name: 'short', id: '4000000000000002', sessionSecondsMax: 900 },
          trusted: [`acs:ram::${OWNER}:user/trusted`],
        },
        { name: 'closed', id: '4000000000000003', trusted: ['acs:ram::2:root'] },
      ],
    },
  ],
}

let api: TestApi
beforeAll(async () => {
  api = await startApi(30_000, accounts)
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key: 'k', body: 'grain' })
})
afterAll(async () => {
  await api.stop()
  expect(api.bugs).toEqual([])
})

const as = (name: string): Access => ({ ...api.owner, ...keyOf(`key-${name}`) })
const by = async (name: string, request: OssRequest) =>
  outcomeOf(await sendOssRequest(as(name), request))
const get = { method: 'GET', bucket, key: 'k' }
const put = { method: 'PUT', bucket, key: 'new', body: 'x' }

test('a RAM user may do with its account what its policies allow', async () => {
  expect(await by('reader', get)).toBe('200')
  expect(await by('reader', { method: 'GET', bucket })).toBe('200')
  expect(await by('reader', { method: 'GET' })).toBe('200')
  expect(await by('reader', put)).toBe('403 AccessDenied')
  expect(await by('reader', { method: 'PUT', bucket: 'another' })).toBe('403 AccessDenied')
  expect(await by('none', get)).toBe('403 AccessDenied')
  expect(await by('none', { method: 'GET' })).toBe('403 AccessDenied')
  expect(await by('off', get)).toBe('403 InvalidAccessKeyId')
})

interface Credentials {
  readonly AccessKeyId: string
  readonly AccessKeySecret: string
  readonly SecurityToken: string
  readonly Expiration: string
}

interface Sts {
  assumeRole(
    role: string,
    policy?: object | string,
    seconds?: number,
    session?: string,
  ): Promise<{ credentials: Credentials }>
}
const { STS } = createRequire(import.meta.url)('ali-oss') as { STS: new (options: object) => Sts }
const stsOf = (name: string) => new STS({ ...keyOf(`key-${name}`), endpoint: api.owner.endpoint })

/** Sends with temporary credentials, the token in a header. */
async function withToken(
  { AccessKeyId, AccessKeySecret, SecurityToken }: Credentials,
  request: OssRequest,
) {
  const access = { ...api.owner, accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret }
  const headers = { ...request.headers, 'x-oss-security-token': SecurityToken }
  return sendOssRequest(access, { ...request, headers })
}

test('the STS class of ali-oss gets credentials that have the rights of the role', async () => {
  const { credentials } = await stsOf('trusted').assumeRole(ROLE, undefined, 1000, 'friday')
  expect(credentials.AccessKeyId).toMatch(/^STS\.\w+$/)
  const seconds = (Date.parse(credentials.Expiration) - Date.now()) / 1000
  expect(Math.abs(seconds - 1000)).toBeLessThan(30)
  expect(outcomeOf(await withToken(credentials, get))).toBe('200')
  expect(outcomeOf(await withToken(credentials, put))).toBe('200')
  expect(outcomeOf(await withToken(credentials, { method: 'GET', bucket }))).toBe(
    '403 AccessDenied',
  )
})

test('a session policy takes away what it does not allow', async () => {
  const sts = stsOf('narrow')
  const reads = (await sts.assumeRole(ROLE, policyOf('oss:GetObject'))).credentials
  expect(outcomeOf(await withToken(reads, get))).toBe('200')
  const denied = await withToken(reads, put)
  expect(outcomeOf(denied)).toBe('403 AccessDenied')
  expect(denied.body.toString()).toContain("Access denied by authorizer's policy.")
  // What the role does not allow, no session policy can.
  const all = (await sts.assumeRole(ROLE, JSON.stringify(policyOf('oss:*')))).credentials
  expect(outcomeOf(await withToken(all, { method: 'GET', bucket }))).toBe('403 AccessDenied')
})

test('ali-oss signs with a token in V1 and V4, in headers and in URLs', async () => {
  const { credentials } = await stsOf('trusted').assumeRole(ROLE)
  const OssClient = createRequire(import.meta.url)('ali-oss') as new (options: object) => {
    get(key: string): Promise<{ content: Buffer }>
    signatureUrl(key: string): string
    signatureUrlV4(
      method: string,
      seconds: number,
      request: undefined,
      key: string,
    ): Promise<string>
  }
  // The client warns on the console of a token that nobody renews.
  const refreshSTSToken = () => Promise.reject(new Error('It has not expired'))
  for (const authorizationV4 of [true, false]) {
    const optionsOf = (endpoint: string) => ({
      ...{ endpoint, region: `oss-${api.owner.region}`, authorizationV4 },
      ...{ accessKeyId: credentials.AccessKeyId, accessKeySecret: credentials.AccessKeySecret },
      ...{ stsToken: credentials.SecurityToken, bucket, refreshSTSToken },
    })
    const client = new OssClient(optionsOf(api.owner.endpoint))
    expect(String((await client.get('k')).content)).toBe('grain')
    // Nobody looks up names here: a link to a bucket's own host is asked for by hand.
    const named = new OssClient(optionsOf(`http://oss-${api.owner.region}.localhost:${api.port}`))
    const link = authorizationV4
      ? await named.signatureUrlV4('GET', 60, undefined, 'k')
      : named.signatureUrl('k')
    expect(link).toContain('security-token=')
    const { host, pathname, search } = new URL(link)
    const head = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    expect(await api.sendRaw(head)).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\ngrain$/)
  }
})

test('a token in a form has its rights, and no others', async () => {
  const { credentials } = await stsOf('trusted').assumeRole(ROLE, policyOf('oss:PutObject'))
  const { AccessKeyId, AccessKeySecret, SecurityToken } = credentials
  const post = (key: string, to: string, token: string) => {
    const fields: Field[] = [
      ['key', key],
      ['x-oss-security-token', token],
      ...signedV1(AccessKeyId, AccessKeySecret, formPolicyOf([{ bucket: to }])),
    ]
    return api.send(formRequest(to, fields, { content: 'grain' }))
  }
  await api.send({ method: 'PUT', bucket: 'other-bucket' })
  expect(outcomeOf(await post('form', bucket, SecurityToken))).toBe('204')
  expect(outcomeOf(await post('form', 'other-bucket', SecurityToken))).toBe('403 AccessDenied')
  expect(outcomeOf(await post('form', bucket, 'AAAA'))).toBe('403 InvalidSecurityToken')
  expect(outcomeOf(await withToken(credentials, { ...get, key: 'form' }))).toBe('403 AccessDenied')
})

test('a token that is not what it should be is refused, each in its way', async () => {
  const { credentials } = await stsOf('trusted').assumeRole(ROLE)
  const other = (await stsOf('trusted').assumeRole(ROLE)).credentials
  const { SecurityToken: token } = credentials
  const middle = token.length / 2
  const changed =
    token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1)
  for (const SecurityToken of [changed, token.slice(4), 'AAAA', '', '%', 'A'.repeat(20_000)]) {
    const answer = await withToken({ ...credentials, SecurityToken }, get)
    expect(outcomeOf(answer)).toBe('403 InvalidSecurityToken')
  }
  const foreign = await withToken({ ...credentials, SecurityToken: other.SecurityToken }, get)
  expect(outcomeOf(foreign)).toBe('403 AccessKeyIdAndSecurityTokenNotMatch')
  const wrong = await withToken({ ...credentials, AccessKeySecret: 'x' }, get)
  expect(outcomeOf(wrong)).toBe('403 SignatureDoesNotMatch')
  const twice = { ...get, query: { 'security-token': token } }
  expect(outcomeOf(await withToken(credentials, twice))).toBe('400 InvalidArgument')
  const keys = {
    accessKeyId: credentials.AccessKeyId,
    accessKeySecret: credentials.AccessKeySecret,
  }
  const bare = await sendOssRequest({ ...api.owner, ...keys }, get)
  expect(outcomeOf(bare)).toBe('403 InvalidAccessKeyId')
  const headers = { 'x-oss-security-token': token }
  expect(outcomeOf(await api.send({ ...get, headers }))).toBe(
    '403 AccessKeyIdAndSecurityTokenNotMatch',
  )
})

/** Sends an RPC request as `name`; a parameter that is undefined is left out. */
async function rpc(name: string, parts: Record<string, string | undefined> = {}, method = 'POST') {
  const parameters: Record<string, string | undefined> = {
    ...{ Action: 'AssumeRole', Version: '2015-04-01', Format: 'JSON' },
    ...{ SignatureMethod: 'HMAC-SHA1', SignatureVersion: '1.0' },
    ...{ SignatureNonce: String(Math.random()), Timestamp: new Date().toISOString() },
    ...{ AccessKeyId: `key-${name}`, RoleArn: ROLE, RoleSessionName: 'friday' },
    ...parts,
  }
  const names = Object.keys(parameters).filter((each) => parameters[each] !== undefined)
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) =>
      `%${sign.charCodeAt(0).toString(16)}`.toUpperCase(),
    )
  const query = names
    .sort()
    .map((each) => `${encode(each)}=${encode(parameters[each] ?? '')}`)
    .join('&')
  const text = `${method}&${encode('/')}&${encode(query)}`
  const signature = createHmac('sha1', `key-${name}-secret&`).update(text).digest('base64')
  const form = `${query}&Signature=${encode(signature)}`
  return sendOssRequest(api.owner, {
    ...{ method, anonymous: true, body: form },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
}

const refused = (answer: { status: number; body: Buffer }) => {
  const { Code } = JSON.parse(answer.body.toString()) as { Code: string }
  return `${answer.status} ${Code}`
}

test.each([
  ['the shortest time', { DurationSeconds: '900' }],
  ['the longest time of the role', { DurationSeconds: '3600' }],
  ['the shortest name', { RoleSessionName: 'ab' }],
  ['the longest name', { RoleSessionName: 'a'.repeat(64) }],
  [
    'the longest policy',
    {
      Policy:
        '{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}'.padEnd(
          2048,
        ),
    },
  ],
])('AssumeRole takes %s', async (_name, parts) => {
  expect((await rpc('trusted', parts)).status).toBe(200)
})

test.each([
  ['trusted', { RoleArn: undefined }, '400 MissingParameter'],
  ['trusted', { RoleArn: 'miller' }, '400 InvalidParameter.RoleArn'],
  ['trusted', { RoleArn: `acs:ram::${OWNER}:role/absent` }, '404 EntityNotExist.Role'],
  ['trusted', { RoleSessionName: 'a b' }, '400 InvalidParameter.RoleSessionName'],
  ['trusted', { RoleSessionName: 'a' }, '400 InvalidParameter.RoleSessionName'],
  ['trusted', { RoleSessionName: 'a'.repeat(65) }, '400 InvalidParameter.RoleSessionName'],
  ['trusted', { DurationSeconds: '899' }, '400 InvalidParameter.DurationSeconds'],
  ['trusted', { DurationSeconds: '3601' }, '400 InvalidParameter.DurationSeconds'],
  ['trusted', { DurationSeconds: '1e3' }, '400 InvalidParameter.DurationSeconds'],
  ['trusted', { Policy: '{' }, '400 InvalidParameter.PolicyGrammar'],
  ['trusted', { Policy: ' '.repeat(2049) }, '400 InvalidParameter.PolicySize'],
  ['trusted', { Action: 'GetCallerIdentity' }, '404 InvalidAction.NotFound'],
  ['trusted', { Version: '2014-05-26' }, '400 InvalidVersion'],
  ['trusted', { SignatureMethod: 'HMAC-MD5' }, '400 IncompleteSignature'],
  ['trusted', { Timestamp: '2015-04-01T00:00:00Z' }, '400 InvalidTimeStamp.Expired'],
  ['trusted', { Timestamp: 'now' }, '400 InvalidTimeStamp.Format'],
  ['trusted', { SignatureNonce: undefined }, '400 MissingParameter'],
  ['trusted', { AccessKeyId: 'absent' }, '404 InvalidAccessKeyId.NotFound'],
  ['trusted', { AccessKeyId: 'key-narrow' }, '403 SignatureDoesNotMatch'],
  ['trusted', { SecurityToken: 'AAAA' }, '403 InvalidSecurityToken'],
  ['trusted', { RoleArn: `acs:ram::${OWNER}:role/closed` }, '403 NoPermission'],
  ['narrow', { RoleArn: `acs:ram::${OWNER}:role/short` }, '403 NoPermission'],
  ['none', {}, '403 NoPermission'],
  ['off', {}, '400 InvalidAccessKeyId.Inactive'],
])('AssumeRole by %s with %j is refused: %s', async (name, parts, expected) => {
  expect(refused(await rpc(name, parts))).toBe(expected)
})

test('AssumeRole answers in JSON or XML, and says who was made', async () => {
  const answer = await rpc('trusted', { RoleArn: `acs:ram::${OWNER}:role/short` })
  expect(answer.headers['content-type']).toBe('application/json')
  const made = JSON.parse(answer.body.toString()) as Record<string, object>
  expect(made['AssumedRoleUser']).toEqual({
    Arn: `acs:ram::${OWNER}:role/short/friday`,
    AssumedRoleId: '4000000000000002:friday',
  })
  expect(Object.keys(made['Credentials'] ?? {})).toEqual([
    ...['AccessKeyId', 'AccessKeySecret', 'SecurityToken', 'Expiration'],
  ])
  const xml = await rpc('trusted', { Format: undefined })
  expect(xml.body.toString()).toMatch(/<AssumeRoleResponse>.*<SecurityToken>.*<\/Credentials>/)
  const wrong = await rpc('trusted', { Format: 'XML', RoleSessionName: 'a' })
  expect(wrong.body.toString()).toContain('<Code>InvalidParameter.RoleSessionName</Code>')
})

test('a request that was overheard is not granted again', async () => {
  const parts = { SignatureNonce: 'once' }
  expect((await rpc('trusted', parts)).status).toBe(200)
  expect(refused(await rpc('trusted', parts))).toBe('400 SignatureNonceUsed')
})

test('accounts themselves assume no roles', async () => {
  const sts = new STS({
    accessKeyId: 'owner',
    accessKeySecret: 'owner-secret',
    endpoint: api.owner.endpoint,
  })
  await expect(sts.assumeRole(ROLE)).rejects.toThrow(/root accounts/)
})

test('a form that is not for STS, too long or no form at all is refused', async () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const send = (parts: Partial<OssRequest>) =>
    api.send({ method: 'POST', anonymous: true, headers: type, ...parts })
  expect((await send({ body: '' })).status).toBe(400)
  expect(codeOf(await send({ body: 'a'.repeat(64 * 1024 + 1) }))).toBe('InvalidParameter')
  expect(codeOf(await send({ body: 'Action=a&Action=b' }))).toBe('InvalidParameter')
  expect(codeOf(await send({ body: Buffer.from([0xff]) }))).toBe('InvalidParameter')
  expect(outcomeOf(await send({ body: 'x', headers: {} }))).toBe('405 MethodNotAllowed')
  const host = { host: 'sts.localhost' }
  expect(codeOf(await send({ method: 'DELETE', headers: host }))).toBe('UnsupportedHTTPMethod')
  expect(codeOf(await send({ method: 'GET', headers: host }))).toBe('MissingParameter')
})
