/**
 * Queries and their answers as bytes.
 *
 * @module
 */

import type { DroppedRecord } from '../../model/command.ts'
import type { NumberedPart } from '../../model/decide-upload.ts'
import type { DataId, DataSetId } from '../../model/identifiers.ts'
import { INLINE_SIZE_BYTES_MAX } from '../../model/identifiers.ts'
import { LIST_TEXT_BYTES_MAX, PART_COUNT_MAX } from '../../model/limits.ts'
import type {
  DroppedEntry,
  FenceEntry,
  KillEntry,
  ObjectSummary,
  Query,
  UploadSummary,
  VersionSummary,
} from '../../model/query.ts'
import { accessKeyId, accessKeyRecord, accessKeySummary, accountRecord } from './account-codecs.ts'
import type { Codec } from './codec.ts'
import {
  bool,
  bytes,
  enumOf,
  hexId,
  list,
  optional,
  struct,
  taggedUnion,
  text,
  u48,
  variant,
  varint,
} from './codec.ts'
import type { KindedAnswer } from './operation-messages.ts'
import {
  accountUid,
  bucketCounters,
  bucketId,
  bucketName,
  bucketRecord,
  checksumPlan,
  dataId,
  dataSetId,
  etag,
  objectKey,
  objectRecord,
  objectType,
  onKey,
  partList,
  pieceRecord,
  restoreTimes,
  storageClass,
  uploadRecord,
  versionId,
} from './record-codecs.ts'

/** Rows of one answer: pages of the API and of maintenance have 1,000, and one more. */
const ROW_COUNT_MAX = 10_000
/** Namespace, bucketId, a key with every byte escaped, and identifiers behind it. */
const ROW_KEY_BYTES_MAX = 4096

/** A position in the space of keys. */
export const position: Codec<Uint8Array> = bytes(ROW_KEY_BYTES_MAX)

const listText = text(LIST_TEXT_BYTES_MAX)
const rowKey = bytes(ROW_KEY_BYTES_MAX)
const continued = { continuesAt: optional(position) }

const listQuery = {
  bucketId,
  prefix: listText,
  delimiter: listText,
  after: listText,
  maxCount: varint(),
}
const walk = { after: optional(rowKey), limit: varint() }

/** Numbers are never used again. */
export const query: Codec<Query> = taggedUnion('kind', {
  object: variant(1, { ...onKey, versionId: optional(versionId), withBody: bool() }),
  pieces: variant(2, { ...onKey, dataSetId, indexes: list(varint(), PART_COUNT_MAX) }),
  partList: variant(3, { ...onKey, dataSetId }),
  list: variant(4, listQuery),
  upload: variant(5, { ...onKey, uploadId: dataSetId, after: varint(), limit: varint() }),
  uploads: variant(6, { ...listQuery, afterUploadId: optional(dataSetId) }),
  counters: variant(7, { bucketId }),
  bucket: variant(8, { name: bucketName }),
  buckets: variant(9, { after: optional(bucketName), limit: varint() }),
  dropped: variant(10, walk),
  kills: variant(11, walk),
  fences: variant(12, walk),
  versions: variant(13, { ...listQuery, afterVersionId: optional(versionId) }),
  account: variant(14, { account: accountUid }),
  accessKeys: variant(15, { accessKeyIds: list(accessKeyId, ROW_COUNT_MAX) }),
  accessKeyPage: variant(16, { after: optional(accessKeyId), limit: varint() }),
})

const numberedPart: Codec<NumberedPart> = struct<NumberedPart>({
  partNumber: varint(),
  piece: pieceRecord,
})
const objectSummaryFields = {
  key: objectKey,
  type: objectType,
  storageClass,
  sizeBytes: u48(),
  lastModifiedMs: u48(),
  etag,
  restore: optional(restoreTimes),
  checksum: optional(checksumPlan),
}
const objectSummary: Codec<ObjectSummary> = struct<ObjectSummary>(objectSummaryFields)
const versionSummary: Codec<VersionSummary> = struct<VersionSummary>({
  ...objectSummaryFields,
  versionId,
  isDeleteMarker: bool(),
  isLatest: bool(),
})
const uploadSummary: Codec<UploadSummary> = struct<UploadSummary>({
  key: objectKey,
  uploadId: dataSetId,
  initiatedMs: u48(),
  storageClass,
  checksums: optional(checksumPlan),
})
const droppedEntry: Codec<DroppedEntry> = struct<DroppedEntry>({
  ...onKey,
  kind: enumOf<DroppedRecord['kind']>(['data', 'set']),
  droppedMs: u48(),
  sizeBytes: u48(),
  dataId: hexId<DataId & DataSetId>(16) as Codec<DataId | DataSetId>,
  row: rowKey,
})
const killEntry: Codec<KillEntry> = struct<KillEntry>({
  ...onKey,
  dataId,
  killedMs: u48(),
  row: rowKey,
})
const fenceEntry: Codec<FenceEntry> = struct<FenceEntry>({ bucketId, fencedMs: u48(), row: rowKey })

const prefixes = list(listText, ROW_COUNT_MAX)

/** By the kind of the query, with the same numbers. */
export const answer: Codec<KindedAnswer> = taggedUnion('kind', {
  object: variant(1, {
    answer: optional(
      struct({ record: objectRecord, inline: optional(bytes(INLINE_SIZE_BYTES_MAX)) }),
    ),
  }),
  pieces: variant(2, { answer: list(numberedPart, PART_COUNT_MAX) }),
  partList: variant(3, { answer: optional(partList) }),
  list: variant(4, {
    answer: struct({
      objects: list(objectSummary, ROW_COUNT_MAX),
      commonPrefixes: prefixes,
      isTruncated: bool(),
      next: optional(listText),
      ...continued,
    }),
  }),
  upload: variant(5, {
    answer: optional(struct({ upload: uploadRecord, parts: list(numberedPart, PART_COUNT_MAX) })),
  }),
  uploads: variant(6, {
    answer: struct({
      uploads: list(uploadSummary, ROW_COUNT_MAX),
      commonPrefixes: prefixes,
      isTruncated: bool(),
      nextKeyMarker: listText,
      nextUploadId: optional(dataSetId),
      ...continued,
    }),
  }),
  counters: variant(7, { answer: struct({ counters: bucketCounters, ...continued }) }),
  bucket: variant(8, { answer: optional(bucketRecord) }),
  buckets: variant(9, { answer: list(bucketRecord, ROW_COUNT_MAX) }),
  dropped: variant(10, { answer: list(droppedEntry, ROW_COUNT_MAX) }),
  kills: variant(11, { answer: list(killEntry, ROW_COUNT_MAX) }),
  fences: variant(12, { answer: list(fenceEntry, ROW_COUNT_MAX) }),
  versions: variant(13, {
    answer: struct({
      versions: list(versionSummary, ROW_COUNT_MAX),
      commonPrefixes: prefixes,
      isTruncated: bool(),
      next: optional(listText),
      nextVersionId: optional(versionId),
      ...continued,
    }),
  }),
  account: variant(14, { answer: accountRecord }),
  accessKeys: variant(15, { answer: list(accessKeyRecord, ROW_COUNT_MAX) }),
  accessKeyPage: variant(16, { answer: list(accessKeySummary, ROW_COUNT_MAX) }),
})
