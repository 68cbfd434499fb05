import fc from 'fast-check'
import { unsetSettings } from '../../model/bucket.ts'
import type {
  AccountUid,
  BucketId,
  BucketName,
  DataId,
  VersionId,
  VersionSeq,
} from '../../model/identifiers.ts'
import type { CommandResult } from '../../model/command.ts'
import type { ObjectRecord } from '../../model/object.ts'
import { plainVersion } from '../../model/object.ts'
import { NULL_VERSION } from '../../model/version-id.ts'
import { encodeBucketRow } from './bucket-row.ts'
import type { Effects } from './effects.ts'
import { decodeEffects } from './effects.ts'
import type { EntryResult } from './entry-result.ts'
import { decodeResult, encodeEntry, slimEntry } from './entry-result.ts'
import { encodeObjectRow } from './object-row.ts'
import { encodePieceRow } from './rows.ts'
import { StoredFormatError } from './stored-format-error.ts'

const bucketId = '0123456789abcdef' as BucketId

const VERSION_ID = 'ab'.repeat(16) as VersionId

const object: ObjectRecord = {
  type: 'Normal',
  sizeBytes: 5,
  lastModifiedMs: 1_700_000_000_000,
  etag: '0123456789ABCDEF0123456789ABCDEF',
  crc64: 77n,
  versionSeq: 99n as VersionSeq,
  ...plainVersion,
  data: { kind: 'inline' },
  contentType: 'text/plain',
  headers: [],
  userMetadata: [['colour', 'red']],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
}

const piece = {
  offset: 0,
  sizeBytes: 7,
  md5: '0123456789abcdef0123456789abcdef',
  crc64: 1n,
  lastModifiedMs: 1_700_000_000_000,
  data: { kind: 'chunks' as const, dataId: '0123456789abcdef0123456789abcdef' as DataId },
}

const bucket = {
  name: 'photos' as BucketName,
  bucketId,
  owner: '1234567890123456' as AccountUid,
  acl: 'private' as const,
  storageClass: 'Standard' as const,
  dataRedundancy: 'LRS' as const,
  createdMs: 1_700_000_000_000,
  deletion: undefined,
  ...unsetSettings,
}

const effects: Effects = {
  versionSeq: 77n as VersionSeq,
  effects: [
    { kind: 'put', key: Buffer.from('I'), value: Buffer.alloc(4096, 'x') },
    { kind: 'put', key: Buffer.from('O'), value: encodeObjectRow(object) },
    { kind: 'put', key: Buffer.from('D'), value: encodePieceRow(piece) },
    { kind: 'put', key: Buffer.from('B'), value: encodeBucketRow(bucket) },
    { kind: 'delete', key: Buffer.from('c') },
    {
      kind: 'count',
      bucketId,
      delta: { objects: -1, objectBytes: -5_000_000_000, lastModifiedMs: 1_700_000_000_000 },
    },
  ],
}

const results: readonly EntryResult[] = [
  { result: { kind: 'object', record: object }, effectIndex: 1 },
  { result: { kind: 'restore', record: object, isBegun: true }, effectIndex: 1 },
  { result: { kind: 'restore', record: object, isBegun: false }, effectIndex: 1 },
  { result: { kind: 'part', record: piece }, effectIndex: 2 },
  { result: { kind: 'bucket', record: bucket, created: true }, effectIndex: 3 },
  {
    result: { kind: 'deleted', existed: true, versionId: undefined, isDeleteMarker: false },
    effectIndex: -1,
  },
  {
    result: { kind: 'deleted', existed: false, versionId: NULL_VERSION, isDeleteMarker: true },
    effectIndex: -1,
  },
  {
    result: { kind: 'deleted', existed: true, versionId: VERSION_ID, isDeleteMarker: true },
    effectIndex: -1,
  },
  { result: { kind: 'killed', referenced: false }, effectIndex: -1 },
  { result: { kind: 'stale' }, effectIndex: -1 },
  { result: { kind: 'done' }, effectIndex: -1 },
  { result: { kind: 'ranged', continuesAt: Buffer.from('photos') }, effectIndex: -1 },
  { result: { kind: 'ranged', continuesAt: undefined }, effectIndex: -1 },
]

test.each(results.map((result) => [result.result.kind, result] as const))(
  'an entry keeps its effects and what its command answered: %s',
  (_, result) => {
    const payload = encodeEntry(effects, result)
    expect(decodeEffects(payload)).toEqual(effects)
    expect(decodeResult(payload)).toEqual(result.result)
  },
)

test('a result that is a row which was written takes two bytes', () => {
  const plain: CommandResult = { kind: 'done' }
  const sizeBytes = encodeEntry(effects, { result: plain, effectIndex: -1 }).byteLength
  const answered = encodeEntry(effects, results[0] ?? { result: plain, effectIndex: -1 })
  expect(answered.byteLength).toBe(sizeBytes + 1)
})

test.each(results.map((result) => [result.result.kind, result] as const))(
  'a slim entry answers the same without what it wrote: %s',
  (_, result) => {
    const slim = slimEntry(encodeEntry(effects, result)) ?? Buffer.alloc(0)
    expect(decodeResult(slim)).toEqual(result.result)
    expect(slim.byteLength).toBeLessThan(300)
  },
)

test('entries of regions with one store have effects and no result', () => {
  const old = Buffer.concat([Buffer.of(1), Buffer.alloc(8), Buffer.of(1, 1, 1, 0x63)])
  expect(decodeEffects(old).effects).toEqual([{ kind: 'delete', key: Buffer.from('c') }])
  expect(decodeResult(old)).toBeUndefined()
  expect(slimEntry(old)).toBeUndefined()
})

test('a deletion of before there were versions said whether there was something', () => {
  const old = Buffer.concat([Buffer.of(2), Buffer.alloc(8), Buffer.of(0, 1, 1)])
  const answer = { kind: 'deleted', existed: true, versionId: undefined, isDeleteMarker: false }
  expect(decodeResult(old)).toEqual(answer)
})

test('whatever bytes an entry has, its readers answer or refuse, and nothing else', () => {
  const payload = encodeEntry(effects, results[0] ?? { result: { kind: 'done' }, effectIndex: -1 })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(payload.byteLength - 1).map((length) => payload.subarray(0, length)),
    fc.tuple(fc.nat(payload.byteLength - 1), fc.nat(255)).map(([at, value]) => {
      const changed = Buffer.from(payload)
      changed[at] = value
      return changed
    }),
  )
  fc.assert(
    fc.property(bytes, (changed) => {
      try {
        decodeEffects(changed)
        decodeResult(changed)
        slimEntry(changed)
      } catch (error) {
        expect(error).toBeInstanceOf(StoredFormatError)
      }
    }),
    { numRuns: 2000 },
  )
})
