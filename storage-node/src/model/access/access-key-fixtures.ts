/**
 * Access keys at random, for tests of what carries them.
 *
 * @module
 */

import fc from 'fast-check'
import type { AccessKeyId, AccountUid } from '../identifiers.ts'
import type { AccessKeyRecord, AccessKeySummary } from './access-key.ts'

const word = fc.string({ unit: 'binary', maxLength: 15 })

export const anyAccessKeyId = word as fc.Arbitrary<AccessKeyId>

const summaryFields = {
  accessKeyId: anyAccessKeyId,
  account: word as fc.Arbitrary<AccountUid>,
  enabled: fc.boolean(),
  expiresMs: fc.option(fc.nat({ max: 2 ** 48 - 1 }), { nil: undefined }),
}

export const anyAccessKeySummary: fc.Arbitrary<AccessKeySummary> = fc.record(summaryFields)

export const anyAccessKey: fc.Arbitrary<AccessKeyRecord> = fc.record({
  ...summaryFields,
  secret: fc.record({ keyId: word, bytes: fc.uint8Array({ maxLength: 60 }) }),
  user: fc.option(fc.record({ name: word, policies: fc.array(word, { maxLength: 3 }) }), {
    nil: undefined,
  }),
})
