import type { OssResponse } from '../../http-message.ts'
import { headerOf, record, requestOf, servicesOf } from '../operation-fixtures.ts'
import { getObject, getObjectMeta, headObject } from './object-read.ts'

const bytes = Buffer.from('hello')
const services = servicesOf({
  objects: {
    find: () => Promise.resolve(record),
    read: () =>
      Promise.resolve({
        record,
        body: ({ start, end } = { start: 0, end: 5 }) => ({
          lengthBytes: end - start,
          bytes: bytes.subarray(start, end),
          send: () => Promise.reject(new Error('the bytes are at hand')),
        }),
      }),
  },
})

const textOf = ({ body }: OssResponse) =>
  String((body as { readonly bytes: Uint8Array } | undefined)?.bytes)

describe('GetObject', () => {
  const get = (headers: Record<string, string> = {}, query = '') =>
    getObject.handle(requestOf({ headers, query }), services)

  test('answers bytes and what is known of them', async () => {
    const answer = await get()
    expect([answer.status, textOf(answer)]).toEqual([200, 'hello'])
    const expected = {
      'Content-Type': 'text/plain',
      'Cache-Control': 'no-cache',
      'x-oss-meta-colour': 'gold',
      'x-oss-object-type': 'Normal',
      ETag: '"5D41402ABC4B2A76B9719D911017C592"',
      'Last-Modified': 'Fri, 02 Jan 2026 00:00:00 GMT',
    }
    for (const [name, value] of Object.entries(expected)) expect(headerOf(answer, name)).toBe(value)
  })

  test('answers a range, whose checksum is still that of the whole', async () => {
    const answer = await get({ range: 'bytes=1-2' })
    expect([answer.status, textOf(answer)]).toEqual([206, 'el'])
    expect(headerOf(answer, 'Content-Range')).toBe('bytes 1-2/5')
    expect(headerOf(answer, 'x-oss-hash-crc64ecma')).toBe('11177612005948864433')
  })

  test('answers 304 without a body and throws 412', async () => {
    const answer = await get({ 'if-none-match': record.etag })
    expect([answer.status, answer.body]).toEqual([304, undefined])
    await expect(get({ 'if-match': 'x' })).rejects.toMatchObject({ code: 'PreconditionFailed' })
  })

  test('takes the headers that the URL asks for', async () => {
    const answer = await get({}, 'response-cache-control=no-store')
    expect(headerOf(answer, 'Cache-Control')).toBe('no-store')
  })
})

test('HeadObject has the headers and the length of GetObject', async () => {
  const [head, get] = await Promise.all(
    [headObject, getObject].map((operation) => operation.handle(requestOf(), services)),
  )
  expect(head?.headers).toEqual(get?.headers)
  expect([head?.lengthBytes, head?.body]).toEqual([5, undefined])
})

test('GetObjectMeta has a few of the headers, and a length for HEAD only', async () => {
  const meta = await getObjectMeta.handle(requestOf({ method: 'HEAD' }), services)
  expect(headerOf(meta, 'ETag')).toBe('"5D41402ABC4B2A76B9719D911017C592"')
  expect(headerOf(meta, 'x-oss-meta-colour')).toBeUndefined()
  expect(meta.lengthBytes).toBe(5)
  expect((await getObjectMeta.handle(requestOf(), services)).lengthBytes).toBe(0)
})
