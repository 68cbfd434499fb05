/**
 * What every implementation of `RegionAdmin` does.
 *
 * @module
 */

import type { RegionAccessKey, RegionAdmin, RegionBucket } from './region-admin.ts'

const ACCOUNT = '1000000000000001'
const OTHER = '1000000000000002'

const key: RegionAccessKey = {
  account: ACCOUNT,
  accessKeySecret: 'a-secret-of-some-length',
  enabled: true,
  expiresAt: null,
  policies: null,
  user: null,
}
const bucket: RegionBucket = {
  account: ACCOUNT,
  acl: 'private',
  storageClass: 'Standard',
  versioning: null,
  tags: null,
  policy: null,
  cors: null,
}

/** `open` gives an empty region that both accounts are known to. */
export function testRegionAdmin(name: string, open: () => Promise<RegionAdmin>): void {
  const ok = (value?: unknown) => ({ kind: 'ok', value })

  test(`${name}: an account is put as often as one likes`, async () => {
    const region = await open()
    expect(await region.putAccount(ACCOUNT, 'shop')).toEqual(ok())
    expect(await region.putAccount(ACCOUNT, 'shop')).toEqual(ok())
  })

  test(`${name}: an access key is put, put again, and deleted twice`, async () => {
    const region = await open()
    await region.putAccount(ACCOUNT, 'shop')
    expect(await region.putAccessKey('GRANKEY1', key)).toEqual(ok())
    expect(await region.listAccessKeys()).toEqual(ok(['GRANKEY1']))
    const limited = { ...key, policies: [], user: 'app', enabled: false }
    expect(await region.putAccessKey('GRANKEY1', limited)).toEqual(ok())
    expect(await region.deleteAccessKey('GRANKEY1')).toEqual(ok())
    expect(await region.deleteAccessKey('GRANKEY1')).toEqual(ok())
    expect(await region.listAccessKeys()).toEqual(ok([]))
  })

  test(`${name}: a bucket is made once, and set back where it differs`, async () => {
    const region = await open()
    await region.putAccount(ACCOUNT, 'shop')
    const put = (change: Partial<RegionBucket> = {}) =>
      region.putBucket('photos', { ...bucket, ...change })
    expect(await region.findBucketAccount('photos')).toEqual(ok())
    expect(await put()).toEqual(ok({ created: true, changed: [] }))
    expect(await put()).toEqual(ok({ created: false, changed: [] }))
    expect(await put({ acl: 'public-read', tags: { team: 'red' } })).toEqual(
      ok({ created: false, changed: ['acl', 'tags'] }),
    )
    // What is left out stays as it is.
    expect(await put({ acl: 'public-read' })).toEqual(ok({ created: false, changed: [] }))
    expect(await region.findBucketAccount('photos')).toEqual(ok(ACCOUNT))
    expect(await put({ account: OTHER })).toMatchObject({ kind: 'refused', code: 'NameTaken' })
    expect(await region.deleteBucket('photos', false)).toEqual(ok())
    expect(await region.deleteBucket('photos', true)).toEqual(ok())
    expect(await region.findBucketAccount('photos')).toEqual(ok())
  })

  test(`${name}: buckets are listed in order, page by page`, async () => {
    const region = await open()
    await region.putAccount(ACCOUNT, 'shop')
    for (const each of ['ccc', 'aaa', 'bbb']) await region.putBucket(each, bucket)
    expect(await region.listBuckets('', 2)).toEqual(ok(['aaa', 'bbb']))
    expect(await region.listBuckets('bbb', 2)).toEqual(ok(['ccc']))
  })
}
