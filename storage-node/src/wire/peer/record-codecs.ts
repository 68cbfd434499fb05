/**
 * Codecs of what commands, answers and results have in common: objects, pieces, uploads, buckets.
 *
 * @module
 */

import type { AccountSettings } from '../../model/account.ts'
import type {
  BucketAcl,
  BucketCounters,
  BucketDeletion,
  BucketRecord,
  DataRedundancy,
} from '../../model/bucket.ts'
import type {
  AccountUid,
  BucketId,
  BucketName,
  DataId,
  DataSetId,
  ObjectKey,
  VersionId,
  VersionSeq,
} from '../../model/identifiers.ts'
import { INLINE_SIZE_BYTES_MAX } from '../../model/identifiers.ts'
import {
  BUCKET_NAME_LENGTH_MAX,
  OBJECT_KEY_BYTES_MAX,
  PART_COUNT_MAX,
  RUNNING_STATE_BYTES_MAX,
} from '../../model/limits.ts'
import type {
  DataReference,
  HeaderPair,
  ObjectAcl,
  ObjectMetadata,
  ObjectRecord,
  ObjectType,
  PartListRecord,
  PieceData,
  OlderVersions,
  PieceRecord,
  RestoreTimes,
  RunningHash,
  StorageClass,
  UploadRecord,
} from '../../model/object.ts'
import type { Checksum, ChecksumPlan, ObjectChecksum } from '../../model/object-checksum.ts'
import type { Tag } from '../../model/tag.ts'
import { NULL_VERSION } from '../../model/version-id.ts'
import {
  CHECKSUM_BYTES_MIN,
  readChecksum,
  readChecksumPlan,
  readObjectChecksum,
  writeChecksum,
  writeChecksumPlan,
  writeObjectChecksum,
} from '../stored/checksum-bytes.ts'
import { bucketSettingFields } from './bucket-setting-codecs.ts'
import type { Codec } from './codec.ts'
import {
  bool,
  bytes,
  enumOf,
  hexId,
  list,
  optional,
  signed,
  struct,
  taggedUnion,
  text,
  u48,
  u64,
  variant,
  varint,
} from './codec.ts'

/** More than the head of any HTTP request may have. */
const HEADER_BYTES_MAX = 64 * 1024
const HEADER_COUNT_MAX = 4096
const ACCOUNT_BYTES_MAX = 64
const ETAG_BYTES_MAX = 64

export const bucketId: Codec<BucketId> = hexId<BucketId>(8)
export const bucketName: Codec<BucketName> = text<BucketName>(BUCKET_NAME_LENGTH_MAX)
export const accountUid: Codec<AccountUid> = text<AccountUid>(ACCOUNT_BYTES_MAX)
export const objectKey: Codec<ObjectKey> = text<ObjectKey>(OBJECT_KEY_BYTES_MAX)
export const dataId: Codec<DataId> = hexId<DataId>(16)
export const dataSetId: Codec<DataSetId> = hexId<DataSetId>(16)
export const versionSeq: Codec<VersionSeq> = u64<VersionSeq>()
/** Most are `null`, which takes one byte. */
export const versionId: Codec<VersionId> = {
  bytesMin: 1,
  write(writer, value) {
    const isNull = value === NULL_VERSION
    writer.u8(isNull ? 0 : 1)
    if (!isNull) identifiedVersion.write(writer, value)
  },
  read: (reader) => (reader.u8() === 0 ? NULL_VERSION : identifiedVersion.read(reader)),
}
const identifiedVersion = hexId<VersionId>(16)
export const md5: Codec<string> = hexId(16)
export const etag: Codec<string> = text(ETAG_BYTES_MAX)

/** The fields of everything that is about one key. */
export const onKey = { bucketId, key: objectKey }

export const storageClass: Codec<StorageClass> = enumOf<StorageClass>([
  'Standard',
  'IA',
  'Archive',
  'ColdArchive',
  'DeepColdArchive',
])
export const bucketAcl: Codec<BucketAcl> = enumOf<BucketAcl>([
  'private',
  'public-read',
  'public-read-write',
])
export const dataRedundancy: Codec<DataRedundancy> = enumOf<DataRedundancy>(['LRS', 'ZRS'])
export const objectType: Codec<ObjectType> = enumOf<ObjectType>([
  'Normal',
  'Multipart',
  'Appendable',
  'Symlink',
])

export const objectAcl: Codec<ObjectAcl> = enumOf<ObjectAcl>([
  'default',
  'private',
  'public-read',
  'public-read-write',
])

const headerText = text(HEADER_BYTES_MAX)
const headerPair: Codec<HeaderPair> = {
  bytesMin: 2,
  write(writer, [name, value]) {
    headerText.write(writer, name)
    headerText.write(writer, value)
  },
  read: (reader) => [headerText.read(reader), headerText.read(reader)],
}
/** Those of one object. */
export const objectTags: Codec<readonly Tag[]> = list(headerPair, HEADER_COUNT_MAX)
const metadataFields = {
  contentType: headerText,
  headers: list(headerPair, HEADER_COUNT_MAX),
  userMetadata: list(headerPair, HEADER_COUNT_MAX),
  storageClass,
  acl: objectAcl,
  tags: objectTags,
}

export const objectMetadata: Codec<ObjectMetadata> = struct<ObjectMetadata>(metadataFields)

const dataReference: Codec<DataReference> = taggedUnion('kind', {
  none: variant(0, {}),
  inline: variant(1, {}),
  chunks: variant(2, { dataId }),
  pieces: variant(3, { dataSetId, pieceCount: varint() }),
})

export const pieceData: Codec<PieceData> = taggedUnion('kind', {
  inline: variant(0, { bytes: bytes(INLINE_SIZE_BYTES_MAX) }),
  chunks: variant(1, { dataId }),
})

export const restoreTimes: Codec<RestoreTimes> = struct<RestoreTimes>({
  readyMs: u48(),
  expiresMs: u48(),
})

export const checksum: Codec<Checksum> = {
  bytesMin: CHECKSUM_BYTES_MIN,
  write: writeChecksum,
  read: readChecksum,
}

const objectChecksum: Codec<ObjectChecksum> = {
  bytesMin: CHECKSUM_BYTES_MIN,
  write: writeObjectChecksum,
  read: readObjectChecksum,
}

export const checksumPlan: Codec<ChecksumPlan> = {
  bytesMin: 1,
  write: writeChecksumPlan,
  read: readChecksumPlan,
}

export const objectRecord: Codec<ObjectRecord> = struct<ObjectRecord>({
  ...metadataFields,
  type: objectType,
  versionSeq,
  versionId,
  isDeleteMarker: bool(),
  older: optional(struct<OlderVersions>({ nullSeq: optional(versionSeq) })),
  symlinkTarget: optional(text(OBJECT_KEY_BYTES_MAX)),
  sealedMs: optional(u48()),
  restore: optional(restoreTimes),
  contentMd5: optional(md5),
  checksum: optional(objectChecksum),
  sizeBytes: u48(),
  etag,
  crc64: u64(),
  lastModifiedMs: u48(),
  data: dataReference,
})

export const pieceRecord: Codec<PieceRecord> = struct<PieceRecord>({
  offset: u48(),
  sizeBytes: u48(),
  md5,
  crc64: u64(),
  lastModifiedMs: u48(),
  data: pieceData,
  checksum: optional(checksum),
})

export const partList: Codec<PartListRecord> = struct<PartListRecord>({
  parts: list(struct({ partNumber: varint(), sizeBytes: varint() }), PART_COUNT_MAX),
  digest: md5,
})

export const runningHash: Codec<RunningHash> = struct<RunningHash>({
  md5,
  state: bytes(RUNNING_STATE_BYTES_MAX),
})

export const uploadRecord: Codec<UploadRecord> = struct<UploadRecord>({
  initiatedMs: u48(),
  metadata: objectMetadata,
  forbidOverwrite: bool(),
  isSequential: bool(),
  running: optional(runningHash),
  checksums: optional(checksumPlan),
  partCount: varint(),
  partBytes: varint(),
})

export const accountSettings: Codec<AccountSettings> = struct<AccountSettings>({
  publicAccessBlock: bool(),
})

export const bucketRecord: Codec<BucketRecord> = struct<BucketRecord>({
  name: bucketName,
  bucketId,
  owner: accountUid,
  acl: bucketAcl,
  storageClass,
  dataRedundancy,
  createdMs: u48(),
  deletion: optional(
    struct<BucketDeletion>({ attempt: versionSeq, sinceMs: u48(), isUndone: bool() }),
  ),
  ...bucketSettingFields,
})

export const bucketCounters: Codec<BucketCounters> = struct<BucketCounters>({
  objects: signed(),
  objectBytes: signed(),
  uploads: signed(),
  parts: signed(),
  partBytes: signed(),
  standardObjects: signed(),
  standardBytes: signed(),
  infrequentObjects: signed(),
  infrequentBytes: signed(),
  lastModifiedMs: signed(),
  deleteMarkers: signed(),
  archiveObjects: signed(),
  archiveBytes: signed(),
  coldArchiveObjects: signed(),
  coldArchiveBytes: signed(),
  deepColdArchiveObjects: signed(),
  deepColdArchiveBytes: signed(),
})
