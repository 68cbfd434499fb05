import type { ObjectPage, VersionPage } from '../../../model/query.ts'
import { NULL_VERSION, parseVersionId } from '../../../model/version-id.ts'
import { key, record, requestOf, servicesOf } from '../operation-fixtures.ts'
import { listObjects, listObjectVersions, listObjectsV2 } from './bucket-listing.ts'

const page: ObjectPage = {
  objects: [{ ...record, key }],
  commonPrefixes: ['oats/'],
  isTruncated: true,
  next: 'oats/',
}

async function list(operation: typeof listObjects, query: string) {
  const asked: unknown[] = []
  const services = servicesOf({
    objects: { nowMs: () => 0 },
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

describe('ListObjectVersions', () => {
  const versionId = parseVersionId('versionId', 'A'.repeat(26))
  const versions: VersionPage = {
    versions: [
      { ...record, key, versionId, isLatest: true, isDeleteMarker: true },
      { ...record, key, versionId: NULL_VERSION, isLatest: false, isDeleteMarker: false },
    ],
    commonPrefixes: ['oats/'],
    isTruncated: true,
    next: key,
    nextVersionId: versionId,
  }

  async function listVersions(query: string) {
    const asked: unknown[] = []
    const services = servicesOf({
      objects: { nowMs: () => 0 },
      listings: {
        listVersions(_bucket, options) {
          asked.push(options)
          return Promise.resolve(versions)
        },
      },
    })
    const { body } = await listObjectVersions.handle(requestOf({ query }), services)
    return { asked, body: String(body) }
  }

  test('shows versions and delete markers in their order, and where it goes on', async () => {
    const { body } = await listVersions('max-keys=2')
    const owner =
      '<Owner><ID>1000000000000001</ID><DisplayName>1000000000000001</DisplayName></Owner>'
    const head = (id: string, isLatest: boolean) =>
      `<Key>barley</Key><VersionId>${id}</VersionId><IsLatest>${isLatest}</IsLatest><LastModified>2026-01-02T00:00:00.000Z</LastModified>`
    expect(body).toContain(
      `<NextKeyMarker>barley</NextKeyMarker><NextVersionIdMarker>${'A'.repeat(26)}</NextVersionIdMarker>` +
        `<DeleteMarker>${head('A'.repeat(26), true)}${owner}</DeleteMarker>` +
        `<Version>${head('null', false)}<ETag>"${record.etag}"</ETag><Type>Normal</Type><Size>5</Size><StorageClass>Standard</StorageClass>${owner}</Version>` +
        '<CommonPrefixes><Prefix>oats/</Prefix></CommonPrefixes>',
    )
  })

  test('goes on behind a version of a key, or behind all of them', async () => {
    const behind = await listVersions(`key-marker=k&version-id-marker=${'A'.repeat(26)}`)
    expect(behind.asked).toMatchObject([{ after: 'k', afterVersionId: versionId, maxKeys: 100 }])
    const all = await listVersions('key-marker=k&version-id-marker=')
    expect(all.asked).toMatchObject([{ after: 'k', afterVersionId: undefined }])
  })

  test.each([
    'version-id-marker=null',
    'key-marker=k&version-id-marker=x',
    'key-marker=k&version-id-marker=NULL',
    'max-keys=0',
    'max-keys=1001',
    'encoding-type=base64',
    `key-marker=${'k'.repeat(1024)}`,
  ])('refuses %s', async (query) => {
    await expect(listVersions(query)).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})
