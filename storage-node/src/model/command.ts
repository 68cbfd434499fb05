/**
 * What a gateway asks the primary of a partition to do, and what it answers.
 *
 * A command carries everything that has to be decided at one place: conditions, positions, what the
 * client saw. What it turns out to mean (`RowChange`) is decided by the pure functions beside this
 * file; replicas only ever see the result.
 *
 * @module
 */

import type { AccessKeyRecord } from './access/access-key.ts'
import type { AccountRecord, AccountSettings } from './account.ts'
import type { OssError } from './errors.ts'
import type { BucketAcl, BucketCounters, BucketRecord, DataRedundancy } from './bucket.ts'
import type { BucketSetting } from './bucket-setting.ts'
import type {
  AccessKeyId,
  AccountUid,
  BucketId,
  BucketName,
  DataId,
  DataSetId,
  ObjectKey,
  VersionId,
  VersionSeq,
} from './identifiers.ts'
import type {
  ObjectAcl,
  ObjectMetadata,
  ObjectRecord,
  PartListRecord,
  PieceData,
  PieceRecord,
  RunningHash,
  StorageClass,
  UploadRecord,
} from './object.ts'
import type { Checksum, ChecksumPlan, ExpectedObject } from './object-checksum.ts'
import type { WriteCondition } from './preconditions.ts'
import type { RestoreRequest } from './restore.ts'
import type { Tag } from './tag.ts'

/** A body that is already durable in chunks, or small enough to travel in the command. */
export interface StoredBody {
  readonly sizeBytes: number
  readonly data: PieceData
  /** 16 bytes, lower-case hex. */
  readonly md5: string
  readonly crc64: bigint
}

/** How a part takes the running hash of its upload on. */
export interface RunningStep {
  /** The MD5 of what was there when the part was read, 16 bytes, lower-case hex. */
  readonly before: string
  /** With the bytes of the part behind it. */
  readonly after: RunningHash
}

interface OnKey {
  readonly bucketId: BucketId
  readonly key: ObjectKey
}

/**
 * What becomes of the version that a write finds current: how the gateway knew the bucket to be set.
 *
 * A gateway uses a bucket's record for 2 s at most, and a change of the record is acknowledged once
 * none uses the former one (replication.md 1.14). A write is told as late as can be, when its bytes
 * are stored. So one that is told the former state began before the change was acknowledged, and
 * counts as if it came before it: the client cannot know better. What must not be is that it takes
 * away a version which a write under the new state has kept. Hence `unset` is taken literally only
 * of keys that have no versions; the others show that the bucket keeps them, and there it means
 * `Suspended`, which never takes away a version with an identifier.
 */
export type VersionRule =
  | { readonly state: 'unset' | 'Suspended' }
  /** `salt`: 8 random bytes, lower-case hex, for the identifier of the version that is made. */
  | { readonly state: 'Enabled'; readonly salt: string }

/** A change of what is said about a version; its bytes stay where they are. */
export type Amendment =
  | { readonly kind: 'acl'; readonly acl: ObjectAcl }
  | { readonly kind: 'tags'; readonly tags: readonly Tag[] }
  /** From then on an appendable object does not grow; `position` must be its length. */
  | { readonly kind: 'seal'; readonly position: number }
  /** Begins a restore, or prolongs one. */
  | ({ readonly kind: 'restore' } & RestoreRequest)
  /** Ends a restore before its time. */
  | { readonly kind: 'cleanRestore' }

/** A bucket whose record is changed. */
interface OnBucket {
  readonly name: BucketName
  /** Whom the caller's rights were checked for: the name may be another bucket's by now. */
  readonly bucketId: BucketId
}

/** One attempt to delete one bucket: whoever is late with an earlier one changes nothing. */
interface OnDeletion {
  readonly bucketId: BucketId
  readonly attempt: VersionSeq
}

/** A part as a client lists it at completion; the ETag upper-case, without quotes. */
export interface ListedPart {
  readonly partNumber: number
  readonly etag: string
  /** What the part's must be, where the client says it. */
  readonly checksum?: Checksum | undefined
}

/** Commands on one key of a user range. */
export type ObjectCommand =
  | (OnKey & {
      readonly kind: 'putObject'
      readonly metadata: ObjectMetadata
      readonly body: StoredBody
      /** Upper-case hex; a copy's is not its MD5. */
      readonly etag: string
      /** Of the body, to be kept with it. */
      readonly checksum?: Checksum | undefined
      /** Means nothing where versions are kept. */
      readonly forbidOverwrite: boolean
      readonly condition: WriteCondition | undefined
      readonly versions: VersionRule
    })
  | (OnKey & {
      readonly kind: 'putSymlink'
      readonly metadata: ObjectMetadata
      /** Upper-case hex. */
      readonly etag: string
      readonly target: ObjectKey
      /** Means nothing where versions are kept. */
      readonly forbidOverwrite: boolean
      readonly condition: WriteCondition | undefined
      readonly versions: VersionRule
    })
  | (OnKey & {
      /** New metadata for the very record that was read (copy onto itself): keeps its data (B8). */
      readonly kind: 'replaceMetadata'
      readonly versionSeq: VersionSeq
      readonly metadata: ObjectMetadata
      readonly etag: string
    })
  /** Removes the object, or puts a delete marker before its versions. */
  | (OnKey & {
      readonly kind: 'deleteObject'
      readonly versions: VersionRule
      readonly condition?: WriteCondition | undefined
    })
  /** Removes one version, or a delete marker, for good. */
  | (OnKey & {
      readonly kind: 'deleteVersion'
      readonly versionId: VersionId
      readonly condition?: WriteCondition | undefined
    })
  /** Changes a version in its place; undefined: the current one. */
  | (OnKey & {
      readonly kind: 'amendVersion'
      readonly versionId: VersionId | undefined
      readonly amendment: Amendment
    })
  | (OnKey & {
      readonly kind: 'appendObject'
      readonly position: number
      readonly metadata: ObjectMetadata
      readonly body: StoredBody
      readonly etag: string
      /** Names the data set when this is the first append. */
      readonly dataSetId: DataSetId
      readonly forbidOverwrite: boolean
    })
  | (OnKey & {
      readonly kind: 'initiateUpload'
      readonly uploadId: DataSetId
      readonly metadata: ObjectMetadata
      readonly forbidOverwrite: boolean
      /** Parts have to arrive in the order of their numbers (`sequential`). */
      readonly isSequential: boolean
      readonly checksums?: ChecksumPlan | undefined
    })
  | (OnKey & {
      readonly kind: 'putPart'
      readonly uploadId: DataSetId
      readonly partNumber: number
      readonly body: StoredBody
      /** Of the body, to be kept with it. */
      readonly checksum?: Checksum | undefined
      /** Where the part comes next in a sequential upload whose running hash is known. */
      readonly running: RunningStep | undefined
    })
  | (OnKey & {
      readonly kind: 'completeUpload'
      readonly uploadId: DataSetId
      /** Undefined: all parts there are (`x-oss-complete-all`). */
      readonly parts: readonly ListedPart[] | undefined
      /** What the object must come to, where the client says it. */
      readonly expected?: ExpectedObject | undefined
      readonly forbidOverwrite: boolean
      readonly condition: WriteCondition | undefined
      /** In place of the one that the upload was begun with. */
      readonly acl: ObjectAcl | undefined
      readonly versions: VersionRule
    })
  | (OnKey & { readonly kind: 'abortUpload'; readonly uploadId: DataSetId })
  /** Forbids that a dataId is ever committed, unless it already is (replication.md 1.8). */
  | (OnKey & { readonly kind: 'killData'; readonly dataId: DataId })
  /** Moves up to 1,000 pieces of a dropped data set into the delete queue. */
  | (OnKey & { readonly kind: 'walkDroppedSet'; readonly dataSetId: DataSetId })
  /** Removes a queue record whose chunks are gone from every store. */
  | (OnKey & { readonly kind: 'forgetDropped'; readonly dataId: DataId })
  | (OnKey & { readonly kind: 'forgetKill'; readonly dataId: DataId })

/** Commands on a whole bucket, in each range that it reaches into. */
export type BucketRangeCommand =
  | (OnDeletion & { readonly kind: 'fenceBucket' })
  | (OnDeletion & { readonly kind: 'unfenceBucket' })
  /** Drops what is left of a bucket that was deleted long ago: its fence and its counters. */
  | { readonly kind: 'forgetBucket'; readonly bucketId: BucketId }

/** Commands on the settings in the system range. */
export type SystemCommand =
  | {
      readonly kind: 'createBucket'
      readonly name: BucketName
      readonly bucketId: BucketId
      readonly owner: AccountUid
      /** Undefined: private for a new bucket, unchanged for one that exists. */
      readonly acl: BucketAcl | undefined
      readonly storageClass: StorageClass
      readonly dataRedundancy: DataRedundancy
      /** Undefined: none for a new bucket, unchanged for one that exists. */
      readonly tags: readonly Tag[] | undefined
      readonly bucketCountMax: number
    }
  | (OnBucket & { readonly kind: 'setBucketAcl'; readonly acl: BucketAcl })
  | (OnBucket & { readonly kind: 'putBucketSetting'; readonly setting: BucketSetting })
  | { readonly kind: 'putAccount'; readonly account: AccountUid; readonly accountName: string }
  | {
      readonly kind: 'putAccountSettings'
      readonly account: AccountUid
      readonly settings: AccountSettings
    }
  /** Its secret is sealed: a command goes through journals and other machines. */
  | {
      readonly kind: 'putAccessKey'
      readonly accessKeyId: AccessKeyId
      readonly record: AccessKeyRecord
    }
  | { readonly kind: 'deleteAccessKey'; readonly accessKeyId: AccessKeyId }
  /** Has the bucket say what its account says at that moment. */
  | { readonly kind: 'refreshOwnerBlock'; readonly name: BucketName; readonly bucketId: BucketId }
  /**
   * DeleteBucket (replication.md 1.14): mark, fence every range, remove; or, when a range refuses,
   * undo, unfence every range, keep.
   */
  | { readonly kind: 'markBucketDeleting'; readonly name: BucketName }
  | (OnDeletion & { readonly kind: 'removeBucket'; readonly name: BucketName })
  | (OnDeletion & { readonly kind: 'undoBucketDeleting'; readonly name: BucketName })
  | (OnDeletion & { readonly kind: 'keepBucket'; readonly name: BucketName })

export type Command = ObjectCommand | BucketRangeCommand | SystemCommand

/** What a command that took effect answers. */
export type CommandResult =
  | { readonly kind: 'object'; readonly record: ObjectRecord }
  /** Of a restore: whether it begins, or goes on for longer. */
  | { readonly kind: 'restore'; readonly record: ObjectRecord; readonly isBegun: boolean }
  | {
      readonly kind: 'deleted'
      /** Whether there was something. */
      readonly existed: boolean
      /** Of the delete marker that was made, or of the version that was named. */
      readonly versionId: VersionId | undefined
      /** Whether that is a delete marker. */
      readonly isDeleteMarker: boolean
    }
  | { readonly kind: 'part'; readonly record: PieceRecord }
  | { readonly kind: 'bucket'; readonly record: BucketRecord; readonly created: boolean }
  /** Of killData: whether the data may be deleted, or some row refers to it. */
  | { readonly kind: 'killed'; readonly referenced: boolean }
  /** The record is another one by now, or the attempt is over: nothing was changed. */
  | { readonly kind: 'stale' }
  /** Of a command on a bucket: where the next range of it begins; undefined: this was the last. */
  | { readonly kind: 'ranged'; readonly continuesAt: Uint8Array | undefined }
  | { readonly kind: 'done' }

/** The changed rows of a command that passed, or why it was refused. */
export type Decision =
  | { readonly changes: readonly RowChange[]; readonly result: CommandResult }
  | { readonly refused: OssError }

/** One row to write, to remove, or to count. */
export type RowChange =
  | (OnKey & { readonly row: 'object'; readonly value: ObjectRecord | undefined })
  /** A version that is not the current one. */
  | (OnKey & {
      readonly row: 'version'
      readonly versionSeq: VersionSeq
      readonly value: ObjectRecord | undefined
    })
  | (OnKey & {
      readonly row: 'inline'
      readonly versionSeq: VersionSeq
      readonly value: Uint8Array | undefined
    })
  | (OnKey & {
      readonly row: 'upload'
      readonly uploadId: DataSetId
      readonly value: UploadRecord | undefined
    })
  | (OnKey & {
      readonly row: 'piece'
      readonly dataSetId: DataSetId
      readonly index: number
      readonly value: PieceRecord | undefined
    })
  | (OnKey & {
      readonly row: 'partList'
      readonly dataSetId: DataSetId
      readonly value: PartListRecord | undefined
    })
  | (OnKey & {
      readonly row: 'dropped'
      readonly dataId: DataId | DataSetId
      readonly value: DroppedRecord | undefined
    })
  | (OnKey & {
      readonly row: 'kill'
      readonly dataId: DataId
      readonly value: { readonly killedMs: number } | undefined
    })
  | { readonly row: 'fence'; readonly bucketId: BucketId; readonly value: FenceRecord | undefined }
  | {
      readonly row: 'counters'
      readonly bucketId: BucketId
      readonly delta: Partial<BucketCounters>
    }
  | {
      readonly row: 'account'
      readonly account: AccountUid
      readonly value: AccountRecord | undefined
    }
  | {
      readonly row: 'accessKey'
      readonly accessKeyId: AccessKeyId
      readonly value: AccessKeyRecord | undefined
    }
  /** Removes the counters row. */
  | { readonly row: 'noCounters'; readonly bucketId: BucketId }
  | { readonly row: 'bucket'; readonly name: BucketName; readonly value: BucketRecord | undefined }

/** Row `F`: a range refuses changes in a bucket that is being deleted, or was. */
export interface FenceRecord {
  readonly fencedMs: number
  /** The latest attempt that fenced the bucket here or lifted its fence. */
  readonly attempt: VersionSeq
  /** The bucket stays; the row keeps a fence of the same attempt that comes late from standing. */
  readonly isLifted: boolean
}

/** Bytes that lost their last reference and wait for the grace to pass: row `G`. */
export interface DroppedRecord {
  /** `data`: chunks of one dataId; `set`: all pieces of a data set. */
  readonly kind: 'data' | 'set'
  readonly droppedMs: number
  /** Of `data`: how much, hence how many chunks. */
  readonly sizeBytes: number
}
