/**
 * Any settings a bucket may have, for tests of what carries them.
 *
 * @module
 */

import fc from 'fast-check'
import type { BucketSettings } from './bucket.ts'
import type { BucketSetting } from './bucket-setting.ts'
import { CORS_METHODS } from './cors.ts'

const word = fc.string({ unit: 'binary', maxLength: 15 })
const words = fc.array(word, { maxLength: 4 })
const tags = fc.array(fc.tuple(word, word), { maxLength: 4 })

const cors = fc.record({
  rules: fc.array(
    fc.record({
      allowedOrigins: words,
      allowedMethods: fc.subarray([...CORS_METHODS]),
      allowedHeaders: words,
      exposeHeaders: words,
      maxAgeSeconds: fc.option(fc.nat(), { nil: undefined }),
    }),
    { maxLength: 3 },
  ),
  responseVary: fc.boolean(),
})

const fields = {
  versioning: fc.constantFrom('unset', 'Enabled', 'Suspended'),
  tags,
  cors: fc.option(cors, { nil: undefined }),
  policy: fc.option(word, { nil: undefined }),
  publicAccessBlock: fc.boolean(),
  requestPayer: fc.constantFrom('BucketOwner', 'Requester'),
  ownerPublicAccessBlock: fc.boolean(),
  archiveDirectRead: fc.boolean(),
} as const

export const anyBucketSettings: fc.Arbitrary<BucketSettings> = fc.record(fields)

export const anyBucketSetting: fc.Arbitrary<BucketSetting> = fc.oneof(
  fc.record({
    kind: fc.constant('versioning'),
    value: fc.constantFrom('Enabled', 'Suspended'),
  }),
  fc.record({ kind: fc.constant('tags'), value: tags }),
  fc.record({ kind: fc.constant('removedTags'), keys: words }),
  fc.record({ kind: fc.constant('cors'), value: fields.cors }),
  fc.record({ kind: fc.constant('policy'), value: fields.policy }),
  fc.record({ kind: fc.constant('publicAccessBlock'), value: fields.publicAccessBlock }),
  fc.record({ kind: fc.constant('requestPayer'), value: fields.requestPayer }),
  fc.record({ kind: fc.constant('archiveDirectRead'), value: fields.archiveDirectRead }),
)
