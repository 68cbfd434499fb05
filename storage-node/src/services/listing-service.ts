/**
 * Lists of objects as the API sees them.
 *
 * @module
 */

import type { Partitions } from '../cluster/partitions.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { VersionId } from '../model/identifiers.ts'
import type { ObjectPage, VersionPage } from '../model/query.ts'

export interface ListOptions {
  readonly prefix: string
  /** Empty: nothing is grouped. */
  readonly delimiter: string
  /** Entries of the page are strictly greater; a common prefix is not repeated. */
  readonly after: string
  readonly maxKeys: number
}

export interface VersionListOptions extends ListOptions {
  /** Goes on within the key `after`; undefined: behind all of its versions. */
  readonly afterVersionId: VersionId | undefined
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

  listVersions(
    bucket: BucketRecord,
    { maxKeys, ...options }: VersionListOptions,
  ): Promise<VersionPage> {
    const { bucketId } = bucket
    return this.#partitions.ask({ kind: 'versions', bucketId, ...options, maxCount: maxKeys })
  }
}
