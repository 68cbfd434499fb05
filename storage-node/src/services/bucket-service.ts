/**
 * Buckets as the API sees them, and the deletion that no object can slip through.
 *
 * @module
 */

import type { Random } from '../base/random.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { resultOf } from '../cluster/partitions.ts'
import type { BucketAcl, BucketCounters, BucketRecord, DataRedundancy } from '../model/bucket.ts'
import type { BucketSetting } from '../model/bucket-setting.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid, BucketName } from '../model/identifiers.ts'
import { BUCKET_COUNT_MAX } from '../model/limits.ts'
import type { StorageClass } from '../model/object.ts'
import type { Tag } from '../model/tag.ts'
import { finishDeletion } from './bucket-deletion.ts'
import { everyBucket } from './every-bucket.ts'
import { newBucketId } from './new-identifiers.ts'

export interface CreateBucketRequest {
  readonly name: BucketName
  readonly owner: AccountUid
  /** Undefined: private for a new bucket, as it is for one that exists. */
  readonly acl: BucketAcl | undefined
  readonly storageClass: StorageClass
  readonly dataRedundancy: DataRedundancy
  /** Undefined: none for a new bucket, as they are for one that exists. */
  readonly tags?: readonly Tag[] | undefined
}

/** What a list of buckets is restricted to, and where it goes on. */
export interface BucketListing {
  readonly prefix: string
  readonly marker: string
  readonly maxKeys: number
  /** Buckets have all of these. */
  readonly tags?: readonly TagFilter[]
}

/** A tag without a value: whatever its value is. */
export interface TagFilter {
  readonly key: string
  readonly value: string | undefined
}

export interface BucketPage {
  readonly buckets: readonly BucketRecord[]
  readonly isTruncated: boolean
  /** The last name of a truncated page. */
  readonly nextMarker: string | undefined
}

/** Bucket records as of a moment since every change that was acknowledged before the call. */
export interface BucketRecords {
  find(name: BucketName): Promise<BucketRecord | undefined>
}

export interface BucketServiceParts {
  readonly partitions: Partitions
  /** Every request about a bucket asks here: cached where that is as good. */
  readonly records: BucketRecords
  readonly random: Random
}

/** Operations on buckets. All methods reject with `OssError` for what a client can correct. */
export class BucketService {
  readonly #parts: BucketServiceParts

  constructor(parts: BucketServiceParts) {
    this.#parts = parts
  }

  /**
   * The bucket, unless there is none. One that is being deleted is there until it is removed, which
   * everybody who knows of the deletion must see at the same moment: the cache would not do.
   */
  async find(name: BucketName): Promise<BucketRecord | undefined> {
    const record = await this.#parts.records.find(name)
    if (record?.deletion === undefined) return record
    return this.#parts.partitions.ask({ kind: 'bucket', name })
  }

  /** The owner's buckets in order of their names. */
  async list(owner: AccountUid, options: BucketListing): Promise<BucketPage> {
    const { prefix, marker, maxKeys, tags = [] } = options
    const matching: BucketRecord[] = []
    for await (const bucket of everyBucket(this.#parts.partitions, marker)) {
      const isMeant = bucket.owner === owner && bucket.name.startsWith(prefix)
      if (isMeant && hasTags(bucket, tags)) matching.push(bucket)
      if (matching.length > maxKeys) break
    }
    const buckets = matching.slice(0, maxKeys)
    const isTruncated = matching.length > buckets.length
    return { buckets, isTruncated, nextMarker: isTruncated ? buckets.at(-1)?.name : undefined }
  }

  /** `BucketAlreadyExists` unless it is the caller's own with the same settings. */
  async create(
    request: CreateBucketRequest,
  ): Promise<{ readonly record: BucketRecord; readonly created: boolean }> {
    const { partitions, random } = this.#parts
    for (;;) {
      const result = await partitions.execute({
        kind: 'createBucket',
        ...request,
        tags: request.tags,
        bucketId: newBucketId(random),
        bucketCountMax: BUCKET_COUNT_MAX,
      })
      const made = resultOf(result, 'bucket')
      if (made.record.deletion === undefined) return made
      // A deletion that somebody gave up on must not take away what is made here.
      await finishDeletion(partitions, made.record)
    }
  }

  async setAcl({ name, bucketId }: BucketRecord, acl: BucketAcl): Promise<void> {
    await this.#parts.partitions.execute({ kind: 'setBucketAcl', name, bucketId, acl })
  }

  /** Changes one setting and leaves the others; `NoSuchBucket` when the name is another's by now. */
  async putSetting(
    { name, bucketId }: BucketRecord,
    setting: BucketSetting,
  ): Promise<BucketRecord> {
    const command = { kind: 'putBucketSetting', name, bucketId, setting } as const
    return resultOf(await this.#parts.partitions.execute(command), 'bucket').record
  }

  /** `BucketNotEmpty` while an object, a version, a delete marker or an upload is in it. */
  async delete(bucket: BucketRecord): Promise<void> {
    const { partitions } = this.#parts
    const { name } = bucket
    for (;;) {
      // The fence decides. This spares those who use the bucket the moment in which it is marked.
      const { objects, deleteMarkers, uploads } = await this.stat(bucket)
      if (objects + deleteMarkers + uploads > 0) throw new OssError('BucketNotEmpty')
      const marked = await partitions.execute({ kind: 'markBucketDeleting', name })
      if (marked.kind !== 'stale') {
        const outcome = await finishDeletion(partitions, resultOf(marked, 'bucket').record)
        if (outcome === 'kept') throw new OssError('BucketNotEmpty')
        return
      }
      // Somebody else deletes it: if that succeeds, the next round finds no bucket.
      const found = await partitions.ask({ kind: 'bucket', name })
      if (found?.deletion !== undefined) await finishDeletion(partitions, found)
    }
  }

  /** Exact counts of this very moment. */
  async stat({ bucketId }: BucketRecord): Promise<BucketCounters> {
    const { counters } = await this.#parts.partitions.ask({ kind: 'counters', bucketId })
    return counters
  }
}

function hasTags(bucket: BucketRecord, wanted: readonly TagFilter[]): boolean {
  return wanted.every(({ key, value }) => {
    return bucket.tags.some(([k, v]) => k === key && (value === undefined || v === value))
  })
}
