import type { BucketRecord } from './bucket.ts'
import {
  decideCreateBucket,
  decideEndDeleting,
  decideFence,
  decideForgetBucket,
  decideMarkDeleting,
  decideSetBucketAcl,
} from './decide-bucket.ts'
import { changesOf, context, refusalOf } from './decide-fixtures.ts'
import type { AccountUid, BucketId, BucketName } from './identifiers.ts'

const name = 'photos' as BucketName
const bucketId = '0123456789abcdef' as BucketId
const otherId = 'fedcba9876543210' as BucketId
const owner = '1000000000000001' as AccountUid

const existing: BucketRecord = {
  name,
  bucketId,
  owner,
  acl: 'public-read',
  storageClass: 'Standard',
  dataRedundancy: 'LRS',
  createdMs: 1,
  deletingSinceMs: undefined,
}
const deleting = { ...existing, deletingSinceMs: 2 }

const create = {
  kind: 'createBucket',
  name,
  bucketId: otherId,
  owner,
  acl: undefined,
  storageClass: 'Standard',
  dataRedundancy: 'LRS',
  bucketCountMax: 3,
} as const

describe('a bucket is made', () => {
  const cases: readonly [
    string,
    Partial<Parameters<typeof decideCreateBucket>[0]>,
    BucketRecord | undefined,
    number,
    string | undefined,
  ][] = [
    ['where there is none', {}, undefined, 2, undefined],
    ['not above the largest number', {}, undefined, 3, 'TooManyBuckets'],
    ['again by its owner, also at the largest number', {}, existing, 3, undefined],
    ['not by another account', { owner: '2' as AccountUid }, existing, 0, 'BucketAlreadyExists'],
    ['not with another class', { storageClass: 'IA' }, existing, 0, 'BucketAlreadyExists'],
    ['not with another redundancy', { dataRedundancy: 'ZRS' }, existing, 0, 'BucketAlreadyExists'],
    ['not while it is being deleted', {}, deleting, 0, 'BucketAlreadyExists'],
  ]

  test.each(cases)('%s', (_name, change, found, ownedCount, code) => {
    const command = { ...create, ...change }
    expect(refusalOf(decideCreateBucket(command, { existing: found, ownedCount }, context))).toBe(
      code,
    )
  })

  test('private unless it says otherwise; made again it keeps its ACL and id', () => {
    const made = decideCreateBucket(create, { existing: undefined, ownedCount: 0 }, context)
    expect(made).toMatchObject({
      result: { created: true, record: { acl: 'private', bucketId: otherId } },
    })
    const again = decideCreateBucket(create, { existing, ownedCount: 1 }, context)
    expect(again).toEqual({
      changes: [],
      result: { kind: 'bucket', record: existing, created: false },
    })
    const opened = decideCreateBucket(
      { ...create, acl: 'private' },
      { existing, ownedCount: 1 },
      context,
    )
    expect(opened).toMatchObject({ result: { record: { acl: 'private', bucketId } } })
  })
})

describe('a deletion', () => {
  test.each([undefined, deleting])(
    'of a bucket that is not there, or is going, is refused',
    (found) => {
      expect(
        refusalOf(decideMarkDeleting({ kind: 'markBucketDeleting', name }, found, context)),
      ).toBe('NoSuchBucket')
      expect(
        refusalOf(decideSetBucketAcl({ kind: 'setBucketAcl', name, acl: 'private' }, found)),
      ).toBe('NoSuchBucket')
    },
  )

  test('fences an empty range only', () => {
    const fence = { kind: 'fenceBucket', bucketId } as const
    expect(refusalOf(decideFence(fence, false, context))).toBe('BucketNotEmpty')
    expect(changesOf(decideFence(fence, true, context))).toEqual([
      { row: 'fence', bucketId, value: { fencedMs: 5000 } },
    ])
    expect(changesOf(decideFence({ kind: 'unfenceBucket', bucketId }, false, context))).toEqual([
      { row: 'fence', bucketId, value: undefined },
    ])
  })

  test('is ended or undone', () => {
    const end = (kind: 'removeBucket' | 'undoBucketDeleting') =>
      changesOf(decideEndDeleting({ kind, name, bucketId }, deleting))
    expect(end('removeBucket')).toEqual([{ row: 'bucket', name, value: undefined }])
    expect(end('undoBucketDeleting')).toEqual([{ row: 'bucket', name, value: existing }])
  })

  test.each([undefined, existing, { ...deleting, bucketId: otherId }])(
    'of an earlier bucket leaves a later one of the same name alone',
    (found) => {
      expect(decideEndDeleting({ kind: 'removeBucket', name, bucketId }, found)).toEqual({
        changes: [],
        result: { kind: 'done' },
      })
    },
  )
})

test('what is left of a deleted bucket is its fence and its counters', () => {
  expect(changesOf(decideForgetBucket({ bucketId }))).toEqual([
    { row: 'fence', bucketId, value: undefined },
    { row: 'noCounters', bucketId },
  ])
})
