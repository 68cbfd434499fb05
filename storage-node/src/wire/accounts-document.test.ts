import type { AccountUid } from '../model/identifiers.ts'
import { readAccounts } from './accounts-document.ts'

const own = '9000000000000001' as AccountUid
const read = (json: unknown) => readAccounts(JSON.stringify(json), own)
const key = { accessKeyId: 'some-key', accessKeySecret: 'some-secret' }
const user = { name: 'alice', id: '3000000000000001' }
const role = { name: 'miller', id: '4000000000000001', trusted: ['acs:ram::1:root'] }
const userWith = (parts: object) => ({ accounts: [{ users: [{ ...user, ...parts }] }] })
const roleWith = (parts: object) => ({ accounts: [{ roles: [{ ...role, ...parts }] }] })

test('accounts with users and roles are read, what is left out has a default', () => {
  const outcome = read({
    accounts: [
      { accessKeys: [key], users: [{ ...user, policies: ['AliyunOSSFullAccess'] }], roles: [role] },
      { uid: '8000000000000001' },
    ],
  })
  expect(outcome).toMatchObject({
    kind: 'read',
    accounts: [
      {
        uid: own,
        accessKeys: [{ ...key, enabled: true }],
        users: [{ ...user, accessKeys: [], policies: [{ statements: [{ effect: 'Allow' }] }] }],
        roles: [{ ...role, policies: [], sessionSecondsMax: 3600 }],
      },
      { uid: '8000000000000001', accessKeys: [], users: [], roles: [] },
    ],
  })
})

test.each([
  [[], /must be a JSON object/],
  [{ accounts: {} }, /accounts of the file must be a list/],
  [{ account: [] }, /"account"/],
  [{ accounts: [{ uid: 'x' }] }, /uid of account 1/],
  [{ accounts: [{}, {}] }, /account 2 has the uid 9000000000000001, which account 1 has/],
  [userWith({ name: '' }), /name of user 1 of account 1/],
  [userWith({ id: own }), /has the uid/],
  [userWith({ password: 'x' }), /"password"/],
  [userWith({ accessKeys: [{ ...key, accessKeyId: 'STS.abc' }] }), /accessKeyId of access key 1/],
  [userWith({ accessKeys: [{ ...key, accessKeySecret: 'short' }] }), /accessKeySecret/],
  [userWith({ accessKeys: [{ ...key, enabled: 'no' }] }), /enabled of access key 1/],
  [userWith({ accessKeys: [key, key] }), /has the accessKeyId some-key/],
  [userWith({ policies: ['Everything'] }), /must be a system policy, is "Everything"/],
  [userWith({ policies: ['constructor'] }), /must be a system policy/],
  [userWith({ policies: [{ Version: '2' }] }), /policy 1 of user 1 .* Version/],
  [roleWith({ trusted: ['anybody'] }), /trusted of role 1/],
  [roleWith({ sessionSecondsMax: 899 }), /sessionSecondsMax of role 1/],
  [roleWith({ sessionSecondsMax: 43_201 }), /sessionSecondsMax of role 1/],
])('%j is mistaken', (json, message) => {
  const outcome = read(json)
  expect(outcome.kind).toBe('mistaken')
  if (outcome.kind === 'mistaken') expect(outcome.mistakes.join('\n')).toMatch(message)
})

test('every mistake is told, and no secret', () => {
  const outcome = read(userWith({ name: 1, accessKeys: [{ ...key, accessKeySecret: 'geheim' }] }))
  if (outcome.kind !== 'mistaken') throw new Error('It was read')
  expect(outcome.mistakes).toHaveLength(2)
  expect(outcome.mistakes.join()).not.toContain('geheim')
  expect(readAccounts('{', own)).toMatchObject({ kind: 'mistaken' })
})
