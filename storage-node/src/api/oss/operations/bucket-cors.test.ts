import type { BucketSetting } from '../../../model/bucket-setting.ts'
import { bucket, requestOf, servicesOf } from '../operation-fixtures.ts'
import { deleteBucketCors, getBucketCors, putBucketCors } from './bucket-cors.ts'

function remembering() {
  const put: BucketSetting[] = []
  const putSetting = (_bucket: unknown, setting: BucketSetting) => {
    put.push(setting)
    return Promise.resolve(bucket)
  }
  return { put, services: servicesOf({ buckets: { putSetting } }) }
}

const element = (name: string, text: string | number) => `<${name}>${text}</${name}>`
const rule = (...more: string[]) =>
  element(
    'CORSRule',
    element('AllowedOrigin', '*') + element('AllowedMethod', 'GET') + more.join(''),
  )
const documentOf = (...content: string[]) => element('CORSConfiguration', content.join(''))

describe('PutBucketCors', () => {
  const put = async (body: string) => {
    const { put, services } = remembering()
    await putBucketCors.handle(requestOf({ body }), services)
    return put[0]
  }

  test('takes rules as they are', async () => {
    const body = documentOf(
      rule(
        element('AllowedMethod', 'PUT'),
        element('AllowedMethod', 'GET'),
        element('AllowedHeader', ' Authorization'),
        element('ExposeHeader', 'x-oss-test'),
        element('MaxAgeSeconds', 100),
      ),
      element('ResponseVary', 'true'),
      element('Unknown', 'x'),
    )
    const rules = [
      {
        allowedOrigins: ['*'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['Authorization'],
        exposeHeaders: ['x-oss-test'],
        maxAgeSeconds: 100,
      },
    ]
    expect(await put(body)).toEqual({ kind: 'cors', value: { rules, responseVary: true } })
    const without = { kind: 'cors', value: { rules: [{ maxAgeSeconds: undefined }] } }
    expect(await put(documentOf(rule()))).toMatchObject(without)
  })

  test('takes twenty rules, a star in each place, and the oldest age', async () => {
    const twenty = Array.from({ length: 20 }, () => rule())
    expect(await put(documentOf(...twenty))).toMatchObject({ kind: 'cors' })
    const stars = [element('AllowedOrigin', 'http://*.a.com'), element('AllowedHeader', 'x-*')]
    const old = element('MaxAgeSeconds', 999_999_999)
    expect(await put(documentOf(rule(...stars, old)))).toMatchObject({ kind: 'cors' })
  })

  test.each([
    [documentOf(...Array.from({ length: 21 }, () => rule())), 'CORSRuleBeyondLimit'],
    [documentOf(rule(element('AllowedOrigin', 'http://*.*.com'))), 'InvalidArgument'],
    [documentOf(rule(element('AllowedOrigin', ''))), 'InvalidArgument'],
    [documentOf(rule(element('AllowedOrigin', 'http://a b'))), 'InvalidArgument'],
    [documentOf(rule(element('AllowedMethod', 'PATCH'))), 'InvalidArgument'],
    [documentOf(rule(element('AllowedMethod', 'get'))), 'InvalidArgument'],
    [documentOf(rule(element('AllowedHeader', '**'))), 'InvalidArgument'],
    [documentOf(rule(element('ExposeHeader', 'x-*'))), 'InvalidArgument'],
    [documentOf(rule(element('ExposeHeader', 'a&#10;b: c'))), 'InvalidArgument'],
    [documentOf(rule(element('MaxAgeSeconds', -1))), 'InvalidArgument'],
    [documentOf(rule(element('MaxAgeSeconds', '1e3'))), 'InvalidArgument'],
    [documentOf(rule(element('MaxAgeSeconds', 1_000_000_000))), 'InvalidArgument'],
    [documentOf(rule(element('MaxAgeSeconds', 1), element('MaxAgeSeconds', 2))), 'MalformedXML'],
    [documentOf(rule(), element('ResponseVary', 'yes')), 'InvalidArgument'],
    [documentOf(), 'MalformedXML'],
    [documentOf(element('CORSRule', element('AllowedMethod', 'GET'))), 'MalformedXML'],
    [documentOf(element('CORSRule', element('AllowedOrigin', '*'))), 'MalformedXML'],
    ['', 'MalformedXML'],
    [documentOf(rule(), ' '.repeat(16 * 1024)), 'MalformedXML'],
  ])('refuses %.120s', async (body, code) => {
    await expect(put(body)).rejects.toMatchObject({ code })
  })
})

test('GetBucketCors shows the rules, or that there are none', async () => {
  const get = (cors: typeof bucket.cors) =>
    getBucketCors.handle({ ...requestOf(), bucket: { ...bucket, cors } }, servicesOf({}))
  const one = {
    allowedOrigins: ['*'],
    allowedMethods: ['GET'],
    allowedHeaders: [],
    exposeHeaders: ['ETag'],
    maxAgeSeconds: undefined,
  } as const
  expect((await get({ rules: [one], responseVary: false })).body).toContain(
    documentOf(rule(element('ExposeHeader', 'ETag')), element('ResponseVary', 'false')),
  )
  await expect(get(undefined)).rejects.toMatchObject({ code: 'NoSuchCORSConfiguration' })
})

test('DeleteBucketCors takes them away', async () => {
  const { put, services } = remembering()
  const answer = await deleteBucketCors.handle(requestOf({ method: 'DELETE' }), services)
  expect([answer.status, put]).toEqual([204, [{ kind: 'cors', value: undefined }]])
})
