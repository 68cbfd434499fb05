/**
 * Parts of an object are read by the numbers that they were sent under.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { sendS3 } from '../support/s3-anonymous.ts'

const bucket = 's3-parts'
/** All but the last have the smallest size that is taken, in both dialects. */
const PART_BYTES = 100 * 1024
const parts = [
  [2, 'a'.repeat(PART_BYTES)],
  [5, 'b'.repeat(PART_BYTES)],
  [9, 'end'],
] as const
const SIZE_BYTES = 2 * PART_BYTES + 3
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read-write' } })
  await upload('in-parts', parts)
  await upload('empty-end', [parts[0], [3, '']])
  await api.send({ method: 'PUT', bucket, key: 'whole', body: 'barley' })
  await api.send({ method: 'PUT', bucket, key: 'empty', body: '' })
  const target = { 'x-oss-symlink-target': 'in-parts' }
  await api.send({ method: 'PUT', bucket, key: 'link', query: { symlink: '' }, headers: target })
  await api.send({
    method: 'PUT',
    bucket,
    key: 'copy',
    headers: { 'x-oss-copy-source': `/${bucket}/in-parts` },
  })
  for (const [position, body] of [
    ['0', 'one'],
    ['3', 'two'],
  ] as const) {
    const query = { append: '', position }
    await api.send({ method: 'POST', bucket, key: 'appended', query, body })
  }
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

type Part = readonly [partNumber: number, body: string]

async function upload(key: string, list: readonly Part[]): Promise<void> {
  const ask = (request: Omit<OssRequest, 'bucket' | 'key'>) =>
    sendS3(api, { bucket, key, ...request })
  const begun = await ask({ method: 'POST', query: { uploads: '' } })
  const uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? ''
  let listed = ''
  for (const [partNumber, body] of list) {
    const query = { partNumber: String(partNumber), uploadId }
    const { headers } = await ask({ method: 'PUT', query, body })
    listed += `<Part><PartNumber>${partNumber}</PartNumber><ETag>${headers.etag}</ETag></Part>`
  }
  const body = `<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`
  expect(outcomeOf(await ask({ method: 'POST', query: { uploadId }, body }))).toBe('200')
}

function read(
  method: 'GET' | 'HEAD',
  key: string,
  partNumber: string,
  headers: Record<string, string> = {},
): Promise<OssResponse> {
  return sendS3(api, { method, bucket, key, query: { partNumber }, headers })
}

/** Outcome, length, place, count of parts. */
type Told = readonly [
  outcome: string,
  length: number,
  range?: string | undefined,
  count?: string | undefined,
]

function told(answer: OssResponse): Told {
  const { headers } = answer
  const length = Number(headers['content-length'])
  const [range, count] = [headers['content-range'], headers['x-amz-mp-parts-count']]
  return [outcomeOf(answer), length, range as string, count as string]
}

test.each<[key: string, partNumber: string, told: Told, body: string]>([
  ['in-parts', '2', ['206', PART_BYTES, `bytes 0-102399/${SIZE_BYTES}`, '3'], parts[0][1]],
  ['in-parts', '5', ['206', PART_BYTES, `bytes 102400-204799/${SIZE_BYTES}`, '3'], parts[1][1]],
  ['in-parts', '9', ['206', 3, `bytes 204800-204802/${SIZE_BYTES}`, '3'], 'end'],
  ['link', '9', ['206', 3, `bytes 204800-204802/${SIZE_BYTES}`, '3'], 'end'],
  ['empty-end', '3', ['200', 0, undefined, '2'], ''],
  ['whole', '1', ['206', 6, 'bytes 0-5/6', undefined], 'barley'],
  [
    'copy',
    '1',
    ['206', SIZE_BYTES, `bytes 0-204802/${SIZE_BYTES}`],
    parts.map(([, text]) => text).join(''),
  ],
  ['appended', '1', ['206', 6, 'bytes 0-5/6', undefined], 'onetwo'],
  ['empty', '1', ['200', 0, undefined, undefined], ''],
])('of %s, part %s is read, and told by a head', async (key, partNumber, expected, body) => {
  const answer = await read('GET', key, partNumber)
  expect(told(answer)).toEqual(expected)
  expect(answer.body.toString()).toBe(body)
  expect(told(await read('HEAD', key, partNumber))).toEqual(expected)
})

test.each([
  ['in-parts', '1', '416 InvalidPartNumber'],
  ['in-parts', '10000', '416 InvalidPartNumber'],
  ['whole', '2', '416 InvalidPartNumber'],
  ['appended', '2', '416 InvalidPartNumber'],
  ['whole', '0', '400 InvalidArgument'],
  ['whole', '10001', '400 InvalidArgument'],
  ['whole', 'x', '400 InvalidArgument'],
  ['whole', '', '400 InvalidArgument'],
  ['absent', '1', '404 NoSuchKey'],
])('of %s, there is no part %j: %s', async (key, partNumber, outcome) => {
  expect(outcomeOf(await read('GET', key, partNumber))).toBe(outcome)
  expect((await read('HEAD', key, partNumber)).status).toBe(Number(outcome.slice(0, 3)))
})

test('a part and a range are not asked for at once, and conditions hold for parts, too', async () => {
  const both = await read('GET', 'in-parts', '9', { range: 'bytes=0-1' })
  expect(outcomeOf(both)).toBe('400 InvalidRequest')
  const stale = await read('GET', 'in-parts', '9', { 'if-match': '"00"' })
  expect(outcomeOf(stale)).toBe('412 PreconditionFailed')
  const etag = String((await read('HEAD', 'in-parts', '9')).headers.etag)
  const held = await read('GET', 'in-parts', '9', { 'if-none-match': etag })
  expect(outcomeOf(held)).toBe('304')
})

test.each(['PUT', 'POST', 'DELETE'])('a part is nothing to %s alone', async (method) => {
  const asked = { method, bucket, key: 'whole', query: { partNumber: '1' }, body: 'x' }
  expect(outcomeOf(await sendS3(api, asked))).toBe('405 MethodNotAllowed')
  expect((await read('GET', 'whole', '1')).body.toString()).toBe('barley')
})

test('in the OSS dialect, a number of a part asks for nothing that there is', async () => {
  const asked = { method: 'GET', bucket, key: 'in-parts', query: { partNumber: '9' } } as const
  expect(outcomeOf(await api.send(asked))).toBe('400 NotImplemented')
})
