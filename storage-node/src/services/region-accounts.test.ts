/**
 * Access keys of the region are found at once while their records are at hand, and are what these say.
 *
 * @module
 */

import type { Logger } from '../base/logger.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { accountUidOf, ramUserIdOf } from '../contract/account-uid.ts'
import type { AccessKeyRecord } from '../model/access/access-key.ts'
import type { AccessKeyId, AccountUid } from '../model/identifiers.ts'
import { sealSecret } from '../wire/stored/sealed-secret.ts'
import { AccountDirectory } from './account-directory.ts'
import { RegionAccounts } from './region-accounts.ts'

const region = 'cn-hangzhou'
const account = accountUidOf(region, 'photos') as AccountUid
const ring = { keys: [{ id: 'k1', key: Buffer.alloc(32, 1) }] }
const ownKey = { accessKeyId: 'own', accessKeySecret: 'own-secret', account, enabled: true }
const readOnly = '{"Version":"1","Statement":{"Effect":"Allow","Action":"oss:Get*","Resource":"*"}}'

function recordOf(id: string, changes: Partial<AccessKeyRecord> = {}): AccessKeyRecord {
  const accessKeyId = id as AccessKeyId
  const secret = sealSecret(ring, { region, accessKeyId }, `${id}-secret`, Buffer.alloc(12, 5))
  return {
    accessKeyId,
    account,
    secret,
    enabled: true,
    expiresMs: undefined,
    user: undefined,
    ...changes,
  }
}

function openAccounts(
  cached: readonly AccessKeyRecord[],
  fetched: readonly AccessKeyRecord[] = [],
) {
  const of = (records: readonly AccessKeyRecord[], id: AccessKeyId) =>
    records.find(({ accessKeyId }) => accessKeyId === id)
  const find = jest.fn((id: AccessKeyId) => Promise.resolve(of(fetched, id)))
  const told: unknown[] = []
  const logger = { error: (...what: unknown[]) => void told.push(what) } as unknown as Logger
  const directory = new AccountDirectory({
    ...{ random: seededRandom(1), tokenKey: Buffer.alloc(32), ownKeys: [ownKey] },
  })
  const records = { findCached: (id: AccessKeyId) => of(cached, id), find }
  const accounts = new RegionAccounts({ region, records, keyRing: () => ring, directory, logger })
  return { accounts, find, told }
}

test('a record at hand is a key without waiting, with one identity for as long as it is the same', () => {
  const { accounts, find } = openAccounts([recordOf('alice', { expiresMs: 7 })])
  const key = accounts.find('alice')
  expect(key).toMatchObject({
    accessKeySecret: 'alice-secret',
    account,
    enabled: true,
    expiresMs: 7,
  })
  expect(accounts.find('alice')).toBe(key)
  expect(accounts.find('own')).toMatchObject({ accessKeySecret: 'own-secret' })
  expect(find).not.toHaveBeenCalled()
})

test('a record that was replaced is another key, with other rights', () => {
  const cached = [recordOf('alice')]
  const { accounts } = openAccounts(cached)
  expect(accounts.find('alice')).toMatchObject({ enabled: true, identity: { kind: 'account' } })
  cached[0] = recordOf('alice', { enabled: false, user: { name: 'uploader', policies: [] } })
  expect(accounts.find('alice')).toMatchObject({ enabled: false, identity: { kind: 'user' } })
})

test('a record that is not at hand is asked for', async () => {
  const { accounts, find } = openAccounts([], [recordOf('alice', { enabled: false })])
  expect(await accounts.find('alice')).toMatchObject({ enabled: false })
  expect(await accounts.find('nobody')).toBeUndefined()
  expect(find).toHaveBeenCalledTimes(2)
})

test.each(['', 'STS.abc', 'with space', 'x'.repeat(129), 'ä'])(
  'nobody is asked for "%s", which no key is called',
  async (id) => {
    const { accounts, find } = openAccounts([])
    expect(await accounts.find(id)).toBeUndefined()
    expect(find).not.toHaveBeenCalled()
  },
)

test('a key of a user has what its policies say, and is called as the user is', () => {
  const user = { name: 'uploader', policies: [readOnly] }
  const { accounts } = openAccounts([recordOf('alice', { user }), recordOf('bob')])
  expect(accounts.find('alice')).toMatchObject({
    identity: {
      kind: 'user',
      id: ramUserIdOf(region, account, 'uploader'),
      names: [`acs:ram::${account}:user/uploader`],
    },
  })
  expect(accounts.find('bob')).toMatchObject({ identity: { kind: 'account', id: account } })
})

test('a secret that cannot be opened is no "no such key", and is not told', () => {
  const other = { ...recordOf('bob').secret, keyId: 'k0' }
  const { accounts, told } = openAccounts([recordOf('alice', { secret: other })])
  expect(() => accounts.find('alice')).toThrow(expect.objectContaining({ status: 503 }))
  expect(told).toEqual([
    ['The secret of an access key cannot be opened', { accessKeyId: 'alice', sealedBy: 'k0' }],
  ])
})
