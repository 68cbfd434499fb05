import fc from 'fast-check'
import type { StoreId } from '../../contract/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { groupOf } from '../../placement/group-of.ts'
import {
  CHUNK_NAMESPACES,
  chunkNamespaceRange,
  chunkRowKey,
  creationMsOf,
  readChunkRowKey,
  readSegmentRowKey,
  readUnconfirmedRowKey,
  segmentRowKey,
  tombstoneRowKey,
  unconfirmedRowKey,
  unconfirmedRowsBefore,
} from './chunk-keys.ts'
import {
  decodeChunkRow,
  decodeSegmentRow,
  decodeTombstoneRow,
  decodeMarkRow,
  encodeChunkRow,
  encodeSegmentRow,
  encodeTombstoneRow,
  encodeMarkRow,
} from './chunk-rows.ts'
import { NAMESPACES } from './keys.ts'
import { StoredFormatError } from './stored-format-error.ts'

const DATA_ID = '0192f0c4a5b6ffeeddccbbaa99887766' as DataId

test('keys give their identifiers back and stand in their range', () => {
  const chunk = { dataId: DATA_ID, index: 0xffff_fffe }
  expect(readChunkRowKey(chunkRowKey(DATA_ID, chunk.index, 4096))).toEqual(chunk)
  expect(readUnconfirmedRowKey(unconfirmedRowKey(DATA_ID, chunk.index))).toEqual(chunk)
  expect(readSegmentRowKey(segmentRowKey(2 ** 40 + 1))).toBe(2 ** 40 + 1)
  const keys = {
    chunk: chunkRowKey(DATA_ID, 1, 4096),
    unconfirmed: unconfirmedRowKey(DATA_ID, 1),
    tombstone: tombstoneRowKey(DATA_ID),
    segment: segmentRowKey(5),
  }
  for (const name of ['chunk', 'unconfirmed', 'tombstone', 'segment'] as const) {
    const { start, end } = chunkNamespaceRange(name)
    expect(Buffer.compare(start, keys[name])).toBe(-1)
    expect(Buffer.compare(keys[name], end)).toBe(-1)
  }
})

test('chunk rows share no namespace with other rows', () => {
  const all = [...Object.values(NAMESPACES), ...Object.values(CHUNK_NAMESPACES)]
  expect(new Set(all).size).toBe(all.length)
})

test('the placement group is part of the format', () => {
  const groups = [0, 15, 16, 31, 32].map((index) => groupOf(DATA_ID, index, 4096))
  expect(groups).toEqual([3335, 3335, 3473, 3473, 3115])
})

test('marks sort by the creation of their dataId', () => {
  const ms = creationMsOf(DATA_ID)
  const key = unconfirmedRowKey(DATA_ID, 0)
  expect(ms).toBe(0x0192f0c4a5b6)
  expect(Buffer.compare(key, unconfirmedRowsBefore(ms).end)).toBe(1)
  expect(Buffer.compare(key, unconfirmedRowsBefore(ms + 1).end)).toBe(-1)
})

test('values come back as they were', () => {
  const row = {
    segment: 2 ** 40,
    offset: 2 ** 31,
    ownerBytes: 1031,
    lengthBytes: CHUNK_SIZE_BYTES,
    crc64: 2n ** 64n - 1n,
    checks: Buffer.alloc(256, 7),
  }
  expect(decodeChunkRow(encodeChunkRow(row))).toEqual(row)
  for (const state of ['open', 'closed'] as const) {
    const segment = { state, endBytes: 2 ** 32, liveBytes: 12 }
    expect(decodeSegmentRow(encodeSegmentRow(segment))).toEqual(segment)
  }
  const owner = { bucketId: '00112233445566ff' as BucketId, key: 'ü/\0' as ObjectKey }
  const store = '0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId
  for (const lacking of [undefined, [], [store, store]]) {
    expect(decodeMarkRow(encodeMarkRow({ owner, lacking }))).toEqual({ owner, lacking })
  }
  expect(decodeTombstoneRow(encodeTombstoneRow(1_900_000_000_000.5))).toBe(1_900_000_000_000)
})

test('a chunk row whose length and checks disagree is refused', () => {
  const row = { segment: 1, offset: 0, ownerBytes: 8, crc64: 0n }
  const tooFew = encodeChunkRow({ ...row, lengthBytes: 65_537, checks: Buffer.alloc(4) })
  const tooLong = encodeChunkRow({ ...row, lengthBytes: 2 ** 32 - 1, checks: Buffer.alloc(4) })
  expect(() => decodeChunkRow(tooFew)).toThrow(StoredFormatError)
  expect(() => decodeChunkRow(tooLong)).toThrow('4294967295')
})

test('keys and values of any bytes throw nothing but StoredFormatError', () => {
  const readers: ((bytes: Uint8Array) => unknown)[] = [
    decodeChunkRow,
    decodeSegmentRow,
    decodeMarkRow,
    decodeTombstoneRow,
    readChunkRowKey,
    readUnconfirmedRowKey,
    readSegmentRowKey,
  ]
  // Versions and first letters are guessed, so that more than the first byte is read.
  const first = fc.constantFrom(1, 2, ...Buffer.from('CUE'), 255)
  fc.assert(
    fc.property(first, fc.uint8Array({ maxLength: 60 }), (start, rest) => {
      const bytes = Buffer.concat([Buffer.of(start), rest])
      for (const read of readers) {
        expect(() => {
          try {
            read(bytes)
          } catch (error) {
            if (!(error instanceof StoredFormatError)) throw error
          }
        }).not.toThrow()
      }
    }),
  )
})
