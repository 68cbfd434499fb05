import { bucket, requestOf, servicesOf } from '../operation-fixtures.ts'
import { getBucketAcl, putBucketAcl } from './bucket-acl.ts'

describe('PutBucketAcl', () => {
  const put = async (headers: Record<string, string>) => {
    const asked: unknown[] = []
    const setAcl = (...args: unknown[]) => Promise.resolve(void asked.push(args))
    await putBucketAcl.handle(requestOf({ headers }), servicesOf({ buckets: { setAcl } }))
    return asked
  }

  test('sets what the header says', async () => {
    expect(await put({ 'x-oss-acl': 'public-read' })).toEqual([[bucket, 'public-read']])
  })

  test.each([{}, { 'x-oss-acl': 'open' }])('refuses %j', async (headers) => {
    await expect(put(headers as Record<string, string>)).rejects.toMatchObject({
      code: 'InvalidArgument',
    })
  })
})

test('GetBucketAcl shows owner and grant', async () => {
  const { body } = await getBucketAcl.handle(requestOf(), servicesOf({}))
  expect(body).toContain('<ID>1000000000000001</ID>')
  expect(body).toContain('<Grant>private</Grant>')
})
