/**
 * A bucket as the system range keeps it, and what is counted of it.
 *
 * @module
 */

import type { CorsConfiguration } from './cors.ts'
import type { AccountUid, BucketId, BucketName, VersionSeq } from './identifiers.ts'
import type { StorageClass } from './object.ts'
import type { Tag } from './tag.ts'

export type BucketAcl = 'private' | 'public-read' | 'public-read-write'
export type DataRedundancy = 'LRS' | 'ZRS'
/** `unset`: never switched on, and there is no way back to it. */
export type Versioning = 'unset' | 'Enabled' | 'Suspended'
/** Who pays for requests and traffic: `Requester` wants every other account to say that it does. */
export type RequestPayer = 'BucketOwner' | 'Requester'

/** What a bucket is told after it was made. */
export interface BucketSettings {
  readonly versioning: Versioning
  readonly tags: readonly Tag[]
  readonly cors: CorsConfiguration | undefined
  /** The JSON document, as it was checked and as it is answered. */
  readonly policy: string | undefined
  /** No ACL and no policy makes anything in the bucket public. */
  readonly publicAccessBlock: boolean
  readonly requestPayer: RequestPayer
  /** As of the account that owns the bucket: the same for all of its buckets. */
  readonly ownerPublicAccessBlock: boolean
  /** Objects of class Archive are read without being restored. */
  readonly archiveDirectRead: boolean
}

/** A bucket that was told nothing. */
export const unsetSettings: BucketSettings = {
  versioning: 'unset',
  tags: [],
  cors: undefined,
  policy: undefined,
  publicAccessBlock: false,
  requestPayer: 'BucketOwner',
  ownerPublicAccessBlock: false,
  archiveDirectRead: false,
}

/** Row `B`. What is worked out of a setting is kept by the identity of its value, never by request. */
export interface BucketRecord extends BucketSettings {
  readonly name: BucketName
  readonly bucketId: BucketId
  readonly owner: AccountUid
  readonly acl: BucketAcl
  readonly storageClass: StorageClass
  readonly dataRedundancy: DataRedundancy
  readonly createdMs: number
  /** Undefined: in use. */
  readonly deletion: BucketDeletion | undefined
}

/** An attempt to delete a bucket, under way (replication.md 1.14). */
export interface BucketDeletion {
  /** The version number of its mark: no two attempts have the same, later ones have higher ones. */
  readonly attempt: VersionSeq
  readonly sinceMs: number
  /** Some range refused: the record stays, and the fences fall. */
  readonly isUndone: boolean
}

/** Exact counters of a bucket; changed in the same batch as the rows they count: row `S`. */
export interface BucketCounters {
  /** Each version of a key is one; delete markers are not. */
  readonly objects: number
  /** Bytes of objects, without parts of unfinished uploads. */
  readonly objectBytes: number
  readonly uploads: number
  readonly parts: number
  readonly partBytes: number
  readonly standardObjects: number
  readonly standardBytes: number
  readonly infrequentObjects: number
  readonly infrequentBytes: number
  /** Not a sum: the latest change, 0 for none. */
  readonly lastModifiedMs: number
  readonly deleteMarkers: number
  readonly archiveObjects: number
  readonly archiveBytes: number
  readonly coldArchiveObjects: number
  readonly coldArchiveBytes: number
  readonly deepColdArchiveObjects: number
  readonly deepColdArchiveBytes: number
}

/** Counters of a bucket in which nothing ever happened. */
export const noCounters: BucketCounters = {
  objects: 0,
  objectBytes: 0,
  uploads: 0,
  parts: 0,
  partBytes: 0,
  standardObjects: 0,
  standardBytes: 0,
  infrequentObjects: 0,
  infrequentBytes: 0,
  lastModifiedMs: 0,
  deleteMarkers: 0,
  archiveObjects: 0,
  archiveBytes: 0,
  coldArchiveObjects: 0,
  coldArchiveBytes: 0,
  deepColdArchiveObjects: 0,
  deepColdArchiveBytes: 0,
}

/** Adds a change to counters; the time is the later of the two. */
export function addCounters(
  counters: BucketCounters,
  delta: Partial<BucketCounters>,
): BucketCounters {
  const sum = { ...counters }
  for (const name of Object.keys(delta) as (keyof BucketCounters)[]) {
    const change = delta[name] ?? 0
    sum[name] = name === 'lastModifiedMs' ? Math.max(sum[name], change) : sum[name] + change
  }
  return sum
}
