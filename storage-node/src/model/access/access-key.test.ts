/**
 * What becomes of access keys that are put and deleted.
 *
 * @module
 */

import type { AccessKeyId, AccountUid } from '../identifiers.ts'
import type { AccessKeyRecord } from './access-key.ts'
import { ACCESS_KEY_ID, decideDeleteAccessKey, decidePutAccessKey } from './access-key.ts'

const accessKeyId = 'alice-key' as AccessKeyId
const record: AccessKeyRecord = {
  accessKeyId,
  account: '1000000000000001' as AccountUid,
  secret: { keyId: 'k1', bytes: new Uint8Array(40) },
  enabled: true,
  expiresMs: undefined,
  user: undefined,
}
const put = { kind: 'putAccessKey', accessKeyId, record } as const
const remove = { kind: 'deleteAccessKey', accessKeyId } as const
const done = { kind: 'done' }

test('a key is put anew, or in the place of the same account', () => {
  const changes = [{ row: 'accessKey', accessKeyId, value: record }]
  expect(decidePutAccessKey(put, undefined)).toEqual({ changes, result: done })
  const former = { ...record, enabled: false }
  expect(decidePutAccessKey(put, former)).toEqual({ changes, result: done })
})

test('the key of another account is not taken over', () => {
  const others = { ...record, account: '1000000000000002' as AccountUid }
  const refused = { code: 'EntityAlreadyExists.AccessKey', status: 409 }
  expect(decidePutAccessKey(put, others)).toMatchObject({ refused })
})

test('a key is deleted, and one that is not there is as good as deleted', () => {
  const changes = [{ row: 'accessKey', accessKeyId, value: undefined }]
  expect(decideDeleteAccessKey(remove, record)).toEqual({ changes, result: done })
  expect(decideDeleteAccessKey(remove, undefined)).toEqual({ changes: [], result: done })
})

test.each([
  ['LTAI5tFixture0Key000000A', true],
  ['a.b_c-d', true],
  ['STS.Nabc', false],
  ['ab', false],
  ['with space', false],
  ['x'.repeat(129), false],
])('%s may be the id of a key: %s', (id, may) => {
  expect(ACCESS_KEY_ID.test(id)).toBe(may)
})
