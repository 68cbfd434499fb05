import { silentLogger } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { UnknownOutcomeError } from '../cluster/primary-calls.ts'
import { unsetSettings } from '../model/bucket.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { Command, CommandResult } from '../model/command.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid, BucketId, BucketName, VersionSeq } from '../model/identifiers.ts'
import { finishDeletion } from '../services/bucket-deletion.ts'
import { dueDeletions, endBucketDeletions } from './bucket-deletions.ts'

const attempt = 9n as VersionSeq
const bucketId = '0123456789abcdef' as BucketId
const name = 'photos' as BucketName

function bucketOf(deletion?: Partial<NonNullable<BucketRecord['deletion']>>): BucketRecord {
  return {
    name,
    bucketId,
    owner: '1' as AccountUid,
    acl: 'private',
    storageClass: 'Standard',
    dataRedundancy: 'ZRS',
    createdMs: 1,
    deletion: deletion && { attempt, sinceMs: 1000, isUndone: false, ...deletion },
    ...unsetSettings,
  }
}

const bucketResult = { kind: 'bucket', record: bucketOf(), created: false } as const

/** Partitions that answer by the kind of the command; what is left out is done. */
function openPartitions(
  answers: Partial<Record<Command['kind'], CommandResult | Error>>,
  found: BucketRecord | undefined = undefined,
) {
  const commands: string[] = []
  const execute = ({ kind }: Command) => {
    commands.push(kind)
    const answer = answers[kind] ?? { kind: 'done' }
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  const ask = ({ kind }: { kind: string }) =>
    Promise.resolve(kind === 'buckets' ? [bucketOf(), bucketOf({})] : found)
  return { partitions: { execute, ask } as unknown as Partitions, commands }
}

const refused = new OssError('BucketNotEmpty')
const stale = { kind: 'stale' } as const

describe('a deletion', () => {
  const cases: readonly [
    string,
    Parameters<typeof openPartitions>,
    Partial<NonNullable<BucketRecord['deletion']>>,
    'removed' | 'kept',
    string[],
  ][] = [
    ['of an empty bucket', [{}], {}, 'removed', ['fenceBucket', 'removeBucket']],
    [
      'that a range refuses is undone before a fence falls',
      [{ fenceBucket: refused, undoBucketDeleting: bucketResult }],
      {},
      'kept',
      ['fenceBucket', 'undoBucketDeleting', 'unfenceBucket', 'keepBucket'],
    ],
    [
      'that is undone already is not begun again',
      [{ undoBucketDeleting: bucketResult }],
      { isUndone: true },
      'kept',
      ['undoBucketDeleting', 'unfenceBucket', 'keepBucket'],
    ],
    [
      'that another has ended by removing leaves the fences',
      [{ fenceBucket: refused, undoBucketDeleting: stale }],
      {},
      'removed',
      ['fenceBucket', 'undoBucketDeleting'],
    ],
    [
      'that another has undone is not ended by removing',
      [{ removeBucket: stale }, bucketOf({ isUndone: true })],
      {},
      'kept',
      ['fenceBucket', 'removeBucket'],
    ],
    [
      'that another has removed is removed',
      [{ removeBucket: stale }],
      {},
      'removed',
      ['fenceBucket', 'removeBucket'],
    ],
    [
      'whose fence comes late is looked at again',
      [{ fenceBucket: stale, undoBucketDeleting: stale }, bucketOf()],
      {},
      'kept',
      ['fenceBucket', 'undoBucketDeleting'],
    ],
  ]

  test.each(cases)('%s', async (_name, parts, deletion, outcome, commands) => {
    const opened = openPartitions(...parts)
    expect(await finishDeletion(opened.partitions, bucketOf(deletion))).toBe(outcome)
    expect(opened.commands).toEqual(commands)
  })

  test('that a range does not answer is left for the next one who tries', async () => {
    const opened = openPartitions({ fenceBucket: new UnknownOutcomeError(undefined) })
    await expect(finishDeletion(opened.partitions, bucketOf({}))).rejects.toMatchObject({
      code: 'ServiceUnavailable',
    })
    expect(opened.commands).toEqual(['fenceBucket'])
  })
})

test('whoever began a deletion has it alone for a while; then the oldest comes first', () => {
  const buckets = [bucketOf(), bucketOf({ sinceMs: 3000 }), bucketOf({ sinceMs: 1000 })]
  const due = (nowMs: number) =>
    dueDeletions(buckets, nowMs, 10_000).map(({ deletion }) => deletion?.sinceMs)
  expect(due(10_999)).toEqual([])
  expect(due(11_000)).toEqual([1000])
  expect(due(13_000)).toEqual([1000, 3000])
})

test('one that cannot be ended keeps no other from it, and is tried again', async () => {
  const clock = new ManualClock(20_000)
  const parts = { clock, logger: silentLogger }
  const signal = new AbortController().signal
  const failing = openPartitions({ fenceBucket: new UnknownOutcomeError(undefined) })
  expect(await endBucketDeletions({ ...parts, ...failing }, signal)).toBe(0)
  const working = openPartitions({})
  expect(await endBucketDeletions({ ...parts, ...working }, signal)).toBe(1)
  expect(working.commands).toEqual(['fenceBucket', 'removeBucket'])
})
