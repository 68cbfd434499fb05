import fc from 'fast-check'
import type { StoreId } from '../../contract/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { ChunkHead } from './chunk-records.ts'
import {
  CHUNK_HEAD_BYTES_MAX,
  checkTableBytes,
  decodeChunkHead,
  encodeChunkHead,
  headBytesByHeader,
  headSeedOf,
} from './chunk-records.ts'
import { decodeFooterHeads, decodeFooterTrailer, encodeFooter } from './segment-footer.ts'
import { FOOTER_TRAILER_BYTES } from './segment-footer.ts'
import { StoredFormatError } from './stored-format-error.ts'

const SEED = headSeedOf('0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId)
const OTHER_SEED = headSeedOf('7c9e6679-7425-40de-944b-e07fc1f90ae7' as StoreId)

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const hexBytes = (count: number) =>
  fc
    .uint8Array({ minLength: count, maxLength: count })
    .map((bytes) => Buffer.from(bytes).toString('hex'))

const heads = fc.integer({ min: 1, max: CHUNK_SIZE_BYTES }).chain((lengthBytes) => {
  const tableBytes = checkTableBytes(lengthBytes)
  return fc.record({
    segment: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    offset: u32,
    isFirst: fc.boolean(),
    isLast: fc.boolean(),
    placementGroup: fc.integer({ min: 0, max: 0xffff }),
    dataId: hexBytes(16).map((text) => text as DataId),
    index: u32,
    lengthBytes: fc.constant(lengthBytes),
    crc64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    owner: fc.record({
      bucketId: hexBytes(8).map((text) => text as BucketId),
      key: fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
        .map((text) => text as ObjectKey),
    }),
    checks: fc.uint8Array({ minLength: tableBytes, maxLength: tableBytes }),
  }) satisfies fc.Arbitrary<ChunkHead>
})

test('a head comes back as it was, whatever follows it', () => {
  fc.assert(
    fc.property(heads, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
      const bytes = encodeChunkHead(head, SEED)
      expect(bytes.length).toBeLessThanOrEqual(CHUNK_HEAD_BYTES_MAX)
      expect(headBytesByHeader(bytes, SEED)).toBe(bytes.length)
      expect(decodeChunkHead(Buffer.concat([bytes, rest]), SEED)).toEqual(head)
    }),
  )
})

test('a head of another store, with any changed bit, or cut short is refused', () => {
  fc.assert(
    fc.property(heads, fc.nat(), (head, number) => {
      const bytes = encodeChunkHead(head, SEED)
      expect(() => decodeChunkHead(bytes, OTHER_SEED)).toThrow(StoredFormatError)
      expect(() => decodeChunkHead(bytes.subarray(0, number % bytes.length), SEED)).toThrow(
        StoredFormatError,
      )
      const at = number % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (number % 8))
      expect(() => decodeChunkHead(bytes, SEED)).toThrow(StoredFormatError)
    }),
  )
})

test('a footer gives its heads back', () => {
  fc.assert(
    fc.property(fc.array(heads, { maxLength: 5 }), fc.nat({ max: 100 }), (some, block) => {
      const mine = some.map((head) => ({ ...head, segment: 7 }))
      const encoded = mine.map((head) => encodeChunkHead(head, SEED))
      const offset = block * 4096
      const bytes = Buffer.concat(encodeFooter(7, offset, encoded, SEED))
      expect((offset + bytes.length) % 4096).toBe(0)
      const end = bytes.subarray(bytes.length - FOOTER_TRAILER_BYTES)
      const trailer = decodeFooterTrailer(end, offset + bytes.length, SEED)
      expect(trailer).toMatchObject({ segment: 7, offset })
      const read = decodeFooterHeads(bytes.subarray(0, trailer.headsBytes), trailer, SEED)
      expect(read).toEqual(mine)
      expect(() => decodeFooterTrailer(end, offset + bytes.length, OTHER_SEED)).toThrow(
        StoredFormatError,
      )
    }),
    { numRuns: 30 },
  )
})

test('a footer that is larger than its file, or has changed, is refused', () => {
  const bytes = Buffer.concat(encodeFooter(7, 4096, [Buffer.alloc(100, 1)], SEED))
  const end = bytes.subarray(bytes.length - FOOTER_TRAILER_BYTES)
  expect(() => decodeFooterTrailer(end, 4096, SEED)).toThrow('larger than its file')
  const trailer = decodeFooterTrailer(end, 4096 + bytes.length, SEED)
  expect(() => decodeFooterHeads(Buffer.alloc(100, 2), trailer, SEED)).toThrow('CRC')
  expect(() => decodeFooterHeads(bytes.subarray(0, 100), trailer, SEED)).toThrow(StoredFormatError)
})

test('heads and footers of any bytes throw nothing but StoredFormatError', () => {
  const readers: ((bytes: Uint8Array) => unknown)[] = [
    (bytes) => decodeChunkHead(bytes, SEED),
    (bytes) => headBytesByHeader(bytes, SEED),
    (bytes) => decodeFooterTrailer(bytes, bytes.byteLength, SEED),
    (bytes) => {
      const headsBytes = bytes.byteLength
      return decodeFooterHeads(bytes, { segment: 1, offset: 0, headsBytes, headsCrc: 0 }, SEED)
    },
  ]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
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
