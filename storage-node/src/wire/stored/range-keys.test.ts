import fc from 'fast-check'
import {
  foundingRanges,
  isInRange,
  SYSTEM_RANGE,
  WHOLE_SPACE,
} from '../../contract/founding-ranges.ts'
import type { BucketId, BucketName, DataId, DataSetId, ObjectKey } from '../../model/identifiers.ts'
import {
  bucketRowKey,
  countersRowKey,
  droppedRowKey,
  fenceRowKey,
  objectRowKey,
  pieceRowKey,
  prefixRange,
} from './keys.ts'
import type { Namespace } from './keys.ts'
import {
  bucketContinuation,
  clipRows,
  positionOfKey,
  positionOfPrefix,
  rowsOfRange,
  SYSTEM_POSITION,
} from './range-keys.ts'

const bucketIds = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as BucketId)
const keys = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }) as fc.Arbitrary<ObjectKey>
const ID = '00112233445566778899aabbccddeeff'

function holds(rows: { start: Uint8Array; end: Uint8Array }, row: Uint8Array): boolean {
  return Buffer.compare(rows.start, row) <= 0 && Buffer.compare(row, rows.end) < 0
}

test('all rows of a key are rows of the one range that holds its position', () => {
  const counts = fc.integer({ min: 1, max: 30 })
  fc.assert(
    fc.property(bucketIds, keys, counts, (bucketId, key, count) => {
      const rows: [Namespace, Uint8Array][] = [
        ['O', objectRowKey(bucketId, key)],
        ['D', pieceRowKey(bucketId, key, ID as DataSetId, 7)],
        ['G', droppedRowKey(bucketId, key, ID as DataId)],
        ['S', countersRowKey(bucketId)],
        ['F', fenceRowKey(bucketId)],
      ]
      for (const range of foundingRanges(count)) {
        const isOwn = isInRange(range, positionOfKey(bucketId, key))
        for (const [namespace, row] of rows) {
          expect(holds(rowsOfRange(namespace, range), row)).toBe(isOwn)
        }
      }
    }),
  )
})

test('settings are rows of the system range', () => {
  expect(holds(rowsOfRange('B', SYSTEM_RANGE), bucketRowKey('bucket' as BucketName))).toBe(true)
  expect(isInRange(SYSTEM_RANGE, SYSTEM_POSITION)).toBe(true)
})

test('clipped rows are those of both', () => {
  fc.assert(
    fc.property(bucketIds, keys, keys, keys, keys, (bucketId, prefix, a, b, key) => {
      const [start, end] = [positionOfKey(bucketId, a), positionOfKey(bucketId, b)].sort(
        Buffer.compare,
      )
      if (start === undefined || end === undefined) return
      const rows = prefixRange('O', bucketId, prefix)
      const row = objectRowKey(bucketId, key)
      const isInBoth = holds(rows, row) && isInRange({ start, end }, row.subarray(1))
      expect(holds(clipRows(rows, { start, end }), row)).toBe(isInBoth)
    }),
  )
})

test('a bucket goes on behind a range that ends within it', () => {
  const bucketId = '1000000000000000' as BucketId
  const start = new Uint8Array()
  const within = positionOfKey(bucketId, 'm' as ObjectKey)
  expect(bucketContinuation(bucketId, WHOLE_SPACE)).toBeUndefined()
  expect(bucketContinuation(bucketId, { start, end: within })).toEqual(within)
  const behind = positionOfPrefix('1000000000000001' as BucketId, '')
  expect(bucketContinuation(bucketId, { start, end: behind })).toBeUndefined()
})
