/**
 * Any command, result, query and answer, for tests. The types see to it that no kind is left out.
 *
 * @module
 */

import fc from 'fast-check'
import type { BucketRecord } from '../../model/bucket.ts'
import { noCounters } from '../../model/bucket.ts'
import type { Command, CommandResult, StoredBody } from '../../model/command.ts'
import type {
  AccountUid,
  BucketId,
  BucketName,
  DataId,
  DataSetId,
  ObjectKey,
  VersionSeq,
} from '../../model/identifiers.ts'
import type { ObjectMetadata, ObjectRecord, PieceData, PieceRecord } from '../../model/object.ts'
import type { Query } from '../../model/query.ts'
import type { KindedAnswer } from './operation-messages.ts'

type ByKind<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: fc.Arbitrary<Omit<Extract<T, { kind: K }>, 'kind'>>
}

const hex = (byteCount: number) =>
  fc
    .uint8Array({ minLength: byteCount, maxLength: byteCount })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
const word = fc.string({ unit: 'binary', maxLength: 40 })
const bytes = fc.uint8Array({ maxLength: 60 })
const whole = fc.nat({ max: 2 ** 48 - 1 })
const small = fc.nat({ max: 10_000 })
const crc64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const flag = fc.boolean()
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const bucketId = hex(8) as fc.Arbitrary<BucketId>
const dataId = hex(16) as fc.Arbitrary<DataId>
const dataSetId = hex(16) as fc.Arbitrary<DataSetId>
const key = word as fc.Arbitrary<ObjectKey>
const name = word as fc.Arbitrary<BucketName>
const owner = word as fc.Arbitrary<AccountUid>
const versionSeq = crc64 as fc.Arbitrary<VersionSeq>
const attempt = versionSeq
const place = { bucketId, key }

const storageClass = fc.constantFrom('Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive')
const bucketAcl = fc.constantFrom('private', 'public-read', 'public-read-write')
const dataRedundancy = fc.constantFrom('LRS', 'ZRS')
const objectType = fc.constantFrom('Normal', 'Multipart', 'Appendable', 'Symlink')
const pairs = fc.array(fc.tuple(word, word), { maxLength: 4 })
const metadataFields = {
  contentType: word,
  headers: pairs,
  userMetadata: pairs,
  storageClass,
  acl: fc.constantFrom('default', 'private', 'public-read', 'public-read-write'),
} as const
const metadata: fc.Arbitrary<ObjectMetadata> = fc.record(metadataFields)

const pieceData: fc.Arbitrary<PieceData> = fc.oneof(
  fc.record({ kind: fc.constant('inline' as const), bytes }),
  fc.record({ kind: fc.constant('chunks' as const), dataId }),
)
const body: fc.Arbitrary<StoredBody> = fc.record({
  sizeBytes: whole,
  data: pieceData,
  md5: hex(16),
  crc64,
})
const record: fc.Arbitrary<ObjectRecord> = fc.record({
  ...metadataFields,
  type: objectType,
  versionSeq,
  sizeBytes: whole,
  etag: word,
  crc64,
  lastModifiedMs: whole,
  data: fc.oneof(
    fc.constant({ kind: 'none' as const }),
    fc.constant({ kind: 'inline' as const }),
    fc.record({ kind: fc.constant('chunks' as const), dataId }),
    fc.record({ kind: fc.constant('pieces' as const), dataSetId, pieceCount: small }),
  ),
})
const piece: fc.Arbitrary<PieceRecord> = fc.record({
  offset: whole,
  sizeBytes: whole,
  md5: hex(16),
  crc64,
  lastModifiedMs: whole,
  data: pieceData,
})
const bucket: fc.Arbitrary<BucketRecord> = fc.record({
  name,
  bucketId,
  owner,
  acl: bucketAcl,
  storageClass,
  dataRedundancy,
  createdMs: whole,
  deletion: maybe(fc.record({ attempt, sinceMs: whole, isUndone: flag })),
})
const forbidOverwrite = flag
const etag = word
const onAttempt = { bucketId, attempt }
const onDeletion = { name, ...onAttempt }

const commands: ByKind<Command> = {
  putObject: fc.record({ ...place, metadata, body, etag, forbidOverwrite }),
  replaceMetadata: fc.record({ ...place, versionSeq, metadata, etag }),
  deleteObject: fc.record(place),
  appendObject: fc.record({
    ...{ ...place, position: whole, metadata, body, etag, dataSetId, forbidOverwrite },
  }),
  initiateUpload: fc.record({ ...place, uploadId: dataSetId, metadata, forbidOverwrite }),
  putPart: fc.record({ ...place, uploadId: dataSetId, partNumber: small, body }),
  completeUpload: fc.record({
    ...place,
    uploadId: dataSetId,
    parts: maybe(fc.array(fc.record({ partNumber: small, etag: word }), { maxLength: 5 })),
    forbidOverwrite,
  }),
  abortUpload: fc.record({ ...place, uploadId: dataSetId }),
  killData: fc.record({ ...place, dataId }),
  walkDroppedSet: fc.record({ ...place, dataSetId }),
  forgetDropped: fc.record({ ...place, dataId }),
  forgetKill: fc.record({ ...place, dataId }),
  fenceBucket: fc.record(onAttempt),
  unfenceBucket: fc.record(onAttempt),
  forgetBucket: fc.record({ bucketId }),
  createBucket: fc.record({
    ...{ name, bucketId, owner, storageClass, dataRedundancy },
    acl: maybe(bucketAcl),
    bucketCountMax: small,
  }),
  setBucketAcl: fc.record({ name, acl: bucketAcl }),
  markBucketDeleting: fc.record({ name }),
  removeBucket: fc.record(onDeletion),
  undoBucketDeleting: fc.record(onDeletion),
  keepBucket: fc.record(onDeletion),
}

const continuesAt = maybe(bytes)
const results: ByKind<CommandResult> = {
  object: fc.record({ record }),
  deleted: fc.record({ existed: flag }),
  part: fc.record({ record: piece }),
  bucket: fc.record({ record: bucket, created: flag }),
  killed: fc.record({ referenced: flag }),
  stale: fc.constant({}),
  ranged: fc.record({ continuesAt }),
  done: fc.constant({}),
}

const listFields = { bucketId, prefix: word, delimiter: word, after: word, maxCount: small }
const walk = fc.record({ after: maybe(bytes), limit: small })
const queries: ByKind<Query> = {
  object: fc.record({ ...place, withBody: flag }),
  pieces: fc.record({ ...place, dataSetId, indexes: fc.array(small, { maxLength: 8 }) }),
  partList: fc.record({ ...place, dataSetId }),
  list: fc.record(listFields),
  upload: fc.record({ ...place, uploadId: dataSetId, after: small, limit: small }),
  uploads: fc.record({ ...listFields, afterUploadId: maybe(dataSetId) }),
  counters: fc.record({ bucketId }),
  bucket: fc.record({ name }),
  buckets: fc.constant({}),
  dropped: walk,
  kills: walk,
  fences: walk,
}

const some = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 4 })
const parts = some(fc.record({ partNumber: small, piece }))
const page = { commonPrefixes: some(word), isTruncated: flag, continuesAt }
const signed = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const counters = fc.record(
  Object.fromEntries(Object.keys(noCounters).map((counter) => [counter, signed])),
) as unknown as fc.Arbitrary<typeof noCounters>

const droppedEntry = fc.record({
  ...{ ...place, dataId, row: bytes, droppedMs: whole, sizeBytes: whole },
  kind: fc.constantFrom('data', 'set'),
})

const answers: ByKind<KindedAnswer> = {
  object: fc.record({ answer: maybe(fc.record({ record, inline: maybe(bytes) })) }),
  pieces: fc.record({ answer: parts }),
  partList: fc.record({
    answer: maybe(
      fc.record({
        digest: hex(16),
        parts: some(fc.record({ partNumber: small, sizeBytes: whole })),
      }),
    ),
  }),
  list: fc.record({
    answer: fc.record({
      ...page,
      next: maybe(word),
      objects: some(
        fc.record({
          ...{ key, type: objectType, storageClass, etag: word },
          sizeBytes: whole,
          lastModifiedMs: whole,
        }),
      ),
    }),
  }),
  upload: fc.record({
    answer: maybe(
      fc.record({
        parts,
        upload: fc.record({
          ...{ metadata, forbidOverwrite },
          initiatedMs: whole,
          partCount: small,
          partBytes: whole,
        }),
      }),
    ),
  }),
  uploads: fc.record({
    answer: fc.record({
      ...page,
      nextKeyMarker: word,
      nextUploadId: maybe(dataSetId),
      uploads: some(fc.record({ key, uploadId: dataSetId, initiatedMs: whole, storageClass })),
    }),
  }),
  counters: fc.record({ answer: fc.record({ counters, continuesAt }) }),
  bucket: fc.record({ answer: maybe(bucket) }),
  buckets: fc.record({ answer: some(bucket) }),
  dropped: fc.record({ answer: some(droppedEntry) }),
  kills: fc.record({ answer: some(fc.record({ ...place, dataId, row: bytes, killedMs: whole })) }),
  fences: fc.record({ answer: some(fc.record({ bucketId, fencedMs: whole, row: bytes })) }),
}

/** One arbitrary a kind, with its kind in it. */
export const anyCommand = kinded<Command>(commands)
export const anyResult = kinded<CommandResult>(results)
export const anyQuery = kinded<Query>(queries)
export const anyAnswer = kinded<KindedAnswer>(answers)

function kinded<T extends { readonly kind: string }>(
  kinds: ByKind<T>,
): readonly (readonly [T['kind'], fc.Arbitrary<T>])[] {
  const entries = Object.entries<fc.Arbitrary<object>>(kinds)
  return entries.map(([kind, fields]) => {
    return [kind, fields.map((value) => ({ kind, ...value }) as unknown as T)]
  })
}
