import type { BucketSetting } from '../../../model/bucket-setting.ts'
import { bucket, requestOf, servicesOf } from '../operation-fixtures.ts'
import { deleteBucketTags, getBucketTags, putBucketTags } from './bucket-tags.ts'

/** Services that remember what setting is put. */
function remembering() {
  const put: BucketSetting[] = []
  const putSetting = (_bucket: unknown, setting: BucketSetting) => {
    put.push(setting)
    return Promise.resolve(bucket)
  }
  return { put, services: servicesOf({ buckets: { putSetting } }) }
}

const documentOf = (...tags: readonly string[]) =>
  `<Tagging><TagSet>${tags.map((key) => `<Tag><Key>${key}</Key><Value>v</Value></Tag>`).join('')}</TagSet></Tagging>`
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`)

describe('PutBucketTags', () => {
  const put = async (body: string) => {
    const { put, services } = remembering()
    const answer = await putBucketTags.handle(requestOf({ body }), services)
    expect(answer.status).toBe(200)
    return put
  }

  test('replaces all tags', async () => {
    const body =
      '<Tagging><TagSet><Tag><Key>%@ a</Key><Value>++</Value></Tag><Tag><Key>b</Key></Tag></TagSet></Tagging>'
    const value = [
      ['%@ a', '++'],
      ['b', ''],
    ]
    expect(await put(body)).toEqual([{ kind: 'tags', value }])
    expect(await put(documentOf())).toEqual([{ kind: 'tags', value: [] }])
    expect(await put(documentOf(...numbered(20)))).toHaveLength(1)
  })

  test.each([
    [documentOf(...numbered(21)), 'TooManyTags'],
    [documentOf('a', 'a'), 'RepeatedTags'],
    [documentOf('aliyun-a'), 'InvalidTag'],
    ['<Tagging/>', 'MalformedXML'],
    ['<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>', 'MalformedXML'],
    ['', 'MalformedXML'],
    [`<Tagging>${' '.repeat(64 * 1024)}</Tagging>`, 'MalformedXML'],
  ])('refuses %.60s', async (body, code) => {
    await expect(put(body)).rejects.toMatchObject({ code })
  })
})

test('GetBucketTags shows the tags, and an empty set when there are none', async () => {
  const get = async (tags: typeof bucket.tags) => {
    const request = { ...requestOf(), bucket: { ...bucket, tags } }
    return (await getBucketTags.handle(request, servicesOf({}))).body
  }
  expect(await get([['a', '<1>']])).toContain(
    '<Tagging><TagSet><Tag><Key>a</Key><Value>&lt;1&gt;</Value></Tag></TagSet></Tagging>',
  )
  expect(await get([])).toContain('<Tagging><TagSet></TagSet></Tagging>')
})

test.each([
  ['tagging', { kind: 'tags', value: [] }],
  ['tagging=', { kind: 'tags', value: [] }],
  ['tagging=k1,k2', { kind: 'removedTags', keys: ['k1', 'k2'] }],
  ['tagging=%25%40abc', { kind: 'removedTags', keys: ['%@abc'] }],
])('DeleteBucketTags by ?%s', async (query, setting) => {
  const { put, services } = remembering()
  const answer = await deleteBucketTags.handle(requestOf({ method: 'DELETE', query }), services)
  expect([answer.status, put]).toEqual([204, [setting]])
})
