import fc from 'fast-check'
import type { BucketSettings } from '../../model/bucket.ts'
import { anyBucketSettings } from '../../model/bucket-setting-fixtures.ts'
import { bucketBytes } from '../../model/bucket-size.ts'
import { bucketSettingFields } from './bucket-setting-codecs.ts'
import { decode, encode, struct } from './codec.ts'

test('settings come back as they were, and take no more than is reckoned', () => {
  const codec = struct<BucketSettings>(bucketSettingFields)
  fc.assert(
    fc.property(anyBucketSettings, (settings) => {
      const message = encode(codec, settings)
      expect(decode(codec, message)).toEqual(settings)
      expect(bucketBytes(settings)).toBeGreaterThanOrEqual(message.values.byteLength)
    }),
  )
})
