/**
 * Lists of objects as the API sees them.
 *
 * @module
 */

import type { Partitions } from '../cluster/partitions.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { ObjectPage } from '../model/query.ts'

export interface ListOptions {
  readonly prefix: string
  /** Empty: nothing is grouped. */
  readonly delimiter: string
  /** Entries of the page are strictly greater; a common prefix is not repeated. */
  readonly after: string
  readonly maxKeys: number
}

/** Reads list pages. */
export class ListingService {
  readonly #partitions: Partitions

  constructor(partitions: Partitions) {
    this.#partitions = partitions
  }

  list(bucket: BucketRecord, { maxKeys, ...options }: ListOptions): Promise<ObjectPage> {
    const { bucketId } = bucket
    return this.#partitions.ask({ kind: 'list', bucketId, ...options, maxCount: maxKeys })
  }
}
