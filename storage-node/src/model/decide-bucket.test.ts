import { decidePutAccount, decidePutAccountSettings, unsetAccount as ofOwner } from './account.ts'
import { unsetSettings } from './bucket.ts'
import type { BucketRecord } from './bucket.ts'
import type { FenceRecord, SystemCommand } from './command.ts'
import {
  FENCE_KEPT_MS,
  decideCreateBucket,
  decideEndDeleting,
  decideFence,
  decideForgetBucket,
  decideMarkDeleting,
  decideRefreshOwnerBlock,
  decideSetBucketAcl,
} from './decide-bucket.ts'
import { changesOf, context, refusalOf } from './decide-fixtures.ts'
import type { AccountUid, BucketId, BucketName, VersionSeq } from './identifiers.ts'

type EndKind = Extract<SystemCommand, { readonly attempt: unknown }>['kind']

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
  deletion: undefined,
  ...unsetSettings,
}
const attempt = 7n as VersionSeq
const deleting = { ...existing, deletion: { attempt, sinceMs: 2, isUndone: false } }
const undone = { ...existing, deletion: { attempt, sinceMs: 2, isUndone: true } }

const stale = { changes: [], result: { kind: 'stale' } }

const create = {
  kind: 'createBucket',
  name,
  bucketId: otherId,
  owner,
  acl: undefined,
  storageClass: 'Standard',
  dataRedundancy: 'LRS',
  tags: undefined,
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
    ['again, as far as it goes, while it is being deleted', {}, deleting, 0, undefined],
  ]

  test.each(cases)('%s', (_name, change, found, ownedCount, code) => {
    const command = { ...create, ...change }
    expect(
      refusalOf(decideCreateBucket(command, { existing: found, ownedCount, ofOwner }, context)),
    ).toBe(code)
  })

  test('private unless it says otherwise; made again it keeps its ACL and id', () => {
    const made = decideCreateBucket(
      create,
      { existing: undefined, ownedCount: 0, ofOwner },
      context,
    )
    expect(made).toMatchObject({
      result: { created: true, record: { acl: 'private', bucketId: otherId } },
    })
    const again = decideCreateBucket(create, { existing, ownedCount: 1, ofOwner }, context)
    expect(again).toEqual({
      changes: [],
      result: { kind: 'bucket', record: existing, created: false },
    })
    const opened = decideCreateBucket(
      { ...create, acl: 'private' },
      { existing, ownedCount: 1, ofOwner },
      context,
    )
    expect(opened).toMatchObject({ result: { record: { acl: 'private', bucketId } } })
  })
})

test('tags come with a bucket that is made; made again, it keeps those it has or gets others', () => {
  const tags = [['team', 'grain']] as const
  const absent = { existing: undefined, ownedCount: 0, ofOwner }
  const made = decideCreateBucket({ ...create, tags }, absent, context)
  expect(made).toMatchObject({ result: { created: true, record: { tags } } })
  const tagged = { ...existing, tags }
  const met = { existing: tagged, ownedCount: 1, ofOwner }
  expect(changesOf(decideCreateBucket(create, met, context))).toEqual([])
  expect(changesOf(decideCreateBucket({ ...create, tags: [] }, met, context))).toEqual([
    { row: 'bucket', name, value: { ...existing, tags: [] } },
  ])
  const other = { ...create, tags: [], storageClass: 'IA' } as const
  expect(refusalOf(decideCreateBucket(other, met, context))).toBe('BucketAlreadyExists')
})

test('a bucket says what its account says, from the start and when it is asked to', () => {
  const blocks = { publicAccessBlock: true }
  const met = { existing: undefined, ownedCount: 0, ofOwner: blocks }
  const made = decideCreateBucket(create, met, context)
  expect(made).toMatchObject({ result: { record: { ownerPublicAccessBlock: true } } })
  const refresh = { kind: 'refreshOwnerBlock', name, bucketId } as const
  const value = { ...existing, ownerPublicAccessBlock: true }
  expect(changesOf(decideRefreshOwnerBlock(refresh, existing, blocks))).toEqual([
    { row: 'bucket', name, value },
  ])
  expect(changesOf(decideRefreshOwnerBlock(refresh, value, ofOwner))).toEqual([
    { row: 'bucket', name, value: existing },
  ])
  const other = { ...refresh, bucketId: otherId }
  expect(decideRefreshOwnerBlock(other, existing, blocks)).toEqual(stale)
  expect(decideRefreshOwnerBlock(refresh, undefined, blocks)).toEqual(stale)
})

test('an account that blocks nothing and has no name has no row', () => {
  const account = create.owner
  const put = (publicAccessBlock: boolean, existing = ofOwner) =>
    changesOf(
      decidePutAccountSettings(
        { ...{ kind: 'putAccountSettings', account, settings: { publicAccessBlock } } },
        existing,
      ),
    )
  const blocking = { name: undefined, publicAccessBlock: true }
  expect(put(true)).toEqual([{ row: 'account', account, value: blocking }])
  expect(put(false, blocking)).toEqual([{ row: 'account', account, value: undefined }])
  const named = { name: 'photos', publicAccessBlock: false }
  expect(put(false, named)).toEqual([{ row: 'account', account, value: named }])
})

test('an account that gets a name says of its buckets what it said', () => {
  const account = create.owner
  const command = { kind: 'putAccount', account, accountName: 'photos' } as const
  const value = { name: 'photos', publicAccessBlock: true }
  expect(changesOf(decidePutAccount(command, { ...ofOwner, publicAccessBlock: true }))).toEqual([
    { row: 'account', account, value },
  ])
})

describe('a deletion', () => {
  const mark = { kind: 'markBucketDeleting', name } as const
  const setAcl = { kind: 'setBucketAcl', name, bucketId, acl: 'public-read' } as const

  test('of a bucket that is not there is refused', () => {
    expect(refusalOf(decideMarkDeleting(mark, undefined, context))).toBe('NoSuchBucket')
    expect(refusalOf(decideSetBucketAcl(setAcl, undefined))).toBe('NoSuchBucket')
    // Somebody else has the name by now.
    const other = { ...existing, bucketId: otherId }
    expect(refusalOf(decideSetBucketAcl(setAcl, other))).toBe('NoSuchBucket')
  })

  test('leaves the bucket what it is until it ends, and only one is under way at a time', () => {
    expect(decideMarkDeleting(mark, deleting, context)).toEqual(stale)
    const value = { ...deleting, acl: 'public-read' }
    expect(changesOf(decideSetBucketAcl(setAcl, deleting))).toEqual([
      { row: 'bucket', name, value },
    ])
    const existing = { existing: deleting, ownedCount: 1, ofOwner }
    const again = decideCreateBucket({ ...create, acl: 'public-read' }, existing, context)
    const result = { kind: 'bucket', record: deleting, created: false }
    expect(again).toEqual({ changes: [], result })
  })

  test('marks the record with a number of its own', () => {
    const marked = decideMarkDeleting(mark, existing, context)
    const { nowMs, versionSeq } = context
    const deletion = { attempt: versionSeq, sinceMs: nowMs, isUndone: false }
    expect(changesOf(marked)).toEqual([{ row: 'bucket', name, value: { ...existing, deletion } }])
  })

  const ends: readonly [EndKind, BucketRecord, BucketRecord | 'gone' | 'stale'][] = [
    ['removeBucket', deleting, 'gone'],
    ['undoBucketDeleting', deleting, undone],
    ['keepBucket', deleting, 'stale'],
    ['removeBucket', undone, 'stale'],
    ['undoBucketDeleting', undone, undone],
    ['keepBucket', undone, existing],
  ]

  test.each(ends)('%s: removing and undoing exclude each other', (kind, found, after) => {
    const decision = decideEndDeleting({ kind, name, bucketId, attempt }, found)
    if (after === 'stale') expect(decision).toEqual(stale)
    else {
      const value = after === 'gone' ? undefined : after
      expect(changesOf(decision)).toEqual([{ row: 'bucket', name, value }])
    }
  })

  const strangers = [undefined, existing, { ...deleting, bucketId: otherId }]
  const later = { ...undone, deletion: { ...undone.deletion, attempt: 8n as VersionSeq } }

  test.each([...strangers, later])('that is over changes nothing', (found) => {
    for (const kind of ['removeBucket', 'undoBucketDeleting', 'keepBucket'] as const) {
      expect(decideEndDeleting({ kind, name, bucketId, attempt }, found)).toEqual(stale)
    }
  })
})

describe('a fence', () => {
  const fence = { kind: 'fenceBucket', bucketId, attempt } as const
  const unfence = { kind: 'unfenceBucket', bucketId, attempt } as const
  const continuesAt = new Uint8Array([1])
  const rowOf = (isLifted: boolean, number = attempt) => ({
    fencedMs: 1,
    attempt: number,
    isLifted,
  })
  const at = (row: FenceRecord | undefined, isEmpty = true) => ({
    fence: row,
    isEmpty,
    continuesAt,
  })
  const put = (isLifted: boolean) => [
    { row: 'fence', bucketId, value: { fencedMs: context.nowMs, attempt, isLifted } },
  ]
  const ranged = { kind: 'ranged', continuesAt }

  test('needs an empty range, and says where the next one is', () => {
    expect(refusalOf(decideFence(fence, at(undefined, false), context))).toBe('BucketNotEmpty')
    const fenced = { changes: put(false), result: ranged }
    expect(decideFence(fence, at(undefined), context)).toEqual(fenced)
  })

  test('that is there already is left as it is', () => {
    const again = { changes: [], result: ranged }
    expect(decideFence(fence, at(rowOf(false)), context)).toEqual(again)
    expect(decideFence(unfence, at(rowOf(true)), context)).toEqual(again)
  })

  test('that comes after its own end does not stand', () => {
    expect(decideFence(fence, at(rowOf(true)), context)).toEqual(stale)
    expect(changesOf(decideFence(unfence, at(rowOf(false)), context))).toEqual(put(true))
    expect(changesOf(decideFence(unfence, at(undefined), context))).toEqual(put(true))
  })

  test.each([false, true])('of a later attempt is not touched by an earlier one', (isLifted) => {
    const row = rowOf(isLifted, 8n as VersionSeq)
    expect(decideFence(fence, at(row), context)).toEqual(stale)
    expect(decideFence(unfence, at(row), context)).toEqual(stale)
  })

  test.each([false, true])('of an earlier attempt gives way', (isLifted) => {
    const row = rowOf(isLifted, 6n as VersionSeq)
    expect(changesOf(decideFence(fence, at(row), context))).toEqual(put(false))
    expect(changesOf(decideFence(unfence, at(row), context))).toEqual(put(true))
  })

  test('falls after a day with the counters of a bucket that is gone', () => {
    const old = { ...context, nowMs: 1 + FENCE_KEPT_MS }
    const gone = { row: 'fence', bucketId, value: undefined }
    const forget = (row: FenceRecord | undefined, when = old) =>
      changesOf(decideForgetBucket({ bucketId }, at(row), when))
    expect(forget(rowOf(false))).toEqual([gone, { row: 'noCounters', bucketId }])
    expect(forget(rowOf(true))).toEqual([gone])
    expect(forget(undefined)).toEqual([])
    expect(forget(rowOf(false), { ...old, nowMs: FENCE_KEPT_MS })).toEqual([])
  })
})
