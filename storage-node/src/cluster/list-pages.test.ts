import fc from 'fast-check'
import { compareBytes } from '../base/bytes.ts'
import type { PartitionRange } from '../contract/configuration.ts'
import { noCounters } from '../model/bucket.ts'
import type { BucketId, DataSetId, ObjectKey, VersionSeq } from '../model/identifiers.ts'
import type { ObjectMetadata, ObjectRecord } from '../model/object.ts'
import { plainVersion } from '../model/object.ts'
import { answerQuery } from '../storage/answer-query.ts'
import { PartitionRows } from '../storage/partition-rows.ts'
import { countersRowKey, objectRowKey, uploadRowKey, versionRowKey } from '../wire/stored/keys.ts'
import { encodeObjectRow } from '../wire/stored/object-row.ts'
import { positionOfKey } from '../wire/stored/range-keys.ts'
import { encodeCountersRow, encodeUploadRow } from '../wire/stored/rows.ts'
import { FakeRegion } from './routing-fixtures.ts'

const BUCKET = '8123456789abcdef' as BucketId
const NEIGHBOURS = ['8123456789abcdee', '8123456789abcdf0'] as BucketId[]

const metadata: ObjectMetadata = {
  contentType: '',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
}
const record: ObjectRecord = {
  ...metadata,
  type: 'Normal',
  versionSeq: 3n as VersionSeq,
  ...plainVersion,
  sizeBytes: 1,
  etag: '0'.repeat(32),
  crc64: 0n,
  lastModifiedMs: 1,
  data: { kind: 'inline' },
}
const begun = { initiatedMs: 1, metadata, forbidOverwrite: false, isSequential: false }
const upload = { ...begun, running: undefined, partCount: 0, partBytes: 0 }

const text = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '\0', 'é', '😀'), maxLength })
const keySets = fc.uniqueArray(
  text(4).filter((key) => key !== ''),
  { maxLength: 25 },
)
const queries = fc.record({
  prefix: text(1),
  delimiter: fc.constantFrom('', '/', 'a'),
  after: text(2),
  maxCount: fc.integer({ min: 1, max: 6 }),
})

/** Ranges that cut the bucket at these keys. */
function cutAt(cuts: readonly string[]): PartitionRange[] {
  const bounds = cuts.map((key) => positionOfKey(BUCKET, key as ObjectKey)).sort(compareBytes)
  const starts = [new Uint8Array(), ...bounds]
  return starts.map((start, at) => ({ start, end: starts[at + 1] ?? new Uint8Array() }))
}

/** A region whose partitions cut the bucket, and its rows. */
async function openCut(keys: readonly string[], cuts: readonly string[]): Promise<FakeRegion> {
  const region = await FakeRegion.open(cutAt(cuts))
  const rows = keys.flatMap((key, at) => {
    const uploadId = at.toString(16).padStart(32, '0') as DataSetId
    return [BUCKET, ...NEIGHBOURS].flatMap((bucketId) => [
      { key: objectRowKey(bucketId, key as ObjectKey), value: encodeObjectRow(record) },
      ...[1n, 2n].map((seq) => ({
        key: versionRowKey(bucketId, key as ObjectKey, seq as VersionSeq),
        value: encodeObjectRow({ ...record, versionSeq: seq as VersionSeq }),
      })),
      {
        key: uploadRowKey(bucketId, key as ObjectKey, uploadId),
        value: encodeUploadRow(upload),
      },
    ])
  })
  await region.engine.write(rows)
  return region
}

test('a bucket that is cut into partitions lists as if it were not', async () => {
  const cuts = fc.uniqueArray(text(3), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(keySets, cuts, queries, async (keys, at, query) => {
      const region = await openCut(keys, at)
      const ask = { bucketId: BUCKET, ...query }
      const whole = new PartitionRows(region.engine)
      const { partitions } = region.nodes[0]!
      const list = { kind: 'list', ...ask } as const
      expect(await partitions.ask(list)).toEqual(await answerQuery(list, whole))
      const uploads = { kind: 'uploads', ...ask, afterUploadId: undefined } as const
      expect(await partitions.ask(uploads)).toEqual(await answerQuery(uploads, whole))
      const versions = { kind: 'versions', ...ask, afterVersionId: undefined } as const
      expect(await partitions.ask(versions)).toEqual(await answerQuery(versions, whole))
    }),
    { numRuns: 60 },
  )
})

test('pages of uploads follow each other across partitions', async () => {
  const keys = ['a', 'b', 'c', 'd']
  const region = await openCut(keys, ['b', 'c'])
  const seen: string[] = []
  let after = ''
  let afterUploadId: DataSetId | undefined
  for (let page = 0; page < 4; page++) {
    const ask = { bucketId: BUCKET, prefix: '', delimiter: '', after, maxCount: 1, afterUploadId }
    const found = await region.nodes[0]!.partitions.ask({ kind: 'uploads', ...ask })
    seen.push(...found.uploads.map(({ key }) => key))
    expect(found.isTruncated).toBe(page < 3)
    after = found.nextKeyMarker
    afterUploadId = found.nextUploadId
  }
  expect(seen).toEqual(keys)
})

test('counters are those of all partitions together', async () => {
  const region = await openCut([], ['m'])
  const row = { ...noCounters, objects: 2, objectBytes: 10, lastModifiedMs: 7 }
  await region.engine.write([{ key: countersRowKey(BUCKET), value: encodeCountersRow(row) }])
  const ask = jest.spyOn(region.nodes[0]!.network, 'request')
  const query = { kind: 'counters', bucketId: BUCKET } as const
  const found = await region.nodes[0]!.partitions.ask(query)
  // Both partitions read the one row here: they share an engine, and rows of a cut bucket do not.
  expect(found).toEqual({
    counters: { ...row, objects: 4, objectBytes: 20 },
    continuesAt: undefined,
  })
  expect(ask).toHaveBeenCalledTimes(1)
})

test('a fence goes to every partition of the bucket, in order', async () => {
  const region = await openCut([], ['f', 'm'])
  const reached: number[] = []
  for (const partition of region.partitions) {
    const { end } = partition.range
    partition.execute = () => {
      reached.push(partition.id)
      const continuesAt = end.byteLength === 0 ? undefined : end
      return { kind: 'done', value: { kind: 'ranged', continuesAt } }
    }
  }
  const fence = { kind: 'fenceBucket', bucketId: BUCKET, attempt: 1n as VersionSeq } as const
  const result = await region.nodes[0]!.partitions.execute(fence)
  expect(result).toEqual({ kind: 'ranged', continuesAt: undefined })
  expect(reached).toEqual([1, 2, 3])
})

test('an answer that leads back to where it came from is no answer', async () => {
  const region = await openCut([], ['f'])
  const back = new Uint8Array([1])
  region.partition(1).execute = () => {
    return { kind: 'done', value: { kind: 'ranged', continuesAt: back } }
  }
  const fence = { kind: 'fenceBucket', bucketId: BUCKET, attempt: 1n as VersionSeq } as const
  await expect(region.nodes[0]!.partitions.execute(fence)).rejects.toMatchObject({
    code: 'ServiceUnavailable',
  })
})
