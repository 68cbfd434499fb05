import fc from 'fast-check'
import { encode, struct } from '../wire/peer/codec.ts'
import { bucketSettingFields } from '../wire/peer/bucket-setting-codecs.ts'
import type { BucketSettings } from './bucket.ts'
import { unsetSettings } from './bucket.ts'
import { anyBucketSettings } from './bucket-setting-fixtures.ts'
import { BUCKET_PAGE_BYTES_MAX, bucketBytes, pageEnd } from './bucket-size.ts'

test('no record takes more on its way than is reckoned', () => {
  const codec = struct<BucketSettings>(bucketSettingFields)
  fc.assert(
    fc.property(anyBucketSettings, (settings) => {
      const { values } = encode(codec, settings)
      expect(bucketBytes(settings)).toBeGreaterThanOrEqual(values.byteLength)
    }),
  )
})

test('a page ends by its number, or by what its buckets were told', () => {
  /** How many buckets like this a page holds. */
  const countOf = (bucket: BucketSettings) => {
    const endsWith = pageEnd(1000)
    let count = 1
    while (!endsWith(bucket)) count += 1
    return count
  }
  const large = { ...unsetSettings, policy: 'x'.repeat(16 * 1024) }
  expect(countOf(unsetSettings)).toBe(1000)
  expect(countOf(large)).toBe(Math.ceil(BUCKET_PAGE_BYTES_MAX / bucketBytes(large)))
})
