import type { ObjectPage } from '../../../model/query.ts'
import { key, record, requestOf, servicesOf } from '../operation-fixtures.ts'
import { listObjects, listObjectsV2 } from './bucket-listing.ts'

const page: ObjectPage = {
  objects: [{ ...record, key }],
  commonPrefixes: ['oats/'],
  isTruncated: true,
  next: 'oats/',
}

async function list(operation: typeof listObjects, query: string) {
  const asked: unknown[] = []
  const services = servicesOf({
    listings: {
      list(_bucket, options) {
        asked.push(options)
        return Promise.resolve(page)
      },
    },
  })
  const { body } = await operation.handle(requestOf({ query }), services)
  return { asked, body: String(body) }
}

describe('ListObjects', () => {
  test('goes on after the marker and names the next', async () => {
    const { asked, body } = await list(listObjects, 'prefix=b&delimiter=%2F&marker=a&max-keys=2')
    expect(asked).toMatchObject([{ prefix: 'b', delimiter: '/', after: 'a', maxKeys: 2 }])
    expect(body).toContain('<NextMarker>oats/</NextMarker>')
    expect(body).toContain('<ETag>"5D41402ABC4B2A76B9719D911017C592"</ETag>')
    expect(body).toMatch(/<Contents>.*<Owner><ID>1000000000000001<.*<\/Contents>/)
  })

  test('asks for 100 unless told otherwise', async () => {
    expect((await list(listObjects, '')).asked).toMatchObject([{ maxKeys: 100, after: '' }])
  })

  test.each([
    'max-keys=0',
    'max-keys=1001',
    'max-keys=-1',
    'max-keys=ten',
    'encoding-type=base64',
    `prefix=${'p'.repeat(1024)}`,
    `marker=${'%E8%B0%B7'.repeat(342)}`,
  ])('refuses %s', async (query) => {
    await expect(list(listObjects, query)).rejects.toMatchObject({ code: 'InvalidArgument' })
  })

  test.each([`prefix=${'p'.repeat(1023)}`, 'max-keys=1000', 'encoding-type=url'])(
    'takes %s',
    async (query) => {
      expect((await list(listObjects, query)).asked).toHaveLength(1)
    },
  )
})

describe('ListObjectsV2', () => {
  test('starts after start-after, and goes on at the token whatever start-after says', async () => {
    const first = await list(listObjectsV2, 'start-after=a')
    expect(first.asked).toMatchObject([{ after: 'a' }])
    const token = /<NextContinuationToken>(.*?)</.exec(first.body)?.[1] ?? ''
    const next = await list(listObjectsV2, `start-after=z&continuation-token=${token}`)
    expect(next.asked).toMatchObject([{ after: 'oats/' }])
    expect(next.body).toContain(`<ContinuationToken>${token}</ContinuationToken>`)
    expect(next.body).toContain('<KeyCount>2</KeyCount>')
  })

  test('shows owners on request', async () => {
    expect((await list(listObjectsV2, '')).body).not.toContain('<Owner>')
    expect((await list(listObjectsV2, 'fetch-owner=true')).body).toContain('<Owner>')
  })

  test.each(['%21', 'a', '_w'])('refuses the token %s, which nobody issued', async (token) => {
    const wrong = list(listObjectsV2, `continuation-token=${token}`)
    await expect(wrong).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})
