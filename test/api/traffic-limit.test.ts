/**
 * A limit of the bytes a second of one request: how long requests take with it.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest } from '../support/oss-request.ts'

const bucket = 'limited'
/** A megabyte a second. */
const limit = { 'x-oss-traffic-limit': String(1024 * 1024 * 8) }
const text = Buffer.alloc(2 * 1024 * 1024, 'grain ')

let api: TestApi
let uploadId = ''
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key: 'large', body: text })
  const begun = await api.send({ method: 'POST', bucket, key: 'parts', query: { uploads: '' } })
  uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? ''
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

async function secondsOf(request: Partial<OssRequest>): Promise<number> {
  const startedMs = performance.now()
  const answer = await api.send({ method: 'PUT', bucket, ...request })
  expect(Math.floor(answer.status / 100)).toBe(2)
  return (performance.now() - startedMs) / 1000
}

type Make = (name: string, headers: Record<string, string>) => Partial<OssRequest>
const source = { 'x-oss-copy-source': `/${bucket}/large` }
const part = { partNumber: '1', uploadId: '' }
const requests: Readonly<Record<string, Make>> = {
  GetObject: (_name, headers) => ({ method: 'GET', key: 'large', headers }),
  'GetObject by the query': (_name, query) => ({ method: 'GET', key: 'large', query }),
  PutObject: (name, headers) => ({ key: `${name}-put`, body: text, headers }),
  AppendObject: (name, headers) => ({
    ...{ method: 'POST', key: `${name}-log`, body: text, headers },
    query: { append: '', position: '0' },
  }),
  CopyObject: (name, headers) => ({ key: `${name}-copy`, headers: { ...headers, ...source } }),
  UploadPart: (_name, headers) => ({
    ...{ key: 'parts', body: text, headers },
    query: { ...part, uploadId },
  }),
  UploadPartCopy: (_name, headers) => ({
    ...{ key: 'parts', headers: { ...headers, ...source } },
    query: { ...part, uploadId },
  }),
}

test('requests take as long as the limit says, each its own', async () => {
  const timed = async ([name, make]: [string, Make]) => {
    // What the machine needs anyway comes on top.
    const unlimited = await secondsOf(make('fast', {}))
    return { name, unlimited, limited: await secondsOf(make('slow', limit)) }
  }
  const all = await Promise.all(Object.entries(requests).map(timed))
  const isWrong = ({ limited, unlimited }: (typeof all)[number]) =>
    limited < 1.7 || limited > 2.3 + unlimited
  expect(all.filter(isWrong)).toEqual([])
})

test('one request at its limit does not hold up another', async () => {
  const limited = secondsOf({ method: 'GET', key: 'large', headers: limit })
  expect(await secondsOf({ method: 'GET', key: 'large' })).toBeLessThan(0.5)
  await limited
})

test('what was limited is whole', async () => {
  for (const key of ['slow-put', 'slow-copy', 'slow-log']) {
    const { body } = await api.send({ method: 'GET', bucket, key })
    expect(body.equals(text)).toBe(true)
  }
  const { body } = await api.send({ method: 'GET', bucket, key: 'large', headers: limit })
  expect(body.equals(text)).toBe(true)
})

test.each(['1', '245759', '838860801', 'fast'])('a limit of %s is refused', async (value) => {
  const headers = { 'x-oss-traffic-limit': value }
  const put = await api.send({ method: 'PUT', bucket, key: 'refused', body: 'x', headers })
  expect(outcomeOf(put)).toBe('400 InvalidArgument')
  const absent = await api.send({ method: 'HEAD', bucket, key: 'refused' })
  expect(outcomeOf(absent)).toBe('404 NoSuchKey')
})

test('a client that goes away under a limit leaves nothing behind', async () => {
  const controller = new AbortController()
  const read = api.send({
    ...{ method: 'GET', bucket, key: 'large' },
    headers: { 'x-oss-traffic-limit': '245760' },
    signal: controller.signal,
  })
  await new Promise((wake) => setTimeout(wake, 200))
  controller.abort()
  await expect(read).rejects.toThrow()
})
