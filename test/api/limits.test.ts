/**
 * Limits as clients meet them (oss.md 4): what is just within is taken, one more is refused, and the error says what
 * was wrong. Those of names, tags, metadata, forms and tokens are in their own families' tests.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { signedHeaders } from '../support/oss-request.ts'

const IDLE_MS = 100
const bucket = 'limits'
const UPLOAD_ID = '0'.repeat(32)
const KIB = 1024
const GIB = 1024 ** 3
let api: TestApi
let uploadId: string
beforeAll(async () => {
  api = await startApi(IDLE_MS)
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key: 'k', body: 'grain' })
  const begun = await api.send({ method: 'POST', bucket, key: 'parts', query: { uploads: '' } })
  uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? ''
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const send = (request: OssRequest) => api.send({ bucket, ...request })

/** Code, EC, and the argument that is to blame. */
function errorOf(answer: OssResponse): string {
  const element = (name: string) =>
    new RegExp(`<${name}>(.*?)</${name}>`).exec(answer.body.toString())?.[1]
  return `${element('Code')} ${element('EC')} ${element('ArgumentName')}`
}

describe('a document of so many KiB is taken, and no byte more', () => {
  const tag = (name: string) =>
    `<Tagging><TagSet><Tag><Key>${name}</Key><Value>v</Value></Tag></TagSet></Tagging>`
  const documents: readonly [string, number, OssRequest, string, string][] = [
    [
      'DeleteMultipleObjects',
      2048,
      { method: 'POST', query: { delete: '' } },
      '<Delete><Object><Key>absent</Key></Object></Delete>',
      '200',
    ],
    [
      'CompleteMultipartUpload',
      4096,
      { method: 'POST', key: 'k', query: { uploadId: UPLOAD_ID } },
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"0"</ETag></Part></CompleteMultipartUpload>',
      '404 NoSuchUpload',
    ],
    [
      'PutObjectTagging',
      64,
      { method: 'PUT', key: 'k', query: { tagging: '' } },
      tag('object'),
      '200',
    ],
    ['PutBucketTags', 64, { method: 'PUT', query: { tagging: '' } }, tag('bucket'), '200'],
    [
      'PutBucketCors',
      16,
      { method: 'PUT', query: { cors: '' } },
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
      '200',
    ],
    [
      'PutBucketVersioning',
      16,
      { method: 'PUT', query: { versioning: '' } },
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
      '200',
    ],
    [
      'PutBucketRequestPayment',
      16,
      { method: 'PUT', query: { requestPayment: '' } },
      '<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>',
      '200',
    ],
    [
      'PutBucketPublicAccessBlock',
      16,
      { method: 'PUT', query: { publicAccessBlock: '' } },
      '<PublicAccessBlockConfiguration><BlockPublicAccess>false</BlockPublicAccess></PublicAccessBlockConfiguration>',
      '200',
    ],
    [
      'RestoreObject',
      16,
      { method: 'POST', key: 'k', query: { restore: '' } },
      '<RestoreRequest><Days>1</Days></RestoreRequest>',
      '400 OperationNotSupported',
    ],
    [
      'PutBucket',
      16,
      { method: 'PUT', bucket: 'limits-of-its-own' },
      '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>',
      '200',
    ],
  ]

  test.each(documents)('%s: %i', async (_name, sizeKib, request, text, expected) => {
    for (const [more, outcome] of [
      [1, '400 MalformedXML'],
      [0, expected],
    ] as const) {
      const body = Buffer.alloc(sizeKib * KIB + more, ' ')
      body.write(text)
      const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
      expect(outcomeOf(await send({ ...request, body, headers }))).toBe(outcome)
    }
  })
})

describe('a body of 5 GiB is asked for, and one of a byte more is refused before it', () => {
  test.each<[string, string, string, () => Record<string, string>]>([
    ['PutObject', 'PUT', 'large', () => ({})],
    ['AppendObject', 'POST', 'grown', () => ({ append: '', position: '0' })],
    ['UploadPart', 'PUT', 'parts', () => ({ partNumber: '1', uploadId })],
  ])('%s', async (_name, method, key, query) => {
    const answerTo = (lengthBytes: number) => {
      const headers = { expect: '100-continue', 'content-length': String(lengthBytes) }
      return api.sendRaw(`${headOf({ method, key, query: query(), headers })}\r\n`)
    }
    const refused = await answerTo(5 * GIB + 1)
    expect(refused).toMatch(/^HTTP\/1\.1 400 /)
    expect(refused).toContain('<Code>EntityTooLarge</Code>')
    expect(await answerTo(5 * GIB)).toMatch(/^HTTP\/1\.1 100 Continue/)
  })
})

/** The head of a signed request, without the empty line that ends it. */
function headOf(request: OssRequest): string {
  const { method, key = '', query = {} } = request
  const headers = signedHeaders(api.owner, { ...request, bucket })
  const lines = Object.entries({ ...headers, host: '127.0.0.1', connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  return `${method} /${bucket}/${key}?${parameters.join('&')} HTTP/1.1\r\n${lines.join('')}`
}

describe('an argument of a list is taken up to its limit, and named beyond it', () => {
  const long = (length: number) => 'p'.repeat(length)
  test.each<[string, Record<string, string>, string | undefined]>([
    ['max-keys', {}, undefined],
    ['max-keys', { 'list-type': '2' }, undefined],
    ['max-keys', { versions: '' }, undefined],
    ['max-uploads', { uploads: '' }, undefined],
    ['max-parts', { uploadId: UPLOAD_ID }, 'k'],
  ])('%s: 1 to 1000 with %j', async (name, query, key) => {
    const ask = (value: string) =>
      send({ method: 'GET', query: { ...query, [name]: value }, ...(key !== undefined && { key }) })
    for (const value of ['1', '1000']) expect([200, 404]).toContain((await ask(value)).status)
    for (const value of ['0', '1001']) {
      const answer = await ask(value)
      expect([answer.status, errorOf(answer)]).toEqual([
        400,
        expect.stringMatching(new RegExp(`^InvalidArgument \\d{4}-\\d{8} ${name}$`)),
      ])
    }
  })

  test.each<[string, Record<string, string>]>([
    ['prefix', {}],
    ['marker', {}],
    ['delimiter', {}],
    ['start-after', { 'list-type': '2' }],
    ['key-marker', { versions: '' }],
    ['prefix', { uploads: '' }],
    ['key-marker', { uploads: '' }],
  ])('%s: 1023 bytes with %j', async (name, query) => {
    const ask = (value: string) => send({ method: 'GET', query: { ...query, [name]: value } })
    expect((await ask(long(1023))).status).toBe(200)
    const answer = await ask(long(1024))
    expect([answer.status, errorOf(answer)]).toEqual([
      400,
      expect.stringMatching(new RegExp(`^InvalidArgument \\d{4}-\\d{8} ${name}$`)),
    ])
  })
})

describe('a callback', () => {
  // Nobody is asked: addresses of the own machine are not.
  const url = 'http://127.0.0.1/'
  const put = (callback: object) =>
    send({
      ...{ method: 'PUT', key: 'called', body: 'x' },
      headers: { 'x-oss-callback': Buffer.from(JSON.stringify(callback)).toString('base64') },
    })

  test('has one to five addresses', async () => {
    const withUrls = (count: number) =>
      put({ callbackUrl: Array.from({ length: count }, () => url).join(';'), callbackBody: 'x' })
    expect(outcomeOf(await withUrls(5))).toBe('203 CallbackFailed')
    expect(outcomeOf(await withUrls(6))).toBe('400 InvalidArgument')
  })

  test('has 5 KiB at most', async () => {
    const empty = JSON.stringify({ callbackUrl: url, callbackBody: '' }).length
    const ofLength = (length: number) =>
      put({ callbackUrl: url, callbackBody: 'x'.repeat((length / 4) * 3 - empty) })
    expect(outcomeOf(await ofLength(5 * KIB))).toBe('203 CallbackFailed')
    expect(outcomeOf(await ofLength(5 * KIB + 4))).toBe('400 InvalidArgument')
  })
})
