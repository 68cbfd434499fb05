import fc from 'fast-check'
import {
  anyAccessKey,
  anyAccessKeyId,
  anyAccessKeySummary,
} from '../../model/access/access-key-fixtures.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import { noCounters } from '../../model/bucket.ts'
import { anyBucketSetting, anyBucketSettings } from '../../model/bucket-setting-fixtures.ts'
import type { Command, CommandResult, StoredBody, VersionRule } from '../../model/command.ts'
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
import type { ObjectMetadata, ObjectRecord, PieceData, PieceRecord } from '../../model/object.ts'
import type { Query } from '../../model/query.ts'
import { NULL_VERSION } from '../../model/version-id.ts'
import type { Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { Zone } from '../../contract/configuration.ts'
import * as checksums from '../stored/checksum-fixtures.ts'
import { anyAmendment } from './amendment-fixtures.ts'
import type { Codec } from './codec.ts'
import { decode, encode } from './codec.ts'
import { command, commandResult } from './command-codec.ts'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './message-codecs.ts'
import type { PeerRequest } from './messages.ts'
import type { KindedAnswer, OperationRequests } from './operation-messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { answer, query } from './query-codec.ts'

type ByKind<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: fc.Arbitrary<Omit<Extract<T, { kind: K }>, 'kind'>>
}

const hex = (byteCount: number) =>
  fc
    .uint8Array({ minLength: byteCount, maxLength: byteCount })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
const word = fc.string({ unit: 'binary', maxLength: 15 })
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
const versionId = fc.oneof(
  fc.constant(NULL_VERSION),
  hex(16).map((id) => id as VersionId),
)
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
  tags: pairs,
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
const checksum = maybe(checksums.anyChecksum)
const restore = maybe(fc.record({ readyMs: whole, expiresMs: whole }))
const record: fc.Arbitrary<ObjectRecord> = fc.record({
  ...metadataFields,
  type: objectType,
  versionSeq,
  versionId,
  isDeleteMarker: flag,
  older: maybe(fc.record({ nullSeq: maybe(versionSeq) })),
  symlinkTarget: maybe(word),
  sealedMs: maybe(whole),
  restore,
  contentMd5: maybe(hex(16)),
  checksum: maybe(checksums.anyObjectChecksum),
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
  checksum,
})
const bucketWithoutSettings = fc.record({
  name,
  bucketId,
  owner,
  acl: bucketAcl,
  storageClass,
  dataRedundancy,
  createdMs: whole,
  deletion: maybe(fc.record({ attempt, sinceMs: whole, isUndone: flag })),
})
const bucket: fc.Arbitrary<BucketRecord> = fc
  .tuple(bucketWithoutSettings, anyBucketSettings)
  .map(([first, settings]) => ({ ...first, ...settings }))
const forbidOverwrite = flag
const condition = maybe(
  fc.oneof(
    fc.constant({ kind: 'absent' } as const),
    fc.constant({ kind: 'present' } as const),
    fc.record({ kind: fc.constant('etag' as const), etag: fc.string() }),
  ),
)
const etag = word
const onAttempt = { bucketId, attempt }
const onDeletion = { name, ...onAttempt }

const versions: fc.Arbitrary<VersionRule> = fc.oneof(
  fc.record({ state: fc.constantFrom('unset' as const, 'Suspended' as const) }),
  fc.record({ state: fc.constant('Enabled' as const), salt: hex(8) }),
)
const accountSettings = fc.record({ publicAccessBlock: flag })
const accountRecord = fc.record({ name: maybe(word), publicAccessBlock: flag })

const runningHash = fc.record({ md5: hex(16), state: bytes })

const commands: ByKind<Command> = {
  putObject: fc.record({
    ...{ ...place, metadata, body, etag, checksum, forbidOverwrite, condition, versions },
  }),
  putSymlink: fc.record({
    ...{ ...place, metadata, etag, target: key, forbidOverwrite, condition, versions },
  }),
  replaceMetadata: fc.record({ ...place, versionSeq, metadata, etag }),
  deleteObject: fc.record({ ...place, versions, condition }),
  deleteVersion: fc.record({ ...place, versionId, condition }),
  amendVersion: fc.record({ ...place, versionId: maybe(versionId), amendment: anyAmendment }),
  appendObject: fc.record({
    ...{ ...place, position: whole, metadata, body, etag, dataSetId, forbidOverwrite },
  }),
  initiateUpload: fc.record({
    ...{ ...place, uploadId: dataSetId, metadata, forbidOverwrite },
    isSequential: fc.boolean(),
    checksums: maybe(checksums.anyChecksumPlan),
  }),
  putPart: fc.record({
    ...{ ...place, uploadId: dataSetId, partNumber: small, body, checksum },
    running: maybe(fc.record({ before: hex(16), after: runningHash })),
  }),
  completeUpload: fc.record({
    ...place,
    uploadId: dataSetId,
    parts: maybe(
      fc.array(fc.record({ partNumber: small, etag: word, checksum }), { maxLength: 5 }),
    ),
    expected: maybe(checksums.anyExpectedObject),
    forbidOverwrite,
    condition,
    acl: maybe(metadataFields.acl),
    versions,
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
    tags: maybe(pairs),
    bucketCountMax: small,
  }),
  setBucketAcl: fc.record({ name, bucketId, acl: bucketAcl }),
  putBucketSetting: fc.record({ name, bucketId, setting: anyBucketSetting }),
  putAccountSettings: fc.record({ account: owner, settings: accountSettings }),
  putAccount: fc.record({ account: owner, accountName: word }),
  putAccessKey: fc.record({ accessKeyId: anyAccessKeyId, record: anyAccessKey }),
  deleteAccessKey: fc.record({ accessKeyId: anyAccessKeyId }),
  refreshOwnerBlock: fc.record({ name, bucketId }),
  markBucketDeleting: fc.record({ name }),
  removeBucket: fc.record(onDeletion),
  undoBucketDeleting: fc.record(onDeletion),
  keepBucket: fc.record(onDeletion),
}

const continuesAt = maybe(bytes)
const results: ByKind<CommandResult> = {
  object: fc.record({ record }),
  restore: fc.record({ record, isBegun: flag }),
  deleted: fc.record({ existed: flag, versionId: maybe(versionId), isDeleteMarker: flag }),
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
  object: fc.record({ ...place, versionId: maybe(versionId), withBody: flag }),
  pieces: fc.record({ ...place, dataSetId, indexes: fc.array(small, { maxLength: 8 }) }),
  partList: fc.record({ ...place, dataSetId }),
  list: fc.record(listFields),
  upload: fc.record({ ...place, uploadId: dataSetId, after: small, limit: small }),
  uploads: fc.record({ ...listFields, afterUploadId: maybe(dataSetId) }),
  counters: fc.record({ bucketId }),
  bucket: fc.record({ name }),
  account: fc.record({ account: owner }),
  accessKeys: fc.record({ accessKeyIds: fc.array(anyAccessKeyId, { maxLength: 4 }) }),
  accessKeyPage: fc.record({ after: maybe(anyAccessKeyId), limit: small }),
  buckets: fc.record({ after: maybe(name), limit: small }),
  dropped: walk,
  kills: walk,
  fences: walk,
  versions: fc.record({ ...listFields, afterVersionId: maybe(versionId) }),
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

const summaryFields = {
  ...{ key, type: objectType, storageClass, etag: word },
  ...{ sizeBytes: whole, lastModifiedMs: whole, restore },
  checksum: maybe(checksums.anyChecksumPlan),
}

const answers: ByKind<KindedAnswer> = {
  account: fc.record({ answer: accountRecord }),
  accessKeys: fc.record({ answer: some(anyAccessKey) }),
  accessKeyPage: fc.record({ answer: some(anyAccessKeySummary) }),
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
      objects: some(fc.record(summaryFields)),
    }),
  }),
  versions: fc.record({
    answer: fc.record({
      ...page,
      next: maybe(word),
      nextVersionId: maybe(versionId),
      versions: some(
        fc.record({ ...summaryFields, versionId, isDeleteMarker: flag, isLatest: flag }),
      ),
    }),
  }),
  upload: fc.record({
    answer: maybe(
      fc.record({
        parts,
        upload: fc.record({
          ...{ metadata, forbidOverwrite, isSequential: flag, running: maybe(runningHash) },
          checksums: maybe(checksums.anyChecksumPlan),
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
      uploads: some(
        fc.record({
          ...{ key, uploadId: dataSetId, initiatedMs: whole, storageClass },
          checksums: maybe(checksums.anyChecksumPlan),
        }),
      ),
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
const anyCommand = kinded<Command>(commands)
const anyResult = kinded<CommandResult>(results)
const anyQuery = kinded<Query>(queries)
const anyAnswer = kinded<KindedAnswer>(answers)

function kinded<T extends { readonly kind: string }>(
  kinds: ByKind<T>,
): readonly (readonly [T['kind'], fc.Arbitrary<T>])[] {
  const entries = Object.entries<fc.Arbitrary<object>>(kinds)
  return entries.map(([kind, fields]) => {
    return [kind, fields.map((value) => ({ kind, ...value }) as unknown as T)]
  })
}

const RUNS = 60

function comesBack<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => expect(decode(codec, encode(codec, value))).toEqual(value)),
    { numRuns: RUNS },
  )
}

describe('comes back as it was', () => {
  test.each(anyCommand)('command %s', (_kind, values) => comesBack(command, values))
  test.each(anyResult)('result %s', (_kind, values) => comesBack(commandResult, values))
  test.each(anyQuery)('query %s', (_kind, values) => comesBack(query, values))
  test.each(anyAnswer)('answer %s', (_kind, values) => comesBack(answer, values))
})

const partition = 3 as PartitionId
const ballot = { epoch: 7 as Epoch, activation: 2 }
const position = { ballot, seq: 99 as Seq }
const store = '00000000-0000-4000-8000-000000000001' as StoreId
const oneOf = <T>(kinds: readonly (readonly [unknown, fc.Arbitrary<T>])[]): fc.Arbitrary<T> =>
  fc.oneof(...kinds.map(([, values]) => values))

const requests: readonly (readonly [string, fc.Arbitrary<PeerRequest>])[] = [
  [
    'execute',
    fc.record({
      kind: fc.constant('execute' as const),
      epoch: fc.constant(3 as Epoch),
      partition: fc.constant(partition),
      opId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      command: oneOf(anyCommand),
    }),
  ],
  [
    'ask',
    fc.record({
      kind: fc.constant('ask' as const),
      partition: fc.constant(partition),
      query: oneOf(anyQuery),
    }),
  ],
  [
    'settings',
    fc.constantFrom({ kind: 'settings', since: undefined }, { kind: 'settings', since: position }),
  ],
  ['settingsChanged', fc.constant({ kind: 'settingsChanged', changed: [] })],
  ['settingsWord', fc.constant({ kind: 'settingsWord', position })],
]

test.each(requests)('the request %s comes back as it was', (_kind, values) => {
  fc.assert(
    fc.property(values, (request) => {
      expect(decodeRequest(encodeRequest(request))).toEqual(request)
    }),
  )
})

const refused = {
  kind: 'refused',
  refusal: {
    code: 'NoSuchKey',
    message: undefined,
    details: [{ name: 'Key', value: 'a' }],
    headers: [{ name: 'allow', value: 'DELETE' }],
  },
} as const
const elsewhere = { kind: 'elsewhere', epoch: 3 as Epoch, primary: store } as const
const unavailable = { kind: 'unavailable', why: 'noLease', retryAfterMs: 25 } as const
const members = [{ store, zone: 'a' as Zone }]

type Answers = {
  readonly [K in keyof OperationRequests]: readonly OperationRequests[K]['answer'][]
}

const replies: Answers = {
  execute: [refused, elsewhere, unavailable, { kind: 'done', value: { kind: 'done' } }],
  ask: [refused, elsewhere, unavailable, { kind: 'done', value: { kind: 'buckets', answer: [] } }],
  settings: [
    elsewhere,
    { ...elsewhere, primary: undefined },
    { kind: 'done', value: { position, members, changed: undefined } },
    { kind: 'done', value: { position, members: undefined, changed: [] } },
  ],
  settingsChanged: [{ forgotten: true }],
  settingsWord: [{ holds: true }, { holds: false }],
}

test.each(Object.keys(replies) as (keyof Answers)[])('answers to %s come back', (kind) => {
  for (const reply of replies[kind]) {
    expect(decodeAnswer(kind, encodeAnswer(kind, reply))).toEqual(reply)
  }
})

const codecs: readonly (readonly [string, Codec<unknown>, fc.Arbitrary<unknown>])[] = [
  ['a command', command as Codec<unknown>, oneOf(anyCommand)],
  ['a result', commandResult as Codec<unknown>, oneOf(anyResult)],
  ['a query', query as Codec<unknown>, oneOf(anyQuery)],
  ['an answer', answer as Codec<unknown>, oneOf(anyAnswer)],
]

function readOrRefuse(codec: Codec<unknown>, values: Uint8Array): void {
  try {
    decode(codec, { values, bulk: [] })
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
  }
}

test.each(codecs)(
  'whatever bytes stand for %s, they are read or refused',
  (_name, codec, values) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => readOrRefuse(codec, garbage)),
      { numRuns: 500 },
    )
    const changes = fc.tuple(values, fc.nat(), fc.nat({ max: 255 }), fc.nat())
    fc.assert(
      fc.property(changes, ([value, at, byte, cut]) => {
        const encoded = Buffer.from(encode(codec, value).values)
        encoded[at % encoded.length] = byte
        readOrRefuse(codec, encoded)
        readOrRefuse(codec, encoded.subarray(0, cut % encoded.length))
      }),
      { numRuns: 500 },
    )
  },
)

test('what is cut off is refused', () => {
  const [, values] = anyCommand.find(([kind]) => kind === 'putObject') ?? []
  if (values === undefined) throw new Error('putObject is a command')
  fc.assert(
    fc.property(values, fc.nat(), (value, cut) => {
      const { values: encoded } = encode(command, value)
      const part = encoded.subarray(0, cut % encoded.byteLength)
      expect(() => decode(command, { values: part, bulk: [] })).toThrow(ProtocolError)
    }),
  )
})
