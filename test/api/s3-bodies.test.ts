/**
 * Bodies as S3 clients send them arrive whole, or leave nothing behind; signatures of every kind let in
 * who made them.
 *
 * @module
 */

import type { S3 } from '@aws-sdk/client-s3'
import aws4 from 'aws4'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { s3Client } from '../support/s3-client.ts'
import { sendPlain, sendS3Request, sendSignedFrames } from '../support/s3-frames.ts'

const Bucket = 's3-bodies'
const data = randomBytes(70_000)
const pieces = [data.subarray(0, 65_536), data.subarray(65_536)]
const checksum = Buffer.alloc(4)
checksum.writeUInt32BE(crc32(data))
const trailer = ['x-amz-checksum-crc32', checksum.toString('base64')] as const
const NOT_SIGNED = '0'.repeat(64)
let api: TestApi
let s3: S3
beforeAll(async () => {
  api = await startApi()
  s3 = s3Client(api.owner)
  await s3.createBucket({ Bucket })
})
afterEach(() => expect(api.region.slabs.usedCount).toBe(0))
afterAll(async () => {
  expect(api.bugs).toEqual([])
  s3.destroy()
  await api.stop()
})

/** What the object has, and how it says that it is encoded; undefined when there is none. */
async function stored(Key: string): Promise<[bytes: Buffer, encoding: unknown] | undefined> {
  const { status, body, headers } = await api.send({ method: 'GET', bucket: Bucket, key: Key })
  return status === 200 ? [Buffer.from(body), headers['content-encoding']] : undefined
}

test('a body that is signed piece by piece arrives without its frames', async () => {
  expect(outcomeOf(await sendSignedFrames(api.owner, `/${Bucket}/signed`, { pieces }))).toBe('200')
  expect(await stored('signed')).toEqual([data, undefined])
  const withTrailer = { pieces, trailer }
  const answer = await sendSignedFrames(api.owner, `/${Bucket}/behind`, withTrailer)
  expect(outcomeOf(answer)).toBe('200')
  expect(await stored('behind')).toEqual([data, undefined])
})

test.each<[what: string, change: (framed: string) => string, outcome: string]>([
  // The signature of a large piece is looked at on another thread: the checksum says so first.
  ['a byte of the first piece', (f) => flip(f, 200), '400 BadDigest'],
  ['a byte of the last piece', (f) => flip(f, 66_000), '403 SignatureDoesNotMatch'],
  [
    'the signature of a piece',
    (f) => f.replace(/[0-9a-f]{64}/, NOT_SIGNED),
    '403 SignatureDoesNotMatch',
  ],
  ['a byte of the checksum', (f) => flip(f, f.indexOf(trailer[1])), '403 SignatureDoesNotMatch'],
  ['a byte of the last signature', (f) => flip(f, f.length - 10), '403 SignatureDoesNotMatch'],
  ['the end', (f) => f.slice(0, f.indexOf('0;chunk')), '400 IncompleteBody'],
  ['the size of a piece', (f) => f.replace('10000;', '20000;'), '400 IncompleteBody'],
])('nothing is made of a body in which somebody changes %s', async (_what, change, outcome) => {
  const target = `/${Bucket}/changed`
  const answer = await sendSignedFrames(api.owner, target, { pieces, trailer }, change)
  expect(outcomeOf(answer)).toBe(outcome)
  expect(await stored('changed')).toBeUndefined()
})

function flip(framed: string, at: number): string {
  const other = String.fromCharCode(framed.charCodeAt(at) ^ 1)
  return framed.slice(0, at) + other + framed.slice(at + 1)
}

test('a piece that lies in two buffers and two chunks of an object is verified as a whole', async () => {
  const large = Buffer.alloc(5_000_000, data)
  const cut = { pieces: [0, 1, 2, 3, 4].map((at) => large.subarray(at * 1e6, (at + 1) * 1e6)) }
  const send = (change?: (framed: string) => string) =>
    sendSignedFrames(api.owner, `/${Bucket}/large`, cut, change)
  for (const at of [1_048_000, 4_100_000, 4_400_000]) {
    expect(outcomeOf(await send((framed) => flip(framed, at)))).toBe('403 SignatureDoesNotMatch')
    expect(await stored('large')).toBeUndefined()
  }
  expect(outcomeOf(await send())).toBe('200')
  expect((await stored('large'))?.[0].equals(large)).toBe(true)
})

test.each<[what: string, headers: Record<string, string>, outcome: string]>([
  ['its hash', { 'x-amz-content-sha256': sha256(data) }, '200'],
  ['another hash', { 'x-amz-content-sha256': sha256('') }, '400 XAmzContentSHA256Mismatch'],
  ['its checksum', { [trailer[0]]: trailer[1] }, '200'],
  ['another checksum', { [trailer[0]]: 'AAAAAA==' }, '400 BadDigest'],
  ['no checksum', { [trailer[0]]: 'none' }, '400 InvalidRequest'],
])('a body with %s in its head is answered: %j', async (what, headers, outcome) => {
  const Key = what.replaceAll(' ', '-')
  const request = { method: 'PUT', target: `/${Bucket}/${Key}`, headers, body: data }
  expect(outcomeOf(await sendS3Request(api.owner, request))).toBe(outcome)
  expect(await stored(Key)).toEqual(outcome === '200' ? [data, undefined] : undefined)
})

test('a stream that the SDK sends with its checksum behind it arrives', async () => {
  const Body = Readable.from([data.subarray(0, 1000), data.subarray(1000)])
  await s3.putObject({ Bucket, Key: 'stream', Body, ContentLength: data.byteLength })
  expect(await stored('stream')).toEqual([data, undefined])
})

test('a link that is signed with V4 lets anybody put and get one object', async () => {
  const { region, accessKeyId, accessKeySecret: secretAccessKey, endpoint } = api.owner
  const link = (method: string) =>
    aws4.sign(
      {
        ...{ service: 's3', region, method, signQuery: true, path: `/${Bucket}/link` },
        headers: { host: new URL(endpoint).host },
      },
      { accessKeyId, secretAccessKey },
    ).path ?? ''
  const put = await sendPlain(api.owner, { method: 'PUT', target: link('PUT'), body: data })
  expect(outcomeOf(put)).toBe('200')
  const got = await sendPlain(api.owner, { method: 'GET', target: link('GET') })
  expect(Buffer.from(got.body)).toEqual(data)
  const other = link('GET').replace('/link?', '/stream?')
  const refused = await sendPlain(api.owner, { method: 'GET', target: other })
  expect(outcomeOf(refused)).toBe('403 SignatureDoesNotMatch')
  const headers = { 'x-amz-acl': 'public-read' }
  const further = { method: 'PUT', target: link('PUT'), headers, body: data }
  expect(outcomeOf(await sendPlain(api.owner, further))).toBe('403 AccessDenied')
})

test.each([
  ['path', `/${Bucket}/old`, {}],
  ['virtual host', '/old', { host: `${Bucket}.s3.localhost` }],
])('signature V2 lets in, by %s', async (_style, target, host) => {
  const { accessKeyId, accessKeySecret } = api.owner
  const date = new Date().toUTCString()
  const signed = (method: string, text: string) =>
    createHmac('sha1', accessKeySecret)
      .update(`${method}\n\n\n${text}\n/${Bucket}/old`)
      .digest('base64')
  const authorization = `AWS ${accessKeyId}:${signed('PUT', date)}`
  const headers = { ...host, date, authorization }
  expect(
    outcomeOf(await sendPlain(api.owner, { method: 'PUT', target, headers, body: data })),
  ).toBe('200')
  const expires = String(Math.floor(Date.now() / 1000) + 60)
  const signature = encodeURIComponent(signed('GET', expires))
  const url = `${target}?AWSAccessKeyId=${accessKeyId}&Expires=${expires}&Signature=${signature}`
  const got = await sendPlain(api.owner, { method: 'GET', target: url, headers: host })
  expect(Buffer.from(got.body)).toEqual(data)
})

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
