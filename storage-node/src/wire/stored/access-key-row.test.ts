/**
 * Access keys come back from their rows as they were, and their secrets only to who holds the ring.
 *
 * @module
 */

import fc from 'fast-check'
import { anyAccessKey } from '../../model/access/access-key-fixtures.ts'
import type { AccessKeyId } from '../../model/identifiers.ts'
import type { KeyRing } from '../key-ring.ts'
import { decodeAccessKeyRow, encodeAccessKeyRow } from './access-key-row.ts'
import { openSecret, sealSecret } from './sealed-secret.ts'
import { StoredFormatError } from './stored-format-error.ts'

const NONCE = Buffer.alloc(12, 3)
const holder = { region: 'cn-hangzhou', accessKeyId: 'alice-key' as AccessKeyId }
const first: KeyRing = { keys: [{ id: 'k1', key: Buffer.alloc(32, 1) }] }
const second: KeyRing = { keys: [{ id: 'k2', key: Buffer.alloc(32, 2) }, ...first.keys] }

test('a record comes back from its row', () => {
  fc.assert(
    fc.property(anyAccessKey, (given) => {
      expect(decodeAccessKeyRow(encodeAccessKeyRow(given))).toEqual(given)
    }),
    { numRuns: 50 },
  )
})

test('what is not such a row is told as such', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeAccessKeyRow(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(StoredFormatError)
      }
    }),
    { numRuns: 200 },
  )
})

test('a secret is opened by every ring that has its key', () => {
  const sealed = sealSecret(first, holder, 'alice-secret', NONCE)
  expect(openSecret(first, holder, sealed)).toBe('alice-secret')
  expect(openSecret(second, holder, sealed)).toBe('alice-secret')
  expect(sealSecret(second, holder, 'alice-secret', NONCE).keyId).toBe('k2')
  expect(Buffer.from(sealed.bytes).includes('alice-secret')).toBe(false)
})

test('a secret is opened for nobody else, by no other key, and not when it is damaged', () => {
  const sealed = sealSecret(first, holder, 'alice-secret', NONCE)
  expect(openSecret(first, { ...holder, region: 'cn-beijing' }, sealed)).toBeUndefined()
  const other = { ...holder, accessKeyId: 'bob-key' as AccessKeyId }
  expect(openSecret(first, other, sealed)).toBeUndefined()
  const otherRing = { keys: [{ id: 'k1', key: Buffer.alloc(32, 9) }] }
  expect(openSecret(otherRing, holder, sealed)).toBeUndefined()
  expect(openSecret({ keys: second.keys.slice(0, 1) }, holder, sealed)).toBeUndefined()
  for (let at = 0; at < sealed.bytes.byteLength; at++) {
    const bytes = Uint8Array.from(sealed.bytes)
    bytes[at]! ^= 1
    expect(openSecret(first, holder, { ...sealed, bytes })).toBeUndefined()
    const shorter = { ...sealed, bytes: sealed.bytes.subarray(0, at) }
    expect(openSecret(first, holder, shorter)).toBeUndefined()
  }
})
