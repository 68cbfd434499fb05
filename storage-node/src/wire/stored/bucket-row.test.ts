import fc from 'fast-check'
import { unsetSettings } from '../../model/bucket.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import { anyBucketSettings } from '../../model/bucket-setting-fixtures.ts'
import type { AccountUid, BucketId, BucketName, VersionSeq } from '../../model/identifiers.ts'
import { decodeBucketRow, encodeBucketRow } from './bucket-row.ts'
import { StoredFormatError } from './stored-format-error.ts'

const bucket: BucketRecord = {
  name: 'photos' as BucketName,
  bucketId: '0123456789abcdef' as BucketId,
  owner: '1234567890123456' as AccountUid,
  acl: 'public-read',
  storageClass: 'IA',
  dataRedundancy: 'ZRS',
  createdMs: 1_700_000_000_000,
  deletion: undefined,
  ...unsetSettings,
}
const deletion = { attempt: 77n as VersionSeq, sinceMs: 5, isUndone: true }

/** As rows were written before buckets had settings. */
const firstForm = '010123456789abcdef0068e5cf8b010000000000000101010670686f746f7310'
const firstOwner = Buffer.from('1234567890123456').toString('hex')
const firstDeletion = '4d0000000000000001'

test('bucket records come back as they were', () => {
  fc.assert(
    fc.property(anyBucketSettings, fc.constantFrom(undefined, deletion), (settings, deleting) => {
      const record = { ...bucket, ...settings, deletion: deleting }
      expect(decodeBucketRow(encodeBucketRow(record))).toEqual(record)
    }),
  )
})

test('rows from before there were settings are read', () => {
  expect(decodeBucketRow(Buffer.from(firstForm + firstOwner, 'hex'))).toEqual(bucket)
  const began = firstForm.replace('000000000000', '050000000000')
  const deleting = Buffer.from(began + firstOwner + firstDeletion, 'hex')
  expect(decodeBucketRow(deleting)).toEqual({ ...bucket, deletion })
  const unnumbered = decodeBucketRow(Buffer.from(began + firstOwner, 'hex'))
  expect(unnumbered.deletion).toEqual({ attempt: 0n, sinceMs: 5, isUndone: false })
})

test('a bucket that was told nothing takes one byte for its settings', () => {
  expect(encodeBucketRow(bucket).toString('hex')).toBe(`02${firstForm.slice(2)}${firstOwner}00`)
})

test('whatever bytes a row has, its reader answers or refuses, and nothing else', () => {
  const start = encodeBucketRow(bucket).subarray(0, -1)
  const rows = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 60 }).map((rest) => Buffer.concat([start, rest])),
  )
  fc.assert(
    fc.property(rows, (row) => {
      try {
        decodeBucketRow(row)
      } catch (error) {
        expect(error).toBeInstanceOf(StoredFormatError)
      }
    }),
    { numRuns: 2000 },
  )
})
