import { noCounters } from '../../../model/bucket.ts'
import { bucket, headerOf, owner, requestOf, servicesOf } from '../operation-fixtures.ts'
import {
  deleteBucket,
  getBucketInfo,
  getBucketLocation,
  getBucketStat,
  putBucket,
} from './bucket-basic.ts'

describe('PutBucket', () => {
  const put = async (fixture: Parameters<typeof requestOf>[0]) => {
    const asked: unknown[] = []
    const buckets = {
      create(request: unknown) {
        asked.push(request)
        return Promise.resolve({ record: bucket, created: true })
      },
    }
    const answer = await putBucket.handle(requestOf(fixture), servicesOf({ buckets }))
    return { asked, answer }
  }

  test('makes a private bucket of class Standard and says where it is', async () => {
    const { asked, answer } = await put({})
    const unsaid = { acl: undefined, tags: undefined }
    const defaults = { ...unsaid, storageClass: 'Standard', dataRedundancy: 'LRS' }
    expect(asked).toEqual([{ name: 'grain', owner, ...defaults }])
    expect(headerOf(answer, 'Location')).toBe('/grain')
  })

  test('takes ACL and class', async () => {
    const body =
      '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>'
    const { asked } = await put({ headers: { 'x-oss-acl': 'public-read' }, body })
    expect(asked).toMatchObject([{ acl: 'public-read', storageClass: 'IA' }])
  })

  test('takes tags, and none from an empty header', async () => {
    const tagged = (text: string) => put({ headers: { 'x-oss-bucket-tagging': text } })
    const { asked } = await tagged('team=gr%C3%BCn&a+b=1%2F2&bare')
    const tags = [
      ['team', 'grün'],
      ['a b', '1/2'],
      ['bare', ''],
    ]
    expect(asked).toMatchObject([{ tags }])
    expect((await tagged('')).asked).toMatchObject([{ tags: [] }])
  })

  test.each([
    ['=1', 'InvalidTag'],
    ['aliyun=1', 'InvalidTag'],
    [`a=${'1'.repeat(129)}`, 'InvalidTag'],
    ['a=1&a=2', 'RepeatedTags'],
    ['a=%zz', 'InvalidArgument'],
    [Array.from({ length: 21 }, (_, at) => `t${at}=`).join('&'), 'TooManyTags'],
  ])('refuses the tags %.20s: %s', async (text, code) => {
    const wrong = put({ headers: { 'x-oss-bucket-tagging': text } })
    await expect(wrong).rejects.toMatchObject({ code })
  })

  test('refuses an ACL that is none', async () => {
    const wrong = put({ headers: { 'x-oss-acl': 'open' } })
    await expect(wrong).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})

test('DeleteBucket answers 204', async () => {
  const buckets = { delete: () => Promise.resolve() }
  expect(await deleteBucket.handle(requestOf(), servicesOf({ buckets }))).toMatchObject({
    status: 204,
  })
})

test('GetBucketInfo names the endpoints of the region', async () => {
  const { body } = await getBucketInfo.handle(requestOf(), servicesOf({}))
  expect(body).toContain('<ExtranetEndpoint>oss-cn-hangzhou.localhost:9000</ExtranetEndpoint>')
  expect(body).toContain('<Grant>private</Grant>')
})

test('GetBucketLocation is the region with its prefix', async () => {
  const { body } = await getBucketLocation.handle(requestOf(), servicesOf({}))
  expect(body).toContain('<LocationConstraint>oss-cn-hangzhou</LocationConstraint>')
})

test('GetBucketStat shows the counters', async () => {
  const stat = () => Promise.resolve({ ...noCounters, objects: 3, objectBytes: 12 })
  const { body } = await getBucketStat.handle(requestOf(), servicesOf({ buckets: { stat } }))
  expect(body).toContain('<Storage>12</Storage><ObjectCount>3</ObjectCount>')
})

test('a bucket that nothing has changed was changed last when it was made', async () => {
  const stat = () => Promise.resolve(noCounters)
  const { body } = await getBucketStat.handle(requestOf(), servicesOf({ buckets: { stat } }))
  const seconds = Math.floor(bucket.createdMs / 1000)
  expect(seconds).toBeGreaterThan(0)
  expect(body).toContain(`<LastModifiedTime>${seconds}</LastModifiedTime>`)
})
