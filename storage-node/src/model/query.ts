/**
 * What a gateway asks the primary of a partition without changing anything.
 *
 * @module
 */

import type { AccessKeyRecord, AccessKeySummary } from './access/access-key.ts'
import type { AccountRecord } from './account.ts'
import type { BucketCounters, BucketRecord } from './bucket.ts'
import type { DroppedRecord } from './command.ts'
import type { NumberedPart } from './decide-upload.ts'
import type {
  AccessKeyId,
  AccountUid,
  BucketId,
  BucketName,
  DataId,
  DataSetId,
  ObjectKey,
  VersionId,
} from './identifiers.ts'
import type { ChecksumPlan } from './object-checksum.ts'
import type {
  ObjectRecord,
  ObjectType,
  PartListRecord,
  RestoreTimes,
  StorageClass,
  UploadRecord,
} from './object.ts'

interface OnKey {
  readonly bucketId: BucketId
  readonly key: ObjectKey
}

/** A key as a list page shows it. */
export interface ObjectSummary {
  readonly key: ObjectKey
  readonly type: ObjectType
  readonly storageClass: StorageClass
  readonly sizeBytes: number
  readonly lastModifiedMs: number
  readonly etag: string
  readonly restore: RestoreTimes | undefined
  /** Which checksum is kept of it. */
  readonly checksum: ChecksumPlan | undefined
}

/** What a list is restricted to, and where it goes on. */
export interface ListQuery {
  readonly bucketId: BucketId
  readonly prefix: string
  /** Empty: nothing is grouped. */
  readonly delimiter: string
  /** Keys and common prefixes of the page are greater than this, bytewise. */
  readonly after: string
  readonly maxCount: number
}

export interface ObjectPage {
  readonly objects: readonly ObjectSummary[]
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
  /** The last key or common prefix of a truncated page. */
  readonly next: string | undefined
}

/** A version of a key, or a delete marker, as a list of versions shows it. */
export interface VersionSummary extends ObjectSummary {
  readonly versionId: VersionId
  readonly isDeleteMarker: boolean
  readonly isLatest: boolean
}

export interface VersionPage {
  /** By key, and the newest first. */
  readonly versions: readonly VersionSummary[]
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
  /** The last key or common prefix. */
  readonly next: string | undefined
  /**
   * Where a page behind this one goes on among the versions of the key `next`; undefined when that
   * is a common prefix. Of a null version it names the place, which outlives the version.
   */
  readonly nextVersionId: VersionId | undefined
}

/** An upload as a list shows it. */
export interface UploadSummary {
  readonly key: ObjectKey
  readonly uploadId: DataSetId
  readonly initiatedMs: number
  readonly storageClass: StorageClass
  readonly checksums: ChecksumPlan | undefined
}

export interface UploadPage {
  readonly uploads: readonly UploadSummary[]
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
  readonly nextKeyMarker: string
  /** Undefined when the page ended with a common prefix. */
  readonly nextUploadId: DataSetId | undefined
}

/** An entry of the delete queue, or a kill record. */
export interface DroppedEntry extends OnKey, DroppedRecord {
  readonly dataId: DataId | DataSetId
  /** The row's key: where the next page goes on. */
  readonly row: Uint8Array
}

export interface KillEntry extends OnKey {
  readonly dataId: DataId
  readonly killedMs: number
  readonly row: Uint8Array
}

/** A bucket that a range refuses changes in. */
export interface FenceEntry {
  readonly bucketId: BucketId
  readonly fencedMs: number
  readonly row: Uint8Array
}

/** What one partition says about a bucket that may reach into others. */
export interface Continued {
  /** Position at which the next partition goes on; undefined: nothing of it lies behind this one. */
  readonly continuesAt: Uint8Array | undefined
}

/** Each query's question and answer. */
export interface RegionQueries {
  /** The record, which may be a delete marker, and the bytes of an inline body. */
  readonly object: {
    readonly ask: OnKey & {
      /** Undefined: the current version. */
      readonly versionId: VersionId | undefined
      readonly withBody: boolean
    }
    readonly answer:
      { readonly record: ObjectRecord; readonly inline: Uint8Array | undefined } | undefined
  }
  /** Pieces of a data set by index; those that are missing are left out. */
  readonly pieces: {
    readonly ask: OnKey & { readonly dataSetId: DataSetId; readonly indexes: readonly number[] }
    readonly answer: readonly NumberedPart[]
  }
  readonly partList: {
    readonly ask: OnKey & { readonly dataSetId: DataSetId }
    readonly answer: PartListRecord | undefined
  }
  readonly list: { readonly ask: ListQuery; readonly answer: ObjectPage & Continued }
  readonly versions: {
    /** `afterVersionId` goes on within the key `after`. */
    readonly ask: ListQuery & { readonly afterVersionId: VersionId | undefined }
    readonly answer: VersionPage & Continued
  }
  readonly upload: {
    readonly ask: OnKey & {
      readonly uploadId: DataSetId
      readonly after: number
      readonly limit: number
    }
    readonly answer:
      { readonly upload: UploadRecord; readonly parts: readonly NumberedPart[] } | undefined
  }
  readonly uploads: {
    /** `afterUploadId` goes on within the key `after`. */
    readonly ask: ListQuery & { readonly afterUploadId: DataSetId | undefined }
    readonly answer: UploadPage & Continued
  }
  readonly counters: {
    readonly ask: { readonly bucketId: BucketId }
    readonly answer: { readonly counters: BucketCounters } & Continued
  }
  readonly bucket: {
    readonly ask: { readonly name: BucketName }
    readonly answer: BucketRecord | undefined
  }
  readonly account: {
    readonly ask: { readonly account: AccountUid }
    readonly answer: AccountRecord
  }
  /** Those of these access keys that there are. */
  readonly accessKeys: {
    readonly ask: { readonly accessKeyIds: readonly AccessKeyId[] }
    readonly answer: readonly AccessKeyRecord[]
  }
  /** A page of all access keys by id, whoever has them. */
  readonly accessKeyPage: {
    readonly ask: { readonly after: AccessKeyId | undefined; readonly limit: number }
    readonly answer: readonly AccessKeySummary[]
  }
  /** A page of all buckets by name, whoever owns them; one that is full may go on. */
  readonly buckets: {
    readonly ask: { readonly after: BucketName | undefined; readonly limit: number }
    readonly answer: readonly BucketRecord[]
  }
}

/** About the rows of one partition, whichever it is asked of. */
export interface PartitionQueries {
  readonly dropped: {
    readonly ask: { readonly after: Uint8Array | undefined; readonly limit: number }
    readonly answer: readonly DroppedEntry[]
  }
  readonly kills: {
    readonly ask: { readonly after: Uint8Array | undefined; readonly limit: number }
    readonly answer: readonly KillEntry[]
  }
  readonly fences: {
    readonly ask: { readonly after: Uint8Array | undefined; readonly limit: number }
    readonly answer: readonly FenceEntry[]
  }
}

/** What a region is asked: positions say which partitions know. */
export type RegionQueryKind = keyof RegionQueries
export type PartitionQueryKind = keyof PartitionQueries
export type Queries = RegionQueries & PartitionQueries
export type QueryKind = keyof Queries
export type Query<K extends QueryKind = QueryKind> = {
  [Kind in K]: { readonly kind: Kind } & Queries[Kind]['ask']
}[K]
export type Answer<K extends QueryKind> = Queries[K]['answer']
