import fc from 'fast-check'
import { compareBytes } from '../../base/bytes.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type {
  BucketId,
  BucketName,
  DataId,
  DataSetId,
  ObjectKey,
  VersionSeq,
} from '../../model/identifiers.ts'
import {
  appliedRowKey,
  bucketIdOfRow,
  bucketRowKey,
  dataSetRange,
  droppedRowKey,
  idBehindKey,
  inlineRowKey,
  justAfter,
  keyRange,
  objectKeyOfRow,
  objectRowKey,
  pieceIndexOfRow,
  pieceRowKey,
  prefixEnd,
  prefixRange,
  uploadRowKey,
} from './keys.ts'
import { StoredFormatError } from './stored-format-error.ts'

const BUCKET = '00ff00ff00ff00ff' as BucketId
const ID = '00112233445566778899aabbccddeeff' as DataId & DataSetId

/** Keys with many of the characters that are special here: NUL, what comes after it, astral ones. */
const keys = fc
  .string({
    unit: fc.constantFrom('\0', '\u0001', 'a', 'b', '/', 'ÿ', '\uffff', '😀'),
    maxLength: 6,
  })
  .map((text) => text as ObjectKey)

test('rows are in the byte order of their keys in UTF-8', () => {
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      const byKey = Math.sign(compareBytes(Buffer.from(a), Buffer.from(b)))
      const byRow = Math.sign(compareBytes(objectRowKey(BUCKET, a), objectRowKey(BUCKET, b)))
      expect(byRow).toBe(byKey)
    }),
  )
})

test('a key comes back from every row that begins with it', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const rows = [
        objectRowKey(BUCKET, key),
        inlineRowKey(BUCKET, key, 5n as VersionSeq),
        pieceRowKey(BUCKET, key, ID, 7),
        uploadRowKey(BUCKET, key, ID),
        droppedRowKey(BUCKET, key, ID),
      ]
      for (const row of rows) {
        expect(objectKeyOfRow(row).key).toBe(key)
        expect(bucketIdOfRow(row)).toBe(BUCKET)
      }
      const upload = uploadRowKey(BUCKET, key, ID)
      expect(idBehindKey(upload, objectKeyOfRow(upload).end)).toBe(ID)
      expect(pieceIndexOfRow(pieceRowKey(BUCKET, key, ID, 7))).toBe(7)
    }),
  )
})

test('a prefix range holds exactly the keys that begin with the prefix', () => {
  fc.assert(
    fc.property(keys, keys, (prefix, key) => {
      const { start, end } = prefixRange('O', BUCKET, prefix)
      const row = objectRowKey(BUCKET, key)
      const isWithin = compareBytes(row, start) >= 0 && compareBytes(row, end) < 0
      expect(isWithin).toBe(key.startsWith(prefix))
    }),
  )
})

test('a key range holds the rows of that key alone', () => {
  fc.assert(
    fc.property(keys, keys, (key, other) => {
      const { start, end } = keyRange('D', BUCKET, key)
      const row = pieceRowKey(BUCKET, other, ID, 1)
      expect(compareBytes(row, start) >= 0 && compareBytes(row, end) < 0).toBe(key === other)
    }),
  )
})

test('newer versions come before older ones', () => {
  const row = (seq: bigint) => inlineRowKey(BUCKET, 'k' as ObjectKey, seq as VersionSeq)
  expect(compareBytes(row(2n), row(1n))).toBe(-1)
})

test('pieces of a set are in the order of their index and the part list is the last', () => {
  const { start, end } = dataSetRange(BUCKET, 'k' as ObjectKey, ID)
  const rows = [0, 1, 255, 256, 10_000, 0xffff_ffff].map((index) =>
    pieceRowKey(BUCKET, 'k' as ObjectKey, ID, index),
  )
  expect([...rows].sort(compareBytes)).toEqual(rows)
  for (const row of rows) {
    expect(compareBytes(row, start)).toBeGreaterThanOrEqual(0)
    expect(compareBytes(row, end)).toBe(-1)
  }
})

test('the end of a prefix carries over trailing 0xFF', () => {
  expect(prefixEnd(Buffer.of(1, 2))).toEqual(Buffer.of(1, 3))
  expect(prefixEnd(Buffer.of(1, 0xff, 0xff))).toEqual(Buffer.of(2))
})

test('just after a key comes before everything that is longer by a byte above 0', () => {
  const key = Buffer.of(1)
  expect(compareBytes(justAfter(key), key)).toBe(1)
  expect(compareBytes(justAfter(key), Buffer.of(1, 1))).toBe(-1)
})

test('settings and positions have keys of their own', () => {
  expect(bucketRowKey('photos' as BucketName).toString('latin1')).toBe(
    'B\0\0\0\0\0\0\0\0photos\0\u0001',
  )
  expect(appliedRowKey(2 as PartitionId)).toEqual(Buffer.of(0x48, 0, 0, 0, 2))
})

test('a row without an end mark is refused', () => {
  expect(() => objectKeyOfRow(Buffer.from('O12345678abc'))).toThrow(StoredFormatError)
  expect(() => objectKeyOfRow(Buffer.from('O12345678abc\0'))).toThrow(StoredFormatError)
})
