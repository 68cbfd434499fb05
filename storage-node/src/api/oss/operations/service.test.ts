import { bucket, owner, requestOf, servicesOf } from '../operation-fixtures.ts'
import { listBuckets } from './service.ts'

describe('ListBuckets', () => {
  const list = (query: string, isTruncated = false) => {
    const asked: unknown[] = []
    const services = servicesOf({
      buckets: {
        list(...args) {
          asked.push(args)
          const nextMarker = isTruncated ? 'grain' : undefined
          return Promise.resolve({ buckets: [bucket], isTruncated, nextMarker })
        },
      },
    })
    return { asked, answer: listBuckets.handle(requestOf({ query }), services) }
  }

  test('asks for the first 100 of the caller and shows no paging', async () => {
    const { asked, answer } = list('')
    const { body } = await answer
    expect(asked).toEqual([[owner, { prefix: '', marker: '', maxKeys: 100, tags: [] }]])
    expect(body).toContain('<Name>grain</Name><Location>oss-cn-hangzhou</Location>')
    expect(body).not.toContain('IsTruncated')
  })

  test('shows paging when it is asked for or needed', async () => {
    const { asked, answer } = list('prefix=g&marker=a&max-keys=1000')
    expect((await answer).body).toContain('<Prefix>g</Prefix><Marker>a</Marker>')
    expect(asked).toEqual([[owner, { prefix: 'g', marker: 'a', maxKeys: 1000, tags: [] }]])
    expect((await list('', true).answer).body).toContain('<NextMarker>grain</NextMarker>')
  })

  test.each([
    ['tag-key=a', [{ key: 'a', value: undefined }]],
    ['tag-key=a&tag-value=', [{ key: 'a', value: '' }]],
    ['tag-key=a&tag-value=1', [{ key: 'a', value: '1' }]],
    [
      'tagging=a:1,b',
      [
        { key: 'a', value: '1' },
        { key: 'b', value: undefined },
      ],
    ],
    ['tagging="a":"1:2"', [{ key: 'a', value: '1:2' }]],
  ])('restricts the list to buckets with tags: %s', async (query, tags) => {
    const { asked, answer } = list(query)
    await answer
    expect(asked).toMatchObject([[owner, { tags }]])
  })

  test('buckets of all regions are those of this one', async () => {
    const { asked, answer } = list('regionList')
    expect((await answer).body).not.toContain('IsTruncated')
    expect(asked).toEqual([[owner, { prefix: '', marker: '', maxKeys: 100, tags: [] }]])
  })

  test.each(['regionList=oss-cn-hangzhou', 'tag-value=1', 'tagging=:1', 'tagging=a:1,,b:2'])(
    'refuses %s',
    async (query) => {
      await expect(list(query).answer).rejects.toMatchObject({ code: 'InvalidArgument' })
    },
  )

  test.each(['0', '1001', '-1', 'x', ''])('refuses max-keys=%s', async (text) => {
    await expect(list(`max-keys=${text}`).answer).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})
