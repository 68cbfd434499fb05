import type { BucketSettings } from './bucket.ts'
import { unsetSettings } from './bucket.ts'
import { BUCKET_PAGE_BYTES_MAX, bucketBytes, pageEnd } from './bucket-size.ts'

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
