import type { BucketSetting } from '../../../model/bucket-setting.ts'
import { bucket, requestOf, servicesOf } from '../operation-fixtures.ts'
import { getBucketRequestPayment, putBucketRequestPayment } from './bucket-request-payment.ts'

const documentOf = (payer: string) =>
  `<RequestPaymentConfiguration><Payer>${payer}</Payer></RequestPaymentConfiguration>`

describe('PutBucketRequestPayment', () => {
  const put = async (body: string) => {
    const asked: BucketSetting[] = []
    const putSetting = (_bucket: unknown, setting: BucketSetting) => {
      asked.push(setting)
      return Promise.resolve(bucket)
    }
    const services = servicesOf({ buckets: { putSetting } })
    await putBucketRequestPayment.handle(requestOf({ body }), services)
    return asked
  }

  test.each(['BucketOwner', 'Requester'])('takes %s', async (value) => {
    expect(await put(documentOf(value))).toEqual([{ kind: 'requestPayer', value }])
  })

  test.each([documentOf('requester'), documentOf(''), '<RequestPaymentConfiguration/>', ''])(
    'refuses %s',
    async (body) => {
      await expect(put(body)).rejects.toMatchObject({ code: 'MalformedXML' })
    },
  )
})

test.each(['BucketOwner', 'Requester'] as const)(
  'GetBucketRequestPayment where %s pays',
  async (requestPayer) => {
    const request = { ...requestOf(), bucket: { ...bucket, requestPayer } }
    const { body } = await getBucketRequestPayment.handle(request, servicesOf({}))
    expect(body).toContain(documentOf(requestPayer))
  },
)
