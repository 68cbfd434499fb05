import { systemRandom } from '../base/random.ts'
import type { ListedAccount } from '../model/access/accounts.ts'
import { policyOf } from '../model/access/access-fixtures.ts'
import { roleArn } from '../model/access/identity.ts'
import type { AccountUid } from '../model/identifiers.ts'
import { TOKEN_KEY_BYTES } from '../wire/sts/security-token.ts'
import { AccountDirectory } from './account-directory.ts'

const uid = '1000000000000001' as AccountUid
const tokenKey = systemRandom.bytes(TOKEN_KEY_BYTES)
const own = { accessKeyId: 'own', accessKeySecret: 'own-secret', account: uid, enabled: true }
const open = (key = tokenKey) =>
  new AccountDirectory({ random: systemRandom, tokenKey: key, ownKeys: [own] })

function listed(roleId: string): ListedAccount {
  const accessKeys = [{ accessKeyId: 'alice', accessKeySecret: 'alice-secret', enabled: true }]
  return {
    uid,
    accessKeys: [],
    users: [{ name: 'alice', id: '3', accessKeys, policies: [policyOf({})] }],
    roles: [
      {
        name: 'miller',
        id: roleId,
        trusted: [],
        policies: [policyOf({})],
        sessionSecondsMax: 3600,
      },
    ],
  }
}

/** A session of the role, opened at `directory`. */
function tokenOf(directory: AccountDirectory, policy?: string) {
  const role = directory.findRole(roleArn(uid, 'miller'))
  if (role === undefined) throw new Error('There is no such role')
  return directory.openSession(role, { name: 'friday', expiresMs: 5, policy })
}

test('the own key is always there, others as long as they are listed', () => {
  const directory = open()
  expect(directory.find('own')).toMatchObject({ account: uid, identity: { kind: 'account' } })
  expect(directory.find('alice')).toBeUndefined()
  directory.replace([listed('4')])
  expect(directory.find('alice')).toMatchObject({ identity: { kind: 'user', id: '3' } })
  expect(directory.find('alice')?.identity).toBe(directory.find('alice')?.identity)
  directory.replace([])
  expect(directory.find('alice')).toBeUndefined()
  expect(directory.find('own')).toBeDefined()
})

test('any storage node of the region opens a token, none of another region does', () => {
  const [one, other, stranger] = [open(), open(), open(systemRandom.bytes(TOKEN_KEY_BYTES))]
  for (const directory of [one, other, stranger]) directory.replace([listed('4')])
  const made = tokenOf(one)
  const { accessKeyId, accessKeySecret } = made
  const found = other.findTemporary(made.securityToken)
  expect(found).toMatchObject({ accessKeyId, accessKeySecret, account: uid, expiresMs: 5 })
  expect(found?.identity).toMatchObject({ kind: 'session', id: '4:friday' })
  expect(other.findTemporary(made.securityToken)).toBe(found)
  expect(stranger.findTemporary(made.securityToken)).toBeUndefined()
  expect(tokenOf(one).securityToken).not.toBe(made.securityToken)
})

test('a session ends with its role, also when another one takes its name', () => {
  const directory = open()
  directory.replace([listed('4')])
  const { securityToken } = tokenOf(directory)
  expect(directory.findTemporary(securityToken)).toBeDefined()
  directory.replace([listed('5')])
  expect(directory.findTemporary(securityToken)).toBeUndefined()
  directory.replace([])
  expect(directory.findTemporary(securityToken)).toBeUndefined()
  directory.replace([listed('4')])
  expect(directory.findTemporary(securityToken)).toBeDefined()
})
