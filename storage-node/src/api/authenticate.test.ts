import { ANONYMOUS_IDENTITY, accountIdentity } from '../model/access/identity.ts'
import type { AccountUid } from '../model/identifiers.ts'
import type { AccessKey, AccessKeyService } from '../services/access-key-service.ts'
import { authenticate, findAccessKey } from './authenticate.ts'
import { requestOf } from './oss/operation-fixtures.ts'

const account = '1000000000000001' as AccountUid
const identity = accountIdentity(account)
const permanent = { accessKeyId: 'id', accessKeySecret: 's', account, enabled: true, identity }
const temporary = { ...permanent, accessKeyId: 'STS.id', expiresMs: 1000 }
const passing = { ...permanent, expiresMs: 1000 }
const found: Readonly<Record<string, AccessKey>> = {
  ...{ id: permanent, off: { ...permanent, enabled: false }, passing },
}
/** What begins with `far-` has to be waited for. */
const keys: AccessKeyService = {
  find: (id) => (id.startsWith('far-') ? Promise.resolve(found[id.slice(4)]) : found[id]),
  findTemporary: (token) => (token === 'token' ? temporary : undefined),
}

test('a request that is not signed is from nobody in particular', async () => {
  const { http } = requestOf()
  const caller = await authenticate(http, { bucket: 'grain', key: undefined }, keys, 'cn-hangzhou')
  expect(caller).toEqual({
    ...{ account: undefined, identity: ANONYMOUS_IDENTITY, accessKeyId: undefined },
  })
})

test.each([
  ['id', undefined, 0, permanent],
  ['STS.id', 'token', 999, temporary],
  ['passing', undefined, 999, passing],
])('%s with the token %s is found', async (id, token, nowMs, key) => {
  expect(findAccessKey(keys, id, token, nowMs)).toBe(key)
  if (token === undefined) expect(await findAccessKey(keys, `far-${id}`, token, nowMs)).toBe(key)
})

test.each([
  ['absent', undefined, 0, 'InvalidAccessKeyId'],
  ['off', undefined, 0, 'InvalidAccessKeyId'],
  ['passing', undefined, 1000, 'InvalidAccessKeyId'],
  ['far-absent', undefined, 0, 'InvalidAccessKeyId'],
  ['far-off', undefined, 0, 'InvalidAccessKeyId'],
  ['far-passing', undefined, 1000, 'InvalidAccessKeyId'],
  ['STS.id', undefined, 0, 'InvalidAccessKeyId'],
  ['STS.id', 'other', 0, 'InvalidSecurityToken'],
  ['STS.id', '', 0, 'InvalidSecurityToken'],
  ['id', 'other', 0, 'InvalidSecurityToken'],
  ['id', 'token', 0, 'AccessKeyIdAndSecurityTokenNotMatch'],
  ['STS.id', 'token', 1000, 'SecurityTokenExpired'],
])('%s with the token %s at %i is refused: %s', async (id, token, nowMs, code) => {
  const finding = async () => findAccessKey(keys, id, token, nowMs)
  await expect(finding()).rejects.toMatchObject({ code })
})

test.each(['security-token', 'x-oss-security-token'])(
  'a token in the headers and %s in the query are one too many',
  async (name) => {
    const headers = { authorization: 'OSS id:x', 'x-oss-security-token': 'token' }
    const { http } = requestOf({ query: `${name}=token`, headers })
    await expect(
      authenticate(http, { bucket: 'grain', key: undefined }, keys, 'cn-hangzhou'),
    ).rejects.toMatchObject({ code: 'InvalidArgument' })
  },
)

test.each([
  ['header', {}, 'Invalid signing region in Authorization header.'],
  ['URL', undefined, 'The signing region in credential is invalid.'],
])('a signature in the %s for another region is refused', async (_where, headers, message) => {
  const credential = 'id/20260103/None/oss/aliyun_v4_request'
  const authorization = `OSS4-HMAC-SHA256 Credential=${credential},Signature=x`
  const query = `x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=x&x-oss-expires=60&x-oss-date=20260103T000000Z&x-oss-credential=${credential}`
  const { http } = requestOf(headers === undefined ? { query } : { headers: { authorization } })
  await expect(
    authenticate(http, { bucket: 'grain', key: undefined }, keys, 'cn-hangzhou'),
  ).rejects.toMatchObject({ code: 'InvalidArgument', message, ec: '0002-00000226' })
})
