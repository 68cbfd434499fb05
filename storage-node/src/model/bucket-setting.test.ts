import { unsetSettings } from './bucket.ts'
import type { BucketRecord } from './bucket.ts'
import type { BucketSetting } from './bucket-setting.ts'
import { decidePutBucketSetting } from './decide-bucket.ts'
import { changesOf, refusalOf } from './decide-fixtures.ts'
import type { AccountUid, BucketId, BucketName, VersionSeq } from './identifiers.ts'

const name = 'photos' as BucketName
const bucketId = '0123456789abcdef' as BucketId
const cors = { rules: [], responseVary: true }
const full: BucketRecord = {
  name,
  bucketId,
  owner: '1000000000000001' as AccountUid,
  acl: 'public-read',
  storageClass: 'Standard',
  dataRedundancy: 'LRS',
  createdMs: 1,
  deletion: undefined,
  versioning: 'Enabled',
  tags: [
    ['a', '1'],
    ['b', '2'],
  ],
  cors,
  policy: '{}',
  publicAccessBlock: true,
  requestPayer: 'Requester',
  ownerPublicAccessBlock: false,
  archiveDirectRead: true,
}
const fresh = { ...full, ...unsetSettings }

const command = {
  kind: 'putBucketSetting',
  name,
  bucketId,
  setting: { kind: 'publicAccessBlock', value: true },
} as const

const cases: readonly [BucketSetting, Partial<BucketRecord>][] = [
  [{ kind: 'versioning', value: 'Suspended' }, { versioning: 'Suspended' }],
  [{ kind: 'tags', value: [['c', '']] }, { tags: [['c', '']] }],
  [{ kind: 'cors', value: cors }, { cors }],
  [{ kind: 'cors', value: undefined }, { cors: undefined }],
  [{ kind: 'policy', value: 'x' }, { policy: 'x' }],
  [{ kind: 'policy', value: undefined }, { policy: undefined }],
  [{ kind: 'publicAccessBlock', value: false }, { publicAccessBlock: false }],
  [{ kind: 'requestPayer', value: 'BucketOwner' }, { requestPayer: 'BucketOwner' }],
]

test.each(cases)('%j changes what it names and nothing else', (setting, change) => {
  for (const before of [full, fresh]) {
    const decision = decidePutBucketSetting({ ...command, setting }, before)
    const value = { ...before, ...change }
    expect(changesOf(decision)).toEqual([{ row: 'bucket', name, value }])
    expect(decision).toMatchObject({ result: { kind: 'bucket', record: value, created: false } })
  }
})

test('tags that go are those of the keys that are named, at that moment', () => {
  const setting: BucketSetting = { kind: 'removedTags', keys: ['b', 'z'] }
  const [change] = changesOf(decidePutBucketSetting({ ...command, setting }, full))
  expect(change).toMatchObject({ value: { ...full, tags: [['a', '1']] } })
})

test('a deletion that is under way goes on', () => {
  const deletion = { attempt: 7n as VersionSeq, sinceMs: 2, isUndone: false }
  const [change] = changesOf(decidePutBucketSetting(command, { ...full, deletion }))
  expect(change).toMatchObject({ value: { deletion } })
})

test('a bucket that took the name since is not touched', () => {
  const other = { ...full, bucketId: 'fedcba9876543210' as BucketId }
  expect(refusalOf(decidePutBucketSetting(command, other))).toBe('NoSuchBucket')
  expect(refusalOf(decidePutBucketSetting(command, undefined))).toBe('NoSuchBucket')
})
