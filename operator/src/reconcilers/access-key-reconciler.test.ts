import { accountUidOf } from '@granary/storage-node/contract/account-uid'
import { SECRET_KEYS } from '../resources/access-key.ts'
import { accessKeys } from '../resources/access-key.ts'
import { buckets } from '../resources/bucket.ts'
import { configMaps, secrets } from '../resources/built-in.ts'
import { regions } from '../resources/region.ts'
import type { AccessKey } from '../resources/access-key.ts'
import { NAMESPACE, REGION, TestCluster } from './reconciler-fixtures.ts'

const SHOP = 'shop'
const HOUR_MS = 3_600_000
const at = (name: string, namespace = SHOP) => ({ namespace, name })
const uid = (account: string) => accountUidOf(REGION, account)
const condition = (test: TestCluster) => test.condition(accessKeys, SHOP, 'app', 'Ready')
const message = (test: TestCluster) => test.message(accessKeys, SHOP, 'app', 'Ready')
const statusOf = (test: TestCluster) => (test.memory.get(accessKeys, at('app')) as AccessKey).status
const idsInRegion = (test: TestCluster) => [...test.region.accessKeys.keys()].sort()

async function withKey(spec: object = {}, region: object = {}): Promise<TestCluster> {
  const test = await TestCluster.withRegion(region)
  await test.make(accessKeys, SHOP, 'app', spec)
  await test.settle()
  return test
}

async function textsOf(test: TestCluster, name = 'app'): Promise<Record<string, string>> {
  const secret = await test.api.get(secrets, at(name))
  return Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, text]) => {
      return [key, Buffer.from(text, 'base64').toString()]
    }),
  )
}

const encode = (text: string) => Buffer.from(text).toString('base64')

test('a pair is in the region and in a Secret that applications can read', async () => {
  const test = await withKey()
  const texts = await textsOf(test)
  expect(Object.keys(texts).sort()).toEqual(
    SECRET_KEYS.filter((key) => !key.toLowerCase().includes('bucket')).sort(),
  )
  const { accessKeyId = '', accessKeySecret } = texts
  expect(texts).toMatchObject({
    ...{ OSS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: accessKeySecret },
    endpoint: `http://oss-${REGION}.${NAMESPACE}.svc`,
    ...{ region: REGION, AWS_REGION: REGION },
  })
  expect(texts['ca.crt']).toContain('BEGIN CERTIFICATE')
  expect(test.region.accessKeys.get(accessKeyId)).toEqual({
    ...{ account: uid(SHOP), accessKeySecret, enabled: true, expiresAt: null },
    ...{ policies: null, user: null },
  })
  expect(statusOf(test)).toMatchObject({
    ...{ uid: uid(SHOP), secretName: 'app' },
    keys: [{ accessKeyId, state: 'Active' }],
  })
  expect(condition(test)).toBe('True Usable')
  const told = JSON.stringify([test.memory.get(accessKeys, at('app')), test.events()])
  expect(told).not.toContain(accessKeySecret)
})

test('permissions become a policy, and their bucket is told', async () => {
  const permissions = [{ bucketRef: { name: 'photos' }, prefix: 'in/', access: 'Read' }]
  const test = await withKey({ permissions })
  const [key] = test.region.accessKeys.values()
  expect(key).toMatchObject({ policies: [], user: 'app' })
  expect(condition(test)).toBe('False BucketNotFound')
  expect(message(test)).toContain('no Bucket photos in shop')
  await test.make(buckets, SHOP, 'photos', { bucketName: 'shop-photos' })
  await test.settle()
  expect(condition(test)).toBe('True Usable')
  expect(JSON.stringify([...test.region.accessKeys.values()][0]?.policies)).toContain(
    'acs:oss:*:*:shop-photos/in/*',
  )
  expect(await textsOf(test)).toMatchObject({ bucket: 'shop-photos', OSS_BUCKET: 'shop-photos' })
})

test.each<[string, object, string, string]>([
  [
    'a prefix with a wildcard',
    { permissions: [{ bucketRef: { name: 'photos' }, prefix: 'a*', access: 'Full' }] },
    'PermissionInvalid',
    'must hold no *',
  ],
  ['the account of others', { account: 'office' }, 'AccountNotAllowed', 'leave spec.account out'],
  [
    'a Secret that is not there',
    { existingSecretRef: { name: 'mine' } },
    'ExistingSecretInvalid',
    'no Secret mine',
  ],
  ['a Secret of somebody else', { secretName: 'theirs' }, 'SecretTaken', 'set spec.secretName'],
])('%s is refused in words', async (_name, spec, reason, words) => {
  const test = await TestCluster.withRegion()
  await test.make(buckets, SHOP, 'photos')
  await test.user.apply(secrets, { metadata: at('theirs'), data: { own: 'eA==' } })
  await test.make(accessKeys, SHOP, 'app', spec)
  await test.settle()
  expect(condition(test)).toBe(`False ${reason}`)
  expect(message(test)).toContain(words)
  for (const { policies } of test.region.accessKeys.values()) expect(policies).toEqual([])
  expect((await test.api.get(secrets, at('theirs')))?.data).toEqual({ own: 'eA==' })
})

test('keys of the Secret can have other names, and the Secret too', async () => {
  const test = await withKey()
  await test.make(accessKeys, SHOP, 'app', { secretName: 'oss', secretKeys: { accessKeyId: 'ID' } })
  await test.settle()
  const texts = await textsOf(test, 'oss')
  expect(texts['ID']).toBe(texts['OSS_ACCESS_KEY_ID'])
  expect(texts['accessKeyId']).toBeUndefined()
  expect(await test.api.get(secrets, at('app'))).toBeUndefined()
})

test('a Secret that is edited or deleted is written again with the same pair', async () => {
  const test = await withKey()
  const before = await textsOf(test)
  await test.user.apply(secrets, { metadata: at('app'), data: { accessKeyId: 'eA==' } })
  await test.settle()
  expect(await textsOf(test)).toEqual(before)
  await test.user.delete(secrets, at('app'))
  await test.settle()
  expect(await textsOf(test)).toEqual(before)
})

test("the operator's own Secret may go or be spoilt: applications keep their pair", async () => {
  const test = await withKey({ rotation: { every: '720h', overlap: '24h' } })
  const [before, ids] = [await textsOf(test), idsInRegion(test)]
  const pairs = at('app-access-key-pairs')
  await test.user.delete(secrets, pairs)
  await test.settle()
  expect([await textsOf(test), idsInRegion(test)]).toEqual([before, ids])
  await test.user.apply(secrets, { metadata: pairs, data: { 'pairs.json': 'eA==' } })
  await test.settle()
  expect([await textsOf(test), idsInRegion(test)]).toEqual([before, ids])
  test.clock.advance(720 * HOUR_MS)
  await test.settle()
  expect(idsInRegion(test)).toHaveLength(2)
  expect(idsInRegion(test)).toContain(ids[0])
})

test('a pair that no status names is taken from no Secret', async () => {
  const test = await withKey()
  const chosen = { accessKeyId: encode('CHOSEN'), accessKeySecret: encode('by-somebody-else') }
  await test.user.delete(secrets, at('app-access-key-pairs'))
  await test.user.apply(secrets, { metadata: at('app'), data: chosen })
  await test.settle()
  expect(idsInRegion(test)).not.toContain('CHOSEN')
  expect((await textsOf(test))['accessKeyId']).toBe(idsInRegion(test)[0])
})

const photos = [{ bucketRef: { name: 'photos' }, access: 'ReadWrite' }]
const configMapOf = async (test: TestCluster, name = 'claim') => {
  return (await test.api.get(configMaps, at(name)))?.data
}

async function withClaim(spec: object = {}): Promise<TestCluster> {
  const test = await TestCluster.withRegion()
  await test.make(buckets, SHOP, 'photos', { bucketName: 'shop-photos' })
  await test.make(accessKeys, SHOP, 'app', {
    ...{ permissions: photos, secretName: 'claim', configMapName: 'claim' },
    ...spec,
  })
  await test.settle()
  return test
}

test('a ConfigMap tells what applications know from an ObjectBucketClaim', async () => {
  const test = await withClaim()
  expect(await configMapOf(test)).toEqual({
    ...{ BUCKET_HOST: `oss-${REGION}.${NAMESPACE}.svc`, BUCKET_PORT: '80' },
    ...{ BUCKET_NAME: 'shop-photos', BUCKET_REGION: REGION, BUCKET_SUBREGION: '' },
  })
  expect(await textsOf(test, 'claim')).toMatchObject({
    ...{ AWS_ACCESS_KEY_ID: idsInRegion(test)[0], AWS_SECRET_ACCESS_KEY: expect.any(String) },
  })
  expect(statusOf(test)?.configMapName).toBe('claim')
  await test.user.delete(configMaps, at('claim'))
  await test.settle()
  expect(await configMapOf(test)).toHaveProperty('BUCKET_NAME', 'shop-photos')
})

test('a ConfigMap follows its name, and goes when nobody asks for it or its AccessKey goes', async () => {
  const test = await withClaim()
  const spec = { permissions: photos, secretName: 'claim' }
  await test.make(accessKeys, SHOP, 'app', { ...spec, configMapName: 'other' })
  await test.settle()
  expect(await configMapOf(test)).toBeUndefined()
  expect(await configMapOf(test, 'other')).toBeDefined()
  await test.make(accessKeys, SHOP, 'app', spec)
  await test.settle()
  expect(await configMapOf(test, 'other')).toBeUndefined()
  expect(statusOf(test)).not.toHaveProperty('configMapName')
  await test.make(accessKeys, SHOP, 'app', { ...spec, configMapName: 'claim' })
  await test.settle()
  await test.user.delete(accessKeys, at('app'))
  await test.settle()
  expect(await configMapOf(test)).toBeUndefined()
})

test('a ConfigMap of somebody else is left alone, and none is made while there is no bucket', async () => {
  const test = await TestCluster.withRegion()
  await test.user.apply(configMaps, { metadata: at('claim'), data: { own: 'text' } })
  await test.make(accessKeys, SHOP, 'app', { permissions: photos, configMapName: 'claim' })
  await test.settle()
  expect(condition(test)).toBe('False ConfigMapTaken')
  expect(message(test)).toContain('set spec.configMapName to another name')
  expect(await configMapOf(test)).toEqual({ own: 'text' })
  await test.user.delete(configMaps, at('claim'))
  await test.settle()
  expect(condition(test)).toBe('False BucketNotFound')
  expect(await configMapOf(test)).toBeUndefined()
})

test('a pair is replaced at intervals, and the old one works for the overlap', async () => {
  const test = await withKey({ rotation: { every: '720h', overlap: '24h' } })
  const [first] = idsInRegion(test)
  for (let turn = 0; turn < 3; turn++) {
    const before = (await textsOf(test))['accessKeyId']
    test.clock.advance(720 * HOUR_MS)
    await test.settle()
    const after = (await textsOf(test))['accessKeyId']
    expect(after).not.toBe(before)
    expect(idsInRegion(test)).toEqual([before, after].sort())
    expect(
      statusOf(test)
        ?.keys?.map(({ state }) => state)
        .sort(),
    ).toEqual(['Active', 'Retiring'])
    expect(Date.parse(statusOf(test)?.lastRotation ?? '')).toBe(test.clock.nowMs())
    test.clock.advance(24 * HOUR_MS - 1)
    await test.settle()
    expect(idsInRegion(test)).toHaveLength(2)
    test.clock.advance(1)
    await test.settle()
    expect(idsInRegion(test)).toEqual([after])
  }
  expect(idsInRegion(test)).not.toContain(first)
})

test('no pair goes while the region has not heard of its successor', async () => {
  const test = await withKey({ rotation: { every: '720h', overlap: '24h' } })
  const before = await textsOf(test)
  test.region.isDown = true
  test.clock.advance(800 * HOUR_MS)
  await test.settle()
  expect(await textsOf(test)).toEqual(before)
  expect(condition(test)).toBe('True Usable')
  test.region.isDown = false
  await test.settle()
  expect(idsInRegion(test)).toHaveLength(2)
})

test('a pair is taken from a Secret that somebody else writes, and follows it', async () => {
  const test = await TestCluster.withRegion()
  const mine = (id: string) => {
    const data = { accessKeyId: id, accessKeySecret: 'its-own-secret' }
    const encode = (text: string) => Buffer.from(text).toString('base64')
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encode(text)]))
  }
  await test.user.apply(secrets, { metadata: at('mine'), data: mine('OLDID') })
  await test.make(accessKeys, SHOP, 'app', { existingSecretRef: { name: 'mine' } })
  await test.settle()
  expect(idsInRegion(test)).toEqual(['OLDID'])
  expect(await textsOf(test)).toMatchObject({ accessKeyId: 'OLDID' })
  await test.user.apply(secrets, { metadata: at('mine'), data: mine('NEWID') })
  await test.settle()
  expect(idsInRegion(test)).toEqual(['NEWID'])
})

test('a pair that is disabled or has expired is told so', async () => {
  const test = await withKey({ enabled: false })
  expect([...test.region.accessKeys.values()][0]?.enabled).toBe(false)
  expect(condition(test)).toBe('False Disabled')
  const expiresAt = new Date(test.clock.nowMs() + HOUR_MS).toISOString()
  await test.make(accessKeys, SHOP, 'app', { expiresAt })
  await test.settle()
  expect([...test.region.accessKeys.values()][0]).toMatchObject({ enabled: true, expiresAt })
  expect(condition(test)).toBe('True Usable')
  test.clock.advance(HOUR_MS)
  await test.settle()
  expect(condition(test)).toBe('False Expired')
})

test('a namespace that is no longer allowed loses its pairs, and gets them back', async () => {
  const test = await withKey()
  const [id] = idsInRegion(test)
  await test.make(regions, NAMESPACE, REGION, { allowedNamespaces: { from: 'Same' } })
  await test.settle()
  expect(idsInRegion(test)).toEqual([])
  expect(condition(test)).toBe('False NamespaceNotAllowed')
  await test.make(regions, NAMESPACE, REGION, {})
  await test.settle()
  expect(idsInRegion(test)).toEqual([id])
  expect(condition(test)).toBe('True Usable')
})

test('a pair is gone from the region when its resource is', async () => {
  const test = await withKey()
  test.region.isDown = true
  await test.user.delete(accessKeys, at('app'))
  await test.settle()
  expect(condition(test)).toBe('False RegionUnreachable')
  test.region.isDown = false
  await test.settle()
  expect(test.memory.get(accessKeys, at('app'))).toBeUndefined()
  expect(idsInRegion(test)).toEqual([])
  expect(await test.api.get(secrets, at('app'))).toBeUndefined()
})

test.each(['Retain', 'Delete'])(
  'a pair of a Region that is gone (%s) does not hang',
  async (policy) => {
    const test = await withKey({}, { deletionPolicy: policy })
    await test.user.delete(regions, { namespace: NAMESPACE, name: REGION })
    await test.settle()
    expect(condition(test)).toBe('False RegionNotFound')
    await test.user.delete(accessKeys, at('app'))
    await test.settle()
    expect(test.memory.get(accessKeys, at('app'))).toBeUndefined()
  },
)

test('a pair that was deleted while its Region was away does not come back with it', async () => {
  const test = await withKey()
  await test.make(accessKeys, SHOP, 'other')
  await test.settle()
  const { accessKeyId: kept } = await textsOf(test, 'other')
  expect(idsInRegion(test)).toHaveLength(2)
  await test.user.delete(regions, { namespace: NAMESPACE, name: REGION })
  await test.settle()
  await test.user.delete(accessKeys, at('app'))
  await test.settle()
  expect(idsInRegion(test)).toHaveLength(2)
  await test.make(regions, NAMESPACE, REGION)
  await test.foundRegion()
  await test.settle()
  expect(idsInRegion(test)).toEqual([kept])
})

test('whatever is cut short is gone on with, and never makes two pairs', async () => {
  const test = await TestCluster.withRegion()
  const calls = [
    ['apply', 'AccessKey'],
    ['apply', 'Secret'],
    ['applyStatus', 'AccessKey'],
  ] as const
  for (const [call, kind] of calls) {
    for (const tookEffect of [true, false]) {
      const name = `${call}-${kind}-${tookEffect}`.toLowerCase()
      await test.make(accessKeys, SHOP, name)
      test.api.fail({ call, kind, effect: { kind: 'unreachable', tookEffect } })
      await expect(test.settle()).rejects.toThrow('reset')
      await test.settle()
      expect(test.condition(accessKeys, SHOP, name, 'Ready')).toBe('True Usable')
      expect(idsInRegion(test)).toEqual([(await textsOf(test, name))['accessKeyId']])
      await test.user.delete(accessKeys, at(name))
      await test.settle()
    }
  }
})
