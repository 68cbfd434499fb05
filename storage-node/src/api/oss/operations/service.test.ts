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
    expect(asked).toEqual([[owner, { prefix: '', marker: '', maxKeys: 100 }]])
    expect(body).toContain('<Name>grain</Name><Location>oss-cn-hangzhou</Location>')
    expect(body).not.toContain('IsTruncated')
  })

  test('shows paging when it is asked for or needed', async () => {
    const { asked, answer } = list('prefix=g&marker=a&max-keys=1000')
    expect((await answer).body).toContain('<Prefix>g</Prefix><Marker>a</Marker>')
    expect(asked).toEqual([[owner, { prefix: 'g', marker: 'a', maxKeys: 1000 }]])
    expect((await list('', true).answer).body).toContain('<NextMarker>grain</NextMarker>')
  })

  test.each(['0', '1001', '-1', 'x', ''])('refuses max-keys=%s', async (text) => {
    await expect(list(`max-keys=${text}`).answer).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})
