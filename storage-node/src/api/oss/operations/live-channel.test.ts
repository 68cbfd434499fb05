import { requestOf, servicesOf } from '../operation-fixtures.ts'
import { listLiveChannel } from './live-channel.ts'

const list = async (query: string) => {
  const { status, body } = await listLiveChannel.handle(requestOf({ query }), servicesOf({}))
  return { status, body: String(body) }
}

test('a bucket has no live channels, and the answer says what was asked for', async () => {
  const { status, body } = await list('live&prefix=a%26b&marker=m&max-keys=1000')
  expect(status).toBe(200)
  const elements = '<Prefix>a&amp;b</Prefix><Marker>m</Marker><MaxKeys>1000</MaxKeys>'
  expect(body.replaceAll(/\n */g, '')).toContain(
    `<ListLiveChannelResult>${elements}<IsTruncated>false</IsTruncated></ListLiveChannelResult>`,
  )
})

test('100 are asked for by default', async () => {
  expect((await list('live')).body).toContain('<MaxKeys>100</MaxKeys>')
})

test.each(['0', '1001', 'ten'])('max-keys %s is refused', async (value) => {
  await expect(list(`live&max-keys=${value}`)).rejects.toMatchObject({ code: 'InvalidArgument' })
})
