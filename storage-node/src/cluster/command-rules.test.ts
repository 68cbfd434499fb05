import type { BucketId, BucketName, ObjectKey, VersionSeq } from '../model/identifiers.ts'
import { foundingRanges } from '../contract/founding-ranges.ts'
import type { PartitionRange } from '../contract/configuration.ts'
import type { Command } from '../model/command.ts'
import type { Query } from '../model/query.ts'
import { positionOfKey } from '../wire/stored/range-keys.ts'
import { isInRange } from './command-rules.ts'

const low = '2000000000000000' as BucketId
const high = 'e000000000000000' as BucketId
const key = (text: string) => text as ObjectKey
const attempt = 1n as VersionSeq

const asked: readonly [string, Command | Query, 'system' | BucketId][] = [
  [
    'an object',
    { kind: 'object', bucketId: low, key: key('k'), versionId: undefined, withBody: false },
    low,
  ],
  [
    'a deletion',
    { kind: 'deleteObject', bucketId: high, key: key('k'), versions: { state: 'unset' } },
    high,
  ],
  ['a fence', { kind: 'fenceBucket', bucketId: high, attempt }, high],
  ['counters', { kind: 'counters', bucketId: low }, low],
  ['a bucket', { kind: 'bucket', name: 'photos' as BucketName }, 'system'],
  ['buckets', { kind: 'buckets', after: undefined, limit: 1 }, 'system'],
  ['a mark', { kind: 'markBucketDeleting', name: 'photos' as BucketName }, 'system'],
]

test.each(asked)('%s belongs to one of the founding ranges', (_name, what, owner) => {
  const ranges = foundingRanges(24)
  const ownerHex = owner === 'system' ? '0000000000000000' : owner
  const last = ranges.findLast(({ start }) => Buffer.from(start).toString('hex') <= ownerHex)
  expect(ranges.filter((range) => isInRange(what, range))).toEqual([last])
})

test('a bucket that is cut in two belongs to both, its keys to one each', () => {
  const middle = positionOfKey(low, key('m'))
  const left: PartitionRange = { start: Buffer.from('10', 'hex'), end: middle }
  const right: PartitionRange = { start: middle, end: Buffer.from('30', 'hex') }
  const at = (text: string) =>
    ({
      kind: 'object',
      bucketId: low,
      key: key(text),
      versionId: undefined,
      withBody: false,
    }) as const
  expect([left, right].map((range) => isInRange(at('a'), range))).toEqual([true, false])
  expect([left, right].map((range) => isInRange(at('m'), range))).toEqual([false, true])
  expect(
    [left, right].map((range) => isInRange({ kind: 'counters', bucketId: low }, range)),
  ).toEqual([true, true])
})

test('whatever rows a partition has belong to it', () => {
  const none: PartitionRange = { start: Buffer.from('ff', 'hex'), end: Buffer.from('ff00', 'hex') }
  expect(isInRange({ kind: 'kills', after: undefined, limit: 1 }, none)).toBe(true)
  expect(isInRange({ kind: 'buckets', after: undefined, limit: 1 }, none)).toBe(false)
})
