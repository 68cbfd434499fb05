/**
 * Multipart uploads: what is decided when they begin, while parts arrive and when they end.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'

const bucket = 'uploads'
const WHOLE_PART = 'x'.repeat(100 * 1024)

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const send = (request: Partial<OssRequest>) => api.send({ method: 'GET', bucket, ...request })

async function begin(key: string, further: Partial<OssRequest> = {}): Promise<string> {
  const query = { uploads: '', ...further.query }
  const answer = await send({ method: 'POST', key, ...further, query })
  expect(outcomeOf(answer)).toBe('200')
  return /<UploadId>(\w+)</.exec(answer.body.toString())?.[1] ?? ''
}

function putPart(key: string, uploadId: string, partNumber: string, body = 'part') {
  return send({ method: 'PUT', key, query: { uploadId, partNumber }, body })
}

/** Without parts: all there are. */
function complete(
  key: string,
  uploadId: string,
  headers: Record<string, string> = { 'x-oss-complete-all': 'yes' },
  body = '',
): Promise<OssResponse> {
  return send({ method: 'POST', key, query: { uploadId }, headers, body })
}

const md5Of = (text: string) => createHash('md5').update(text).digest('base64')
const etagOf = (text: string) => createHash('md5').update(text).digest('hex').toUpperCase()

/** As GET and HEAD agree on it. */
async function toldMd5(key: string): Promise<unknown> {
  const [got, headed] = [await send({ key }), await send({ method: 'HEAD', key })]
  expect([outcomeOf(got), outcomeOf(headed)]).toEqual(['200', '200'])
  expect(got.headers['content-md5']).toBe(headed.headers['content-md5'])
  return got.headers['content-md5']
}

const textOf = ({ body }: OssResponse, name: string) =>
  new RegExp(`<${name}>([^<]*)<`).exec(body.toString())?.[1]

describe('the ACL', () => {
  const aclOf = async (key: string) =>
    textOf(await send({ key, query: { acl: '' } }), 'Grant') ?? 'none'

  test.each([
    ['nowhere', undefined, undefined, 'default'],
    ['at the beginning', 'private', undefined, 'private'],
    ['at the end', undefined, 'private', 'private'],
    ['twice, of which the end counts', 'public-read', 'private', 'private'],
  ])('is said %s', async (name, atBeginning, atEnd, expected) => {
    const key = `acl ${name}`
    const acl = (value: string | undefined) =>
      value === undefined ? {} : { 'x-oss-object-acl': value }
    const uploadId = await begin(key, { headers: acl(atBeginning) })
    await putPart(key, uploadId, '1')
    const ended = await complete(key, uploadId, { 'x-oss-complete-all': 'yes', ...acl(atEnd) })
    expect(outcomeOf(ended)).toBe('200')
    expect(await aclOf(key)).toBe(expected)
  })

  test('that is none, or that a public access block forbids, ends nothing', async () => {
    const key = 'open'
    const uploadId = await begin(key)
    await putPart(key, uploadId, '1')
    const all = { 'x-oss-complete-all': 'yes' }
    const wrong = await complete(key, uploadId, { ...all, 'x-oss-object-acl': 'open' })
    expect(outcomeOf(wrong)).toBe('400 InvalidArgument')
    const query = { publicAccessBlock: '' }
    const block = (flag: boolean) =>
      `<PublicAccessBlockConfiguration><BlockPublicAccess>${flag}</BlockPublicAccess></PublicAccessBlockConfiguration>`
    await send({ method: 'PUT', query, body: block(true) })
    const open = await complete(key, uploadId, { ...all, 'x-oss-object-acl': 'public-read' })
    expect(outcomeOf(open)).toBe('403 AccessDenied')
    await send({ method: 'PUT', query, body: block(false) })
    expect(outcomeOf(await complete(key, uploadId))).toBe('200')
  })
})

test('a part of an upload that is not there is refused with an EC of its own', async () => {
  const uploadId = await begin('aborted')
  await send({ method: 'DELETE', key: 'aborted', query: { uploadId } })
  for (const id of [uploadId, 'none']) {
    const part = await putPart('aborted', id, '1')
    expect(outcomeOf(part)).toBe('404 NoSuchUpload')
    expect(textOf(part, 'EC')).toBe('0042-00000104')
    const source = { 'x-oss-copy-source': `/${bucket}/source` }
    await send({ method: 'PUT', key: 'source', body: 'grain' })
    const query = { uploadId: id, partNumber: '1' }
    const copy = await send({ method: 'PUT', key: 'aborted', query, headers: source })
    expect(outcomeOf(copy)).toBe('404 NoSuchUpload')
    expect(textOf(copy, 'EC')).toBe('0042-00000311')
    const abort = await send({ method: 'DELETE', key: 'aborted', query: { uploadId: id } })
    expect(textOf(abort, 'EC')).toBe('0042-00000002')
  }
})

test('all parts and a list of parts exclude each other', async () => {
  const uploadId = await begin('both')
  const answer = await complete('both', uploadId, undefined, '<CompleteMultipartUpload/>')
  expect(outcomeOf(answer)).toBe('400 InvalidArgument')
  expect(textOf(answer, 'EC')).toBe('0042-00000216')
  expect(textOf(answer, 'Message')).toBe(
    'Should not speficy both complete all header and http body.',
  )
})

describe('a list without parts', () => {
  const empty = '<CompleteMultipartUpload></CompleteMultipartUpload>'

  test('makes an empty object of an upload that has none', async () => {
    const uploadId = await begin('empty')
    for (let times = 0; times < 2; times++) {
      const answer = await complete('empty', uploadId, {}, empty)
      expect(outcomeOf(answer)).toBe('200')
      expect(textOf(answer, 'ETag')).toBe('"D41D8CD98F00B204E9800998ECF8427E"')
      expect(answer.headers['x-oss-hash-crc64ecma']).toBe('0')
    }
    const read = await send({ key: 'empty' })
    expect(outcomeOf(read)).toBe('200')
    expect(read.headers).toMatchObject({ 'content-length': '0', 'x-oss-object-type': 'Multipart' })
    const copy = { 'x-oss-copy-source': `/${bucket}/empty` }
    expect(outcomeOf(await send({ method: 'PUT', key: 'copied', headers: copy }))).toBe('200')
    expect((await send({ key: 'copied' })).body.length).toBe(0)
    expect(outcomeOf(await send({ method: 'DELETE', key: 'empty' }))).toBe('204')
  })

  test('is refused where there are parts: they would be lost', async () => {
    const uploadId = await begin('parts')
    await putPart('parts', uploadId, '1')
    expect(outcomeOf(await complete('parts', uploadId, {}, empty))).toBe('400 MalformedXML')
    expect(outcomeOf(await complete('parts', uploadId))).toBe('200')
    expect((await send({ key: 'parts' })).body.toString()).toBe('part')
  })
})

describe('sequential', () => {
  test('parts arrive in order, and may be sent again', async () => {
    const key = 'in order'
    const uploadId = await begin(key, { query: { sequential: '' } })
    expect(outcomeOf(await putPart(key, uploadId, '2'))).toBe('400 PartNotSequential')
    expect(outcomeOf(await putPart(key, uploadId, '1', 'lost'))).toBe('200')
    expect(outcomeOf(await putPart(key, uploadId, '1', WHOLE_PART))).toBe('200')
    expect(outcomeOf(await putPart(key, uploadId, '3'))).toBe('400 PartNotSequential')
    expect(outcomeOf(await putPart(key, uploadId, '2', 'end'))).toBe('200')
    expect(outcomeOf(await complete(key, uploadId))).toBe('200')
    expect((await send({ key })).body.toString()).toBe(`${WHOLE_PART}end`)
  })

  test('each part is held against its Content-MD5', async () => {
    const key = 'digests'
    const uploadId = await begin(key, { query: { sequential: '' } })
    const put = (partNumber: string, body: string, digested: string) =>
      send({
        ...{ method: 'PUT', key, query: { uploadId, partNumber }, body },
        headers: { 'content-md5': md5Of(digested) },
      })
    expect(outcomeOf(await put('1', WHOLE_PART, 'other'))).toBe('400 InvalidDigest')
    expect(outcomeOf(await put('2', 'end', 'end'))).toBe('400 PartNotSequential')
    expect(outcomeOf(await put('1', WHOLE_PART, WHOLE_PART))).toBe('200')
    expect(outcomeOf(await put('2', 'end', 'end'))).toBe('200')
    expect(outcomeOf(await complete(key, uploadId))).toBe('200')
    expect(await toldMd5(key)).toBe(md5Of(`${WHOLE_PART}end`))
  })

  const other = 'y'.repeat(WHOLE_PART.length)
  const wholes = (...numbers: number[]) => numbers.map((number) => [number, WHOLE_PART] as const)

  test.each([
    ['no part', [], true],
    ['one part', [[1, 'end']], true],
    ['parts in order', [...wholes(1, 2), [3, 'end']], true],
    ['an empty part at the end', [...wholes(1), [2, '']], true],
    [
      'a part that is sent again as it was',
      [...wholes(1, 1, 2), [2, WHOLE_PART], [1, WHOLE_PART]],
      true,
    ],
    ['a part that is replaced', [[1, other], ...wholes(1), [2, 'end']], false],
    [
      'a part that is replaced and comes back',
      [...wholes(1), [1, other], ...wholes(1), [2, 'end']],
      false,
    ],
    ['an early part that is replaced late', [...wholes(1), [2, 'end'], [1, other]], false],
  ] as const)(
    'with %s, the MD5 of the object is told as far as known',
    async (name, sent, isKnown) => {
      const uploadId = await begin(name, { query: { sequential: '' } })
      const parts: string[] = []
      for (const [number, body] of sent) {
        expect(outcomeOf(await putPart(name, uploadId, String(number), body))).toBe('200')
        parts[number - 1] = body
      }
      const empty = '<CompleteMultipartUpload></CompleteMultipartUpload>'
      const ended =
        parts.length === 0 ? complete(name, uploadId, {}, empty) : complete(name, uploadId)
      expect(outcomeOf(await ended)).toBe('200')
      expect((await send({ key: name })).body.toString()).toBe(parts.join(''))
      expect(await toldMd5(name)).toBe(isKnown ? md5Of(parts.join('')) : undefined)
    },
  )

  test('a part that is copied is hashed with the others', async () => {
    const [key, source] = ['with a copy', 'big']
    const bytes = Buffer.alloc(300 * 1024, 'grain')
    await send({ method: 'PUT', key: source, body: bytes })
    const uploadId = await begin(key, { query: { sequential: '' } })
    expect(outcomeOf(await putPart(key, uploadId, '1', WHOLE_PART))).toBe('200')
    const headers = {
      'x-oss-copy-source': `/${bucket}/${source}`,
      'x-oss-copy-source-range': 'bytes=7-200006',
    }
    const query = { uploadId, partNumber: '2' }
    expect(outcomeOf(await send({ method: 'PUT', key, query, headers }))).toBe('200')
    expect(outcomeOf(await putPart(key, uploadId, '3', 'end'))).toBe('200')
    expect(outcomeOf(await complete(key, uploadId))).toBe('200')
    const whole = `${WHOLE_PART}${bytes.subarray(7, 200_007).toString()}end`
    expect((await send({ key })).body.toString()).toBe(whole)
    expect(await toldMd5(key)).toBe(md5Of(whole))
  })

  test('the MD5 goes with the bytes: to links, to other metadata, to copies; not to a choice of parts', async () => {
    const key = 'chosen from'
    const uploadIds = [
      await begin(key, { query: { sequential: '' } }),
      await begin('chosen', { query: { sequential: '' } }),
    ]
    for (const [at, name] of [key, 'chosen'].entries()) {
      await putPart(name, uploadIds[at] ?? '', '1', WHOLE_PART)
      await putPart(name, uploadIds[at] ?? '', '2', 'end')
    }
    const first = `<Part><PartNumber>1</PartNumber><ETag>"${etagOf(WHOLE_PART)}"</ETag></Part>`
    const list = `<CompleteMultipartUpload>${first}</CompleteMultipartUpload>`
    expect(outcomeOf(await complete('chosen', uploadIds[1] ?? '', {}, list))).toBe('200')
    expect(await toldMd5('chosen')).toBeUndefined()
    expect(outcomeOf(await complete(key, uploadIds[0] ?? ''))).toBe('200')
    const link = { 'x-oss-symlink-target': encodeURIComponent(key) }
    await send({ method: 'PUT', key: 'link', query: { symlink: '' }, headers: link })
    const copy = { 'x-oss-copy-source': `/${bucket}/${encodeURIComponent(key)}` }
    await send({ method: 'PUT', key: 'copy', headers: copy })
    const renewed = { ...copy, 'x-oss-meta-a': 'b', 'x-oss-metadata-directive': 'REPLACE' }
    expect(outcomeOf(await send({ method: 'PUT', key, headers: renewed }))).toBe('200')
    for (const name of [key, 'link', 'copy']) {
      expect(await toldMd5(name)).toBe(md5Of(`${WHOLE_PART}end`))
    }
    expect((await send({ method: 'HEAD', key })).headers['x-oss-meta-a']).toBe('b')
  })

  test('without it, an upload tells no MD5, however its parts came', async () => {
    const key = 'any order'
    const uploadId = await begin(key)
    await putPart(key, uploadId, '1', WHOLE_PART)
    await putPart(key, uploadId, '2', 'end')
    expect(outcomeOf(await complete(key, uploadId))).toBe('200')
    expect(await toldMd5(key)).toBeUndefined()
  })

  test('means nothing to a put', async () => {
    const key = 'whole'
    const put = await send({ method: 'PUT', key, query: { sequential: '' }, body: 'grain' })
    expect(outcomeOf(put)).toBe('200')
    expect((await send({ key })).body.toString()).toBe('grain')
  })
})
