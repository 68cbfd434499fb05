/**
 * How large the records of buckets are: what they are told makes them differ by a hundred times.
 *
 * @module
 */

import type { BucketSettings } from './bucket.ts'

/** Names, numbers, and what an object costs in memory. */
const BARE_BYTES = 300
/** Of UTF-8. */
const CHARACTER_BYTES_MAX = 3
/** What a page of buckets may take, but for its last: far less than a message between storage nodes. */
export const BUCKET_PAGE_BYTES_MAX = 2 * 1024 * 1024

/** At least as many bytes as the record takes on its way, and about what it takes in memory. */
export function bucketBytes({ policy, tags, cors }: BucketSettings): number {
  let characters = policy?.length ?? 0
  for (const [key, value] of tags) characters += key.length + value.length
  for (const rule of cors?.rules ?? []) {
    const { allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders } = rule
    for (const texts of [allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders]) {
      for (const text of texts) characters += text.length + 2
    }
  }
  return BARE_BYTES + characters * CHARACTER_BYTES_MAX
}

/**
 * Says of one bucket after the other whether a page ends with it, though more may follow. Who answers a
 * page and who asks for the next one work it out alike.
 */
export function pageEnd(limit: number): (bucket: BucketSettings) => boolean {
  let count = 0
  let bytes = 0
  return (bucket) => {
    count += 1
    bytes += bucketBytes(bucket)
    return count >= limit || bytes >= BUCKET_PAGE_BYTES_MAX
  }
}
