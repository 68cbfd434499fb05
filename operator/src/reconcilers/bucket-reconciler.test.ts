import { accountUidOf } from '@granary/storage-node/contract/account-uid'
import { buckets } from '../resources/bucket.ts'
import { clusterEvents, namespaces } from '../resources/built-in.ts'
import { regions } from '../resources/region.ts'
import { NAMESPACE, REGION, TestCluster } from './reconciler-fixtures.ts'

const SHOP = 'shop'
const uid = (namespace: string) => accountUidOf(REGION, namespace)
const condition = (test: TestCluster, type: string) => test.condition(buckets, SHOP, 'photos', type)
const reasons = async (test: TestCluster) =>
  (await test.api.list(clusterEvents)).map((event) => String(event['reason' as 'kind']))
const isThere = (test: TestCluster) =>
  test.memory.get(buckets, { namespace: SHOP, name: 'photos' }) !== undefined

async function withBucket(spec: object = {}, region: object = {}): Promise<TestCluster> {
  const test = await TestCluster.withRegion(region)
  await test.make(buckets, SHOP, 'photos', spec)
  await test.settle()
  return test
}

test('a bucket is made for the account of the namespace, with what is named', async () => {
  const external = [{ host: 'oss.example.com', tlsSecretName: null }]
  const test = await withBucket(
    { acl: 'public-read', tags: { a: 'b' } },
    { endpoints: { external } },
  )
  expect(test.region.accounts.get(uid(SHOP))).toBe(SHOP)
  expect(test.region.buckets.get('photos')).toMatchObject({
    ...{ account: uid(SHOP), acl: 'public-read', tags: { a: 'b' }, versioning: null },
  })
  expect(condition(test, 'Ready')).toBe('True Available')
  expect(test.memory.get(buckets, { namespace: SHOP, name: 'photos' })?.status).toMatchObject({
    bucketName: 'photos',
    endpoints: {
      internal: `photos.oss-${REGION}.${NAMESPACE}.svc`,
      external: ['photos.oss.example.com'],
    },
  })
  expect(await reasons(test)).toEqual(['BucketCreated'])
})

test('what is named is set back and told, what is left out is left', async () => {
  const test = await withBucket({ acl: 'private' })
  const made = test.region.buckets.get('photos')!
  test.region.buckets.set('photos', { ...made, acl: 'public-read', versioning: 'Enabled' })
  await test.settle()
  expect(test.region.buckets.get('photos')).toEqual({ ...made, versioning: 'Enabled' })
  expect(await reasons(test)).toContain('DriftCorrected')
})

test('a bucket of another account is neither taken nor removed', async () => {
  const test = await TestCluster.withRegion()
  await test.make(buckets, 'office', 'photos')
  await test.settle()
  await test.make(buckets, SHOP, 'photos', { deletionPolicy: 'Delete', deleteContents: true })
  await test.settle()
  expect(condition(test, 'Ready')).toBe('False NameTaken')
  expect(test.message(buckets, SHOP, 'photos', 'Ready')).toContain('another spec.bucketName')
  // Else its resource would make it again at once.
  await test.user.delete(buckets, { namespace: 'office', name: 'photos' })
  await test.user.delete(buckets, { namespace: SHOP, name: 'photos' })
  await test.settle()
  expect(isThere(test)).toBe(false)
  expect(test.region.buckets.get('photos')?.account).toBe(uid('office'))
})

test('a bucket that is kept goes as a resource, and is found again', async () => {
  const test = await withBucket()
  await test.user.delete(buckets, { namespace: SHOP, name: 'photos' })
  expect(isThere(test)).toBe(false)
  expect(test.region.buckets.has('photos')).toBe(true)
  await test.make(buckets, SHOP, 'photos')
  await test.settle()
  expect(condition(test, 'Ready')).toBe('True Available')
})

test('a bucket that holds objects blocks its removal, and says what to do', async () => {
  const test = await withBucket({ deletionPolicy: 'Delete' })
  test.region.full.add('photos')
  await test.user.delete(buckets, { namespace: SHOP, name: 'photos' })
  await test.settle()
  expect(condition(test, 'DeletionBlocked')).toBe('True BucketNotEmpty')
  expect(test.message(buckets, SHOP, 'photos', 'DeletionBlocked')).toContain('deleteContents')
  expect(await reasons(test)).toContain('BucketNotEmpty')
  await test.make(buckets, SHOP, 'photos', { deletionPolicy: 'Delete', deleteContents: true })
  await test.settle()
  expect(isThere(test)).toBe(false)
  expect(test.region.buckets.has('photos')).toBe(false)
})

test('a region that does not answer leaves a bucket as it was, and blocks its removal', async () => {
  const test = await withBucket({ deletionPolicy: 'Delete' })
  test.region.isDown = true
  await test.settle()
  expect(condition(test, 'Ready')).toBe('True Available')
  expect(condition(test, 'Synced')).toBe('False RegionUnreachable')
  await test.user.delete(buckets, { namespace: SHOP, name: 'photos' })
  await test.settle()
  expect(condition(test, 'DeletionBlocked')).toBe('True RegionUnreachable')
  test.region.isDown = false
  await test.settle()
  expect(isThere(test)).toBe(false)
})

test.each(['the Region is gone', 'the Region is going'])(
  'a bucket that is to be removed does not hang when %s',
  async (state) => {
    const isGoing = state.endsWith('going')
    const test = await withBucket(
      { deletionPolicy: 'Delete' },
      { deletionPolicy: isGoing ? 'Delete' : 'Retain' },
    )
    await test.user.delete(regions, { namespace: NAMESPACE, name: REGION })
    await test.settle()
    expect(isThere(test)).toBe(true)
    await test.user.delete(buckets, { namespace: SHOP, name: 'photos' })
    await test.settle()
    expect(isThere(test)).toBe(false)
    expect(await test.getRegion()).toBeUndefined()
    expect(await reasons(test)).toContain('BucketLeft')
  },
)

test('a bucket waits for its Region, and says for which', async () => {
  const test = new TestCluster()
  await test.make(buckets, SHOP, 'photos', { regionRef: { name: 'cn-other', namespace: null } })
  await test.settle()
  expect(condition(test, 'Ready')).toBe('False RegionNotFound')
  expect(test.message(buckets, SHOP, 'photos', 'Ready')).toContain(`${NAMESPACE}/cn-other`)
})

test.each([
  ['Same', { from: 'Same', selector: null }, false],
  [
    'a selector that does not fit',
    { from: 'Selector', selector: { matchLabels: { oss: 'no' } } },
    false,
  ],
  ['a selector that fits', { from: 'Selector', selector: { matchLabels: { oss: 'yes' } } }, true],
])('a Region that allows namespaces by %s', async (_name, allowedNamespaces, isAllowed) => {
  const test = await TestCluster.withRegion({ allowedNamespaces })
  await test.user.apply(namespaces, { metadata: { name: SHOP, labels: { oss: 'yes' } } })
  await test.make(buckets, SHOP, 'photos')
  await test.settle()
  const expected = isAllowed ? 'True Available' : 'False NamespaceNotAllowed'
  expect(condition(test, 'Ready')).toBe(expected)
  expect(test.region.buckets.has('photos')).toBe(isAllowed)
})
