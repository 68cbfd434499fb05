import type { BucketSetting } from '../../../model/bucket-setting.ts'
import { bucket, requestOf, servicesOf } from '../operation-fixtures.ts'
import { getBucketVersioning, putBucketVersioning } from './bucket-versioning.ts'

describe('PutBucketVersioning', () => {
  const put = async (body: string) => {
    const asked: BucketSetting[] = []
    const putSetting = (_bucket: unknown, setting: BucketSetting) => {
      asked.push(setting)
      return Promise.resolve(bucket)
    }
    await putBucketVersioning.handle(requestOf({ body }), servicesOf({ buckets: { putSetting } }))
    return asked
  }
  const documentOf = (status: string) =>
    `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`

  test.each(['Enabled', 'Suspended'])('takes %s', async (value) => {
    expect(await put(documentOf(value))).toEqual([{ kind: 'versioning', value }])
  })

  test.each([
    documentOf(''),
    documentOf('enabled'),
    documentOf('unset'),
    '<VersioningConfiguration/>',
    '<Versioning/>',
    '',
  ])('refuses %s', async (body) => {
    await expect(put(body)).rejects.toMatchObject({ code: 'MalformedXML' })
  })
})

test.each([
  ['unset', '<VersioningConfiguration></VersioningConfiguration>'],
  ['Enabled', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'],
  ['Suspended', '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>'],
] as const)('GetBucketVersioning of a bucket that is %s', async (versioning, document) => {
  const request = { ...requestOf(), bucket: { ...bucket, versioning } }
  expect((await getBucketVersioning.handle(request, servicesOf({}))).body).toContain(document)
})
