/**
 * All buckets of a region, page by page.
 *
 * @module
 */

import type { Partitions } from '../cluster/partitions.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { pageEnd } from '../model/bucket-size.ts'
import type { BucketName } from '../model/identifiers.ts'

const PAGE_COUNT = 1000
/** Anything else may be a marker of a client, and no name is just behind it. */
const NAME = /^[a-z0-9-]{1,63}$/

/** In the order of their names, behind `marker`; each as of the moment when its page was read. */
export async function* everyBucket(
  partitions: Pick<Partitions, 'ask'>,
  marker = '',
): AsyncGenerator<BucketRecord> {
  let after = NAME.test(marker) ? (marker as BucketName) : undefined
  for (;;) {
    const page = await partitions.ask({ kind: 'buckets', after, limit: PAGE_COUNT })
    const endsWith = pageEnd(PAGE_COUNT)
    let mayGoOn = false
    for (const bucket of page) {
      mayGoOn = endsWith(bucket)
      if (bucket.name > marker) yield bucket
    }
    if (!mayGoOn) return
    after = page.at(-1)?.name
  }
}
