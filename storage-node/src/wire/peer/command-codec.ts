/**
 * Commands and their results as bytes.
 *
 * @module
 */

import type {
  Amendment,
  Command,
  CommandResult,
  ListedPart,
  RunningStep,
  StoredBody,
  VersionRule,
} from '../../model/command.ts'
import { COMPLETE_DOCUMENT_BYTES_MAX, PART_COUNT_MAX } from '../../model/limits.ts'
import type { ExpectedObject } from '../../model/object-checksum.ts'
import type { WriteCondition } from '../../model/preconditions.ts'
import type { RestoreLengths } from '../../model/restore.ts'
import { accessKeyId, accessKeyRecord, accountName } from './account-codecs.ts'
import { bucketSetting, bucketSettingFields } from './bucket-setting-codecs.ts'
import type { Codec } from './codec.ts'
import {
  bool,
  enumOf,
  hexId,
  list,
  optional,
  struct,
  taggedUnion,
  text,
  u48,
  u64,
  variant,
  varint,
} from './codec.ts'
import { position } from './query-codec.ts'
import {
  accountSettings,
  accountUid,
  bucketAcl,
  bucketId,
  bucketName,
  bucketRecord,
  checksum,
  checksumPlan,
  dataId,
  dataRedundancy,
  dataSetId,
  etag,
  md5,
  objectAcl,
  objectKey,
  objectMetadata,
  objectRecord,
  objectTags,
  onKey,
  pieceData,
  pieceRecord,
  runningHash,
  storageClass,
  versionId,
  versionSeq,
} from './record-codecs.ts'

/** Of all headers of a request. */
const HEADERS_SIZE_BYTES_MAX = 64 * 1024

/** Of SHA-256, the longest. */
const CHECKSUM_HEX_BYTES_MAX = 64

/** Of the identifier of a version. */
const SALT_BYTES = 8

const storedBody: Codec<StoredBody> = struct<StoredBody>({
  sizeBytes: u48(),
  data: pieceData,
  md5,
  crc64: u64(),
})

const listedPart: Codec<ListedPart> = struct<ListedPart>({
  partNumber: varint(),
  // As a client wrote it: whatever fits into the document that lists it.
  etag: text(COMPLETE_DOCUMENT_BYTES_MAX),
  checksum: optional(checksum),
})

const checksumType = enumOf(['FULL_OBJECT', 'COMPOSITE'])
const expectedChecksum = struct<NonNullable<ExpectedObject['checksum']>>({
  algorithm: enumOf(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']),
  value: text(CHECKSUM_HEX_BYTES_MAX),
  type: optional(checksumType),
})
const expectedObject: Codec<ExpectedObject> = struct<ExpectedObject>({
  checksum: optional(expectedChecksum),
  sizeBytes: optional(varint()),
})

const versionRule: Codec<VersionRule> = taggedUnion('state', {
  unset: variant(0, {}),
  Suspended: variant(1, {}),
  Enabled: variant(2, { salt: hexId(SALT_BYTES) }),
})

const writeCondition: Codec<WriteCondition> = taggedUnion('kind', {
  absent: variant(0, {}),
  // As a client wrote it: whatever fits into the head of a request.
  etag: variant(1, { etag: text(HEADERS_SIZE_BYTES_MAX) }),
  present: variant(2, {}),
})

const restoreLengths: Codec<RestoreLengths> = struct<RestoreLengths>({
  delayMs: varint(),
  dayMs: varint(),
})

const amendment: Codec<Amendment> = taggedUnion('kind', {
  acl: variant(1, { acl: objectAcl }),
  tags: variant(2, { tags: objectTags }),
  seal: variant(3, { position: varint() }),
  restore: variant(4, {
    days: optional(varint()),
    priority: optional(enumOf(['Expedited', 'Standard', 'Bulk'])),
    lengths: restoreLengths,
  }),
  cleanRestore: variant(5, {}),
})

const onAttempt = { bucketId, attempt: versionSeq }
const onDeletion = { name: bucketName, ...onAttempt }

/** Numbers are never used again. */
export const command: Codec<Command> = taggedUnion('kind', {
  putObject: variant(1, {
    ...onKey,
    metadata: objectMetadata,
    body: storedBody,
    etag,
    checksum: optional(checksum),
    forbidOverwrite: bool(),
    condition: optional(writeCondition),
    versions: versionRule,
  }),
  replaceMetadata: variant(2, { ...onKey, versionSeq, metadata: objectMetadata, etag }),
  deleteObject: variant(3, {
    ...onKey,
    versions: versionRule,
    condition: optional(writeCondition),
  }),
  putSymlink: variant(15, {
    ...onKey,
    metadata: objectMetadata,
    etag,
    target: objectKey,
    forbidOverwrite: bool(),
    condition: optional(writeCondition),
    versions: versionRule,
  }),
  appendObject: variant(4, {
    ...onKey,
    position: varint(),
    metadata: objectMetadata,
    body: storedBody,
    etag,
    dataSetId,
    forbidOverwrite: bool(),
  }),
  initiateUpload: variant(5, {
    ...onKey,
    uploadId: dataSetId,
    metadata: objectMetadata,
    forbidOverwrite: bool(),
    isSequential: bool(),
    checksums: optional(checksumPlan),
  }),
  putPart: variant(6, {
    ...onKey,
    uploadId: dataSetId,
    partNumber: varint(),
    body: storedBody,
    checksum: optional(checksum),
    running: optional(struct<RunningStep>({ before: md5, after: runningHash })),
  }),
  completeUpload: variant(7, {
    ...onKey,
    uploadId: dataSetId,
    parts: optional(list(listedPart, PART_COUNT_MAX)),
    expected: optional(expectedObject),
    forbidOverwrite: bool(),
    condition: optional(writeCondition),
    acl: optional(objectAcl),
    versions: versionRule,
  }),
  abortUpload: variant(8, { ...onKey, uploadId: dataSetId }),
  killData: variant(9, { ...onKey, dataId }),
  walkDroppedSet: variant(10, { ...onKey, dataSetId }),
  forgetDropped: variant(11, { ...onKey, dataId }),
  forgetKill: variant(12, { ...onKey, dataId }),
  deleteVersion: variant(13, { ...onKey, versionId, condition: optional(writeCondition) }),
  amendVersion: variant(14, { ...onKey, versionId: optional(versionId), amendment }),
  fenceBucket: variant(20, onAttempt),
  unfenceBucket: variant(21, onAttempt),
  forgetBucket: variant(22, { bucketId }),
  createBucket: variant(40, {
    name: bucketName,
    bucketId,
    owner: accountUid,
    acl: optional(bucketAcl),
    storageClass,
    dataRedundancy,
    tags: optional(bucketSettingFields.tags),
    bucketCountMax: varint(),
  }),
  setBucketAcl: variant(39, { name: bucketName, bucketId, acl: bucketAcl }),
  markBucketDeleting: variant(32, { name: bucketName }),
  removeBucket: variant(33, onDeletion),
  undoBucketDeleting: variant(34, onDeletion),
  keepBucket: variant(35, onDeletion),
  putBucketSetting: variant(36, { name: bucketName, bucketId, setting: bucketSetting }),
  putAccountSettings: variant(37, { account: accountUid, settings: accountSettings }),
  putAccount: variant(41, { account: accountUid, accountName }),
  putAccessKey: variant(42, { accessKeyId, record: accessKeyRecord }),
  deleteAccessKey: variant(43, { accessKeyId }),
  refreshOwnerBlock: variant(38, { name: bucketName, bucketId }),
})

/** Numbers are never used again. */
export const commandResult: Codec<CommandResult> = taggedUnion('kind', {
  object: variant(1, { record: objectRecord }),
  deleted: variant(2, {
    existed: bool(),
    versionId: optional(versionId),
    isDeleteMarker: bool(),
  }),
  part: variant(3, { record: pieceRecord }),
  bucket: variant(4, { record: bucketRecord, created: bool() }),
  killed: variant(5, { referenced: bool() }),
  stale: variant(6, {}),
  ranged: variant(7, { continuesAt: optional(position) }),
  done: variant(8, {}),
  restore: variant(9, { record: objectRecord, isBegun: bool() }),
})
