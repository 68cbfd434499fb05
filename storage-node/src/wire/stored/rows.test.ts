import fc from 'fast-check'
import { noCounters } from '../../model/bucket.ts'
import type { DataId, DataSetId, VersionSeq } from '../../model/identifiers.ts'
import type { ObjectMetadata, ObjectRecord, VersionState } from '../../model/object.ts'
import { plainVersion } from '../../model/object.ts'
import { RUNNING_STATE_BYTES_MAX } from '../../model/limits.ts'
import { NULL_VERSION, versionIdOf } from '../../model/version-id.ts'
import type { Seq } from '../../contract/identifiers.ts'
import { anyChecksum, anyChecksumPlan, anyObjectChecksum } from './checksum-fixtures.ts'
import { decodeEffects } from './effects.ts'
import {
  decodeObjectRow,
  decodeObjectSummary,
  decodeVersionSummary,
  encodeObjectRow,
  isDeleteMarkerRow,
} from './object-row.ts'
import {
  decodeAccountRow,
  decodeAppliedRow,
  decodeCountersRow,
  decodeDroppedRow,
  decodeFenceRow,
  decodeKillRow,
  decodePartListRow,
  decodePieceRow,
  decodeUploadRow,
  encodeAccountRow,
  encodeAppliedRow,
  encodeCountersRow,
  encodeDroppedRow,
  encodeFenceRow,
  encodeKillRow,
  encodePartListRow,
  encodePieceRow,
  encodeUploadRow,
} from './rows.ts'
import { StoredFormatError } from './stored-format-error.ts'

const hexId = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((id) => Buffer.from(id).toString('hex'))
const timeMs = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const sizeBytes = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const crc64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const state = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const pairs = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 5 })

const metadata: fc.Arbitrary<ObjectMetadata> = fc.record({
  contentType: fc.string(),
  headers: pairs,
  userMetadata: pairs,
  storageClass: fc.constantFrom('Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'),
  acl: fc.constantFrom('default', 'private', 'public-read', 'public-read-write'),
  tags: pairs,
})

const etag = fc
  .tuple(hexId, fc.integer({ min: 0, max: 10_000 }))
  .map(([hash, parts]) => hash.toUpperCase() + (parts === 0 ? '' : `-${parts}`))

const data: fc.Arbitrary<ObjectRecord['data']> = fc.oneof(
  fc.constantFrom({ kind: 'none' as const }, { kind: 'inline' as const }),
  hexId.map((dataId) => ({ kind: 'chunks' as const, dataId: dataId as DataId })),
  fc.tuple(hexId, fc.integer({ min: 0, max: 2 ** 32 - 1 })).map(([dataSetId, pieceCount]) => {
    return { kind: 'pieces' as const, dataSetId: dataSetId as DataSetId, pieceCount }
  }),
)

const restore = fc.record({ readyMs: timeMs, expiresMs: timeMs })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const seq = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((value) => value as VersionSeq)

/** With an identifier of the place `versionSeq`, or the null version. */
const versionState = (versionSeq: VersionSeq): fc.Arbitrary<VersionState> =>
  fc.record({
    versionId: fc.oneof(
      fc.constant(NULL_VERSION),
      hexId.map((id) => versionIdOf(versionSeq, id.slice(16))),
    ),
    isDeleteMarker: fc.boolean(),
    older: maybe(fc.record({ nullSeq: maybe(seq) })),
    symlinkTarget: maybe(fc.string()),
    sealedMs: maybe(timeMs),
    restore: maybe(restore),
    contentMd5: maybe(hexId),
    checksum: maybe(anyObjectChecksum),
  })

const object: fc.Arbitrary<ObjectRecord> = fc
  .tuple(
    metadata,
    fc.record({
      type: fc.constantFrom('Normal', 'Multipart', 'Appendable', 'Symlink'),
      versionSeq: seq,
      sizeBytes,
      etag,
      crc64,
      lastModifiedMs: timeMs,
      data,
    }),
  )
  .chain(([first, second]) =>
    fc
      .oneof(fc.constant(plainVersion), versionState(second.versionSeq))
      .map((state) => ({ ...first, ...second, ...state })),
  )

test('object rows come back as they were, and their head alone shows the summary', () => {
  fc.assert(
    fc.property(object, (record) => {
      const row = encodeObjectRow(record)
      expect(decodeObjectRow(row)).toEqual(record)
      const { type, storageClass, lastModifiedMs, restore } = record
      const summary = {
        type,
        storageClass,
        lastModifiedMs,
        sizeBytes: record.sizeBytes,
        etag: record.etag,
        restore,
        checksum: record.checksum && {
          ...{ algorithm: record.checksum.algorithm, type: record.checksum.type },
        },
      }
      expect(decodeObjectSummary(row)).toEqual(summary)
      expect(isDeleteMarkerRow(row)).toBe(record.isDeleteMarker)
      const { versionSeq, versionId, isDeleteMarker } = record
      const version = { ...summary, versionSeq, versionId, isDeleteMarker }
      expect(decodeVersionSummary(row)).toEqual(version)
    }),
  )
})

test('object rows of before there were versions are read as what they were', () => {
  fc.assert(
    fc.property(object, (record) => {
      const plain = { ...record, ...plainVersion, tags: [] }
      const row = encodeObjectRow(plain)
      // The first version had no flags behind its head of 50 bytes.
      const older = Buffer.concat([Buffer.of(1), row.subarray(1, 50), row.subarray(51)])
      expect(decodeObjectRow(older)).toEqual(plain)
      expect(decodeObjectSummary(older)).toEqual(decodeObjectSummary(row))
      expect(isDeleteMarkerRow(older)).toBe(false)
      expect(decodeVersionSummary(older)).toEqual(decodeVersionSummary(row))
    }),
  )
})

test('object rows of before there were further flags are read as what they were', () => {
  fc.assert(
    fc.property(object, (record) => {
      const older = { ...record, contentMd5: undefined, checksum: undefined }
      const row = encodeObjectRow(older)
      row[0] = 2
      expect(decodeObjectRow(row)).toEqual(older)
      expect(decodeObjectSummary(row)).toEqual(decodeObjectSummary(encodeObjectRow(older)))
      expect(isDeleteMarkerRow(row)).toBe(older.isDeleteMarker)
      expect(decodeVersionSummary(row)).toEqual(decodeVersionSummary(encodeObjectRow(older)))
    }),
  )
})

test('a further flag that is not known is refused, and so is too long a running hash', () => {
  const [first] = fc.sample(object, 1)
  if (first === undefined) throw new Error('there is an object')
  const hashed = { ...first, contentMd5: 'ab'.repeat(16), checksum: undefined, tags: [] }
  const row = encodeObjectRow(hashed)
  const at = row.indexOf(Buffer.from(`01${hashed.contentMd5}`, 'hex'))
  for (const unknown of [0, 4, 5, 128]) {
    row[at] = unknown
    expect(() => decodeObjectRow(row)).toThrow(StoredFormatError)
  }
  const counts = { partCount: 2, partBytes: 7 }
  const upload = (stateBytes: number) => ({
    ...{ initiatedMs: 5, forbidOverwrite: true, isSequential: true, metadata: hashed, ...counts },
    running: { md5: hashed.contentMd5, state: new Uint8Array(stateBytes) },
  })
  const ofSize = (stateBytes: number) => decodeUploadRow(encodeUploadRow(upload(stateBytes)))
  expect(ofSize(RUNNING_STATE_BYTES_MAX).running?.state).toHaveLength(RUNNING_STATE_BYTES_MAX)
  expect(() => ofSize(RUNNING_STATE_BYTES_MAX + 1)).toThrow(StoredFormatError)
})

test('upload rows of earlier versions are read', () => {
  const begun = { initiatedMs: 5, forbidOverwrite: true, isSequential: false }
  const upload = { ...begun, running: undefined, partCount: 2, partBytes: 7 }
  // Behind the version, the time and whether to overwrite.
  const ORDER_AT = 8
  fc.assert(
    fc.property(metadata, (said) => {
      const tagged = { ...upload, metadata: said }
      // The fourth version ended without a word on checksums.
      const fourth = encodeUploadRow(tagged).subarray(0, -1)
      expect(decodeUploadRow(Buffer.concat([Buffer.of(4), fourth.subarray(1)]))).toEqual(tagged)
      // The third version ended without a word on a running hash.
      const row = fourth.subarray(0, -1)
      expect(decodeUploadRow(Buffer.concat([Buffer.of(3), row.subarray(1)]))).toEqual(tagged)
      // The second version had no word on the order of parts.
      const older = (bytes: Buffer) => [bytes.subarray(1, ORDER_AT), bytes.subarray(ORDER_AT + 1)]
      expect(decodeUploadRow(Buffer.concat([Buffer.of(2), ...older(row)]))).toEqual(tagged)
      const untagged = { ...upload, metadata: { ...said, tags: [] } }
      // The first one ended without the count of tags, besides.
      const [head, tail] = older(encodeUploadRow(untagged).subarray(0, -2))
      const first = Buffer.concat([Buffer.of(1), head ?? row, tail?.subarray(0, -1) ?? row])
      expect(decodeUploadRow(first)).toEqual(untagged)
    }),
  )
})

test('uploads, pieces and part lists come back as they were', () => {
  const upload = fc.record({
    initiatedMs: timeMs,
    metadata,
    forbidOverwrite: fc.boolean(),
    isSequential: fc.boolean(),
    running: maybe(fc.record({ md5: hexId, state })),
    checksums: maybe(anyChecksumPlan),
    partCount: fc.nat(10_000),
    partBytes: sizeBytes,
  })
  fc.assert(
    fc.property(upload, (value) => expect(decodeUploadRow(encodeUploadRow(value))).toEqual(value)),
  )
  const piece = fc.record({
    offset: sizeBytes,
    sizeBytes,
    md5: hexId,
    crc64,
    lastModifiedMs: timeMs,
    data: fc.oneof(
      hexId.map((dataId) => ({ kind: 'chunks' as const, dataId: dataId as DataId })),
      fc.uint8Array({ maxLength: 50 }).map((bytes) => {
        return { kind: 'inline' as const, bytes: Buffer.from(bytes) }
      }),
    ),
    checksum: maybe(anyChecksum),
  })
  fc.assert(
    fc.property(piece, (value) => expect(decodePieceRow(encodePieceRow(value))).toEqual(value)),
  )
  const list = fc.record({
    digest: hexId,
    parts: fc.array(fc.record({ partNumber: fc.integer({ min: 1, max: 10_000 }), sizeBytes })),
  })
  fc.assert(
    fc.property(list, (value) =>
      expect(decodePartListRow(encodePartListRow(value))).toEqual(value),
    ),
  )
})

test('records of the queue, kills, fences and positions come back as they were', () => {
  fc.assert(
    fc.property(timeMs, sizeBytes, crc64, (time, size, seq) => {
      for (const kind of ['data', 'set'] as const) {
        const dropped = { kind, droppedMs: time, sizeBytes: size }
        expect(decodeDroppedRow(encodeDroppedRow(dropped))).toEqual(dropped)
      }
      expect(decodeKillRow(encodeKillRow({ killedMs: time }))).toEqual({ killedMs: time })
      const fence = { fencedMs: time, attempt: seq as VersionSeq, isLifted: time % 2 === 0 }
      expect(decodeFenceRow(encodeFenceRow(fence))).toEqual(fence)
      const applied = { seq: size as Seq, versionSeq: seq as VersionSeq }
      expect(decodeAppliedRow(encodeAppliedRow(applied))).toEqual(applied)
    }),
  )
})

test('accounts come back as they were, and rows of before they had names are read', () => {
  fc.assert(
    fc.property(fc.option(fc.string(), { nil: undefined }), fc.boolean(), (name, flag) => {
      const account = { name, publicAccessBlock: flag }
      expect(decodeAccountRow(encodeAccountRow(account))).toEqual(account)
    }),
    { numRuns: 20 },
  )
  const former = { name: undefined, publicAccessBlock: true }
  expect(decodeAccountRow(Uint8Array.of(1, 1))).toEqual(former)
})

test('counters may be negative: a split leaves only their sum meaningful', () => {
  const counters = {
    ...noCounters,
    objects: -3,
    objectBytes: 2 ** 50,
    lastModifiedMs: 1_700_000_000_000,
  }
  expect(decodeCountersRow(encodeCountersRow(counters))).toEqual(counters)
})

test('whatever bytes a row has, its reader answers or refuses, and nothing else', () => {
  const decoders = [
    decodeObjectRow,
    decodeObjectSummary,
    decodeUploadRow,
    decodePieceRow,
    decodePartListRow,
    decodeDroppedRow,
    decodeKillRow,
    decodeFenceRow,
    decodeAppliedRow,
    decodeAccountRow,
    decodeCountersRow,
    decodeEffects,
  ]
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((rest) => Buffer.concat([Buffer.of(1), rest])),
  )
  fc.assert(
    fc.property(bytes, (row) => {
      for (const decode of decoders) {
        try {
          decode(row)
        } catch (error) {
          expect(error).toBeInstanceOf(StoredFormatError)
        }
      }
    }),
    { numRuns: 2000 },
  )
})
