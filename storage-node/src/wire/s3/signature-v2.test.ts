import { createHmac } from 'node:crypto'
import { formatHttpDate } from '../http-date.ts'
import type { SignedResource } from '../oss/authorization.ts'
import type { S3RequestHead } from './authorization.ts'
import { readS3Authorization } from './read-authorization.ts'
import { headOf } from './signing-fixtures.ts'

// Access key and signatures of the examples of the S3 reference.
const ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const NOW_MS = Date.UTC(2026, 10, 20, 12, 0, 0)
const NOW = formatHttpDate(NOW_MS)

const johnsmith: SignedResource = { bucket: 'johnsmith', key: 'k', style: 'virtualHost' }
const byPath: SignedResource = { ...johnsmith, style: 'path' }

function verdict(head: S3RequestHead, resource: SignedResource, nowMs = NOW_MS): unknown {
  try {
    const authorization = readS3Authorization(head, resource)
    if (authorization.kind === 'anonymous') return 'anonymous'
    return authorization.verify(SECRET, nowMs) ?? authorization.accessKeyId
  } catch (error) {
    return error
  }
}

interface Example {
  readonly request: readonly [method: string, target: string]
  readonly headers: Record<string, string>
  readonly signature: string
  readonly bucket: string | undefined
}

const metadata = {
  'content-type': 'application/x-download',
  'content-md5': '4gJE4saaMU4BqNR0kLY+lw==',
  'x-amz-acl': 'public-read',
  'X-Amz-Meta-ReviewedBy': 'joe@johnsmith.net,jane@johnsmith.net',
  'X-Amz-Meta-FileChecksum': '0x02661779',
  'X-Amz-Meta-ChecksumAlgorithm': 'crc32',
}

test.each<Example>([
  {
    request: ['GET', '/photos/puppy.jpg'],
    headers: { date: 'Tue, 27 Mar 2007 19:36:42 +0000' },
    signature: 'bWq2s1WEIj+Ydj0vQ697zp+IXMU=',
    bucket: 'johnsmith',
  },
  {
    request: ['PUT', '/photos/puppy.jpg'],
    headers: { date: 'Tue, 27 Mar 2007 21:15:45 +0000', 'content-type': 'image/jpeg' },
    signature: 'MyyxeRY7whkBe+bq8fHCL/2kKUg=',
    bucket: 'johnsmith',
  },
  {
    request: ['GET', '/?prefix=photos&max-keys=50&marker=puppy'],
    headers: { date: 'Tue, 27 Mar 2007 19:42:41 +0000' },
    signature: 'htDYFYduRNen8P9ZfE/s9SuKy0U=',
    bucket: 'johnsmith',
  },
  {
    request: ['GET', '/?acl'],
    headers: { date: 'Tue, 27 Mar 2007 19:44:46 +0000' },
    signature: 'c2WLPFtWHVgbEmeEG93a4cG37dM=',
    bucket: 'johnsmith',
  },
  {
    request: ['PUT', '/db-backup.dat.gz'],
    headers: { date: 'Tue, 27 Mar 2007 21:06:08 +0000', ...metadata },
    signature: 'ilyl83RwaSoYIEdixDQcA4OnAnc=',
    bucket: 'static.johnsmith.net',
  },
  {
    request: ['GET', '/'],
    headers: { date: 'Wed, 28 Mar 2007 01:29:59 +0000' },
    signature: 'qGdzdERIC03wnaRNKh6OqZehG9s=',
    bucket: undefined,
  },
  {
    request: ['GET', '/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re'],
    headers: { date: 'Wed, 28 Mar 2007 01:49:49 +0000' },
    signature: 'DNEZGsoieTZ92F3bUfSPQcbGmlM=',
    bucket: undefined,
  },
])('the published example $request verifies', ({ request, headers, signature, bucket }) => {
  const [method, target] = request
  const resource: SignedResource = { bucket, key: 'k', style: 'virtualHost' }
  const nowMs = Date.parse(headers['date'] ?? '')
  const authorization = `AWS ${ID}:${signature}`
  expect(verdict(headOf(method, target, { ...headers, authorization }), resource, nowMs)).toBe(ID)
  const changed = headOf('HEAD', target, { ...headers, authorization })
  expect(verdict(changed, resource, nowMs)).toMatchObject({ code: 'SignatureDoesNotMatch' })
  const late = verdict(headOf(method, target, { ...headers, authorization }), resource)
  expect(late).toMatchObject({ code: 'RequestTimeTooSkewed' })
})

const EXAMPLE_URL = `/photos/puppy.jpg?AWSAccessKeyId=${ID}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620`

test('the published URL verifies until it expires, for its object alone', () => {
  const endMs = 1175139620000
  expect(verdict(headOf('GET', EXAMPLE_URL, {}), johnsmith, endMs)).toBe(ID)
  expect(verdict(headOf('GET', EXAMPLE_URL, {}), johnsmith, endMs + 1)).toMatchObject({
    ...{ code: 'AccessDenied', message: 'Request has expired.' },
  })
  const mismatch = { code: 'SignatureDoesNotMatch' }
  for (const target of [`${EXAMPLE_URL}&acl`, EXAMPLE_URL.replace('puppy', 'kitten')]) {
    expect(verdict(headOf('GET', target, {}), johnsmith, endMs)).toMatchObject(mismatch)
  }
  // Whoever has the link cannot say what it is answered with, nor add what means something.
  const further = `${EXAMPLE_URL}&X-Amz-Acl=public-read`
  expect(verdict(headOf('GET', further, {}), johnsmith, endMs)).toMatchObject(mismatch)
  const withHeader = headOf('GET', EXAMPLE_URL, { 'x-amz-meta-a': 'a' })
  expect(verdict(withHeader, johnsmith, endMs)).toMatchObject(mismatch)
  const ofOss = headOf('GET', EXAMPLE_URL, { 'x-oss-object-acl': 'public-read' })
  expect(verdict(ofOss, johnsmith, endMs)).toMatchObject({
    ...{ code: 'AccessDenied', details: [{ name: 'HeadersNotSigned', value: 'x-oss-object-acl' }] },
  })
})

test('a key below the name of its bucket is not the bucket', () => {
  const text = `GET\n\n\n${NOW}\n/johnsmith/k`
  const authorization = `AWS ${ID}:${createHmac('sha1', SECRET).update(text).digest('base64')}`
  const head = headOf('GET', '/johnsmith/k', { date: NOW, authorization })
  expect(verdict(head, byPath)).toBe(ID)
  expect(verdict(head, johnsmith)).toMatchObject({ code: 'SignatureDoesNotMatch' })
})

test.each([
  ['header', '?tagging&uploadId=a b', ID],
  ['header', '?uploadId=a b', ID],
  ['URL', '?tagging&uploadId=a b', ID],
  ['URL', '?uploadId=a b', expect.objectContaining({ code: 'SignatureDoesNotMatch' })],
])('a signature in the %s may know no more than %s: %s', (where, signed, outcome) => {
  const expires = String(NOW_MS / 1000)
  const text = `GET\n\n\n${where === 'URL' ? expires : NOW}\n/johnsmith/k${signed}`
  const signature = createHmac('sha1', SECRET).update(text).digest('base64')
  const target = '/johnsmith/k?uploadId=a%20b&tagging'
  const url = `AWSAccessKeyId=${ID}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`
  const head =
    where === 'URL'
      ? headOf('GET', `${target}&${url}`, {})
      : headOf('GET', target, { date: NOW, authorization: `AWS ${ID}:${signature}` })
  expect(verdict(head, byPath)).toEqual(outcome)
})

test('headers are signed in the order of their names', () => {
  const headers = {
    'x-amz-copy-source-if-match': 'etag',
    'x-amz-copy-source': 'johnsmith/other',
    date: NOW,
  }
  const text = `PUT\n\n\n${NOW}\nx-amz-copy-source:johnsmith/other\nx-amz-copy-source-if-match:etag\n/johnsmith/k`
  const signature = createHmac('sha1', SECRET).update(text).digest('base64')
  const authorization = `AWS ${ID}:${signature}`
  expect(verdict(headOf('PUT', '/johnsmith/k', { ...headers, authorization }), byPath)).toBe(ID)
})

test.each([
  ['AWS', 'InvalidArgument'],
  ['AWS ak', 'InvalidArgument'],
  ['AWS ak:', 'InvalidArgument'],
  ['AWS :abc', 'InvalidArgument'],
  ['AWS ak:abc', 'SignatureDoesNotMatch'],
])('Authorization "%s" is refused with %s', (authorization, code) => {
  const head = headOf('GET', '/johnsmith/k', { date: NOW, authorization })
  expect(verdict(head, byPath)).toMatchObject({ code })
})

test.each([
  [{}, 'AccessDenied'],
  [{ date: 'now' }, 'AccessDenied'],
  [{ date: NOW, 'x-amz-date': 'now' }, 'AccessDenied'],
  [{ date: 'now', 'x-amz-date': NOW }, 'SignatureDoesNotMatch'],
  [{ date: NOW, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }, 'InvalidRequest'],
])('dated by %j it is refused with %s', (headers, code) => {
  const head = headOf('GET', '/johnsmith/k', { ...headers, authorization: 'AWS ak:abc' })
  expect(verdict(head, byPath)).toMatchObject({ code })
})

test.each([
  'AWSAccessKeyId=ak',
  'AWSAccessKeyId=ak&Signature=a',
  'AWSAccessKeyId=ak&Signature=a&Expires=soon',
  'Signature=a&Expires=1175139620',
])('a URL with %s is refused', (query) => {
  expect(verdict(headOf('GET', `/johnsmith/k?${query}`, {}), byPath)).toMatchObject({
    ...{ code: 'AccessDenied', status: 403 },
  })
})
