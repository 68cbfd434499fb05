import { createHmac } from 'node:crypto'
import signUtils from 'ali-oss/lib/common/signUtils.js'
import fc from 'fast-check'
import { OssError } from '../../model/errors.ts'
import { formatHttpDate, parseHttpDate } from '../http-date.ts'
import { readAuthorization } from './read-authorization.ts'
import { parseQuery, type HeaderValues, type RequestHead } from './request-head.ts'

const NOW_MS = parseHttpDate('Wed, 28 Dec 2022 10:27:41 GMT') ?? 0

/** What comes of verifying a request: the access key id, or the code of the refusal. */
function verify(
  head: RequestHead,
  resource: { bucket?: string; key?: string },
  secret = 'sk',
  nowMs = NOW_MS,
): OssError | string {
  const authorization = readAuthorization(head, { bucket: undefined, key: undefined, ...resource })
  if (authorization.kind === 'anonymous') return 'anonymous'
  return authorization.verify(secret, nowMs) ?? authorization.accessKeyId
}

function request(method: string, headers: HeaderValues, rawQuery = ''): RequestHead {
  return { method, headers, query: parseQuery(rawQuery) }
}

test('the documented example verifies', () => {
  const head = request('PUT', {
    authorization: 'OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA=',
    'content-md5': 'ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=',
    'content-type': 'text/html',
    date: 'Thu, 17 Nov 2005 18:49:58 GMT',
    'x-oss-meta-author': 'foo@bar.com',
    'x-oss-magic': 'abracadabra',
  })
  const signedMs = parseHttpDate('Thu, 17 Nov 2005 18:49:58 GMT')
  const secret = 'OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV'
  expect(verify(head, { bucket: 'oss-example', key: 'nelson' }, secret, signedMs)).toBe(
    '44CF9590006BF252F707',
  )
})

const SDK_HEADERS = {
  'content-md5': 'eB5eJF1ptWaXm4bijSPyxw==',
  'content-type': 'text/html',
  'x-oss-meta-author': 'alice',
  'x-oss-meta-magic': 'abracadabra',
  'x-oss-date': 'Wed, 28 Dec 2022 10:27:41 GMT',
}
const DATE_ONLY = { 'x-oss-date': 'Wed, 28 Dec 2022 10:27:41 GMT' }

test.each([
  ['PUT', SDK_HEADERS, '', 'nelson', 'kSHKmLxlyEAKtZPkJhG9bZb5k7M='],
  ['PUT', SDK_HEADERS, 'acl', 'nelson', '/afkugFbmWDQ967j1vr6zygBLQk='],
  ['GET', DATE_ONLY, 'resourceGroup&non-resousce=null', '', 'vkQmfuUDyi1uDi3bKt67oemssIs='],
  ['GET', DATE_ONLY, 'resourceGroup&acl', '', 'x3E5TgOvl/i7PN618s5mEvpJDYk='],
])('the SDK vector %s %# verifies', (method, headers, rawQuery, key, signature) => {
  const head = request(method, { ...headers, authorization: `OSS ak:${signature}` }, rawQuery)
  expect(verify(head, { bucket: 'examplebucket', ...(key !== '' && { key }) })).toBe('ak')
})

test.each([
  ['key', 1699807420, 'dcLTea%2BYh9ApirQ8o8dOPqtvJXQ%3D', ''],
  ['key+123', 1699808204, 'jzKYRrM5y6Br0dRFPaTGOsbrDhY%3D', '&security-token=token'],
])('the SDK vector of a URL for %s verifies until it expires', (key, expires, signature, token) => {
  const rawQuery = `Expires=${expires}&OSSAccessKeyId=ak&Signature=${signature}${token}&versionId=versionId`
  const head = request('GET', {}, rawQuery)
  expect(verify(head, { bucket: 'bucket', key }, 'sk', expires * 1000)).toBe('ak')
  const late = verify(head, { bucket: 'bucket', key }, 'sk', expires * 1000 + 1)
  expect(late).toMatchObject({ code: 'AccessDenied', message: 'Request has expired.' })
})

// Printable ASCII: what other characters do in headers, clients disagree about.
const word = fc.stringMatching(/^[A-Za-z0-9 !#$%&'*+./:;=?@_~-]{1,20}$/).map((text) => text.trim())
const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const subresources = fc.dictionary(
  fc.constantFrom(
    'acl',
    'uploadId',
    'partNumber',
    'response-content-type',
    'x-oss-process',
    'stat',
  ),
  fc.oneof(fc.constant(''), word),
)

test('whatever ali-oss signs in a header verifies, and nothing else does', () => {
  const metadata = fc.dictionary(fc.stringMatching(/^x-oss-meta-[a-z0-9]{1,8}$/), word)
  fc.assert(
    fc.property(key, subresources, metadata, word, (name, parameters, meta, type) => {
      const headers = { ...meta, 'content-type': type, 'x-oss-date': formatHttpDate(NOW_MS) }
      const text = signUtils.buildCanonicalString('PUT', `/examplebucket/${name}`, {
        headers,
        parameters,
      })
      const signature = signUtils.computeSignature('sk', text)
      const rawQuery = `prefix=p&${new URLSearchParams(parameters).toString()}`
      const head = request('PUT', { ...headers, authorization: `OSS ak:${signature}` }, rawQuery)
      expect(verify(head, { bucket: 'examplebucket', key: name })).toBe('ak')
      expect(verify(head, { bucket: 'examplebucket', key: `${name}x` })).toBeInstanceOf(OssError)
      expect(verify({ ...head, method: 'GET' }, { bucket: 'examplebucket', key: name })).toEqual(
        expect.objectContaining({ code: 'SignatureDoesNotMatch' }),
      )
    }),
  )
})

test('header bytes above 127 are signed as they are sent', () => {
  const sent = Buffer.from('café à').toString('latin1')
  const date = formatHttpDate(NOW_MS)
  const text = `GET\n\n\n${date}\nx-oss-meta-a:café à\n/b/k`
  const signature = createHmac('sha1', 'sk').update(text).digest('base64')
  const head = request('GET', { date, 'x-oss-meta-a': sent, authorization: `OSS ak:${signature}` })
  expect(verify(head, { bucket: 'b', key: 'k' })).toBe('ak')
})

// Lists of signed parameters drift between clients: each of these signs less than the union.
test.each([
  ['prefix=a&continuation-token=t', '', 'documented list'],
  ['inventory&continuation-token=t&x-oss-future=1', '?continuation-token=t&inventory', 'Go v1'],
  ['x-oss-future=1&acl', '?acl&x-oss-future=1', 'Go v2'],
])('%s signed as "%s" by a client of the %s verifies', (rawQuery, signed) => {
  const date = formatHttpDate(NOW_MS)
  const signature = createHmac('sha1', 'sk')
    .update(`GET\n\n\n${date}\n/b/${signed}`)
    .digest('base64')
  const head = request('GET', { date, authorization: `OSS ak:${signature}` }, rawQuery)
  expect(verify(head, { bucket: 'b' })).toBe('ak')
})

test('a mismatch shows what was signed, and no secret', () => {
  const date = formatHttpDate(NOW_MS)
  const head = request('GET', { date, authorization: 'OSS ak:wrong' }, 'acl')
  const refusal = verify(head, { bucket: 'b', key: 'ü' }, 'top-secret')
  expect(refusal).toMatchObject({
    code: 'SignatureDoesNotMatch',
    details: [
      { name: 'OSSAccessKeyId', value: 'ak' },
      { name: 'SignatureProvided', value: 'wrong' },
      { name: 'StringToSign', value: `GET\n\n\n${date}\n/b/ü?acl` },
      { name: 'StringToSignBytes', value: expect.stringMatching(/^47 45 54 0A .* C3 BC 3F 61/) },
    ],
  })
  expect(JSON.stringify(refusal)).not.toContain('top-secret')
})

test.each([
  [15 * 60 * 1000, 'SignatureDoesNotMatch'],
  [-15 * 60 * 1000, 'SignatureDoesNotMatch'],
  [15 * 60 * 1000 + 1000, 'RequestTimeTooSkewed'],
  [-15 * 60 * 1000 - 1000, 'RequestTimeTooSkewed'],
])('a clock that is %d ms off gives %s', (skewMs, code) => {
  const head = request('GET', { date: formatHttpDate(NOW_MS + skewMs), authorization: 'OSS ak:s' })
  expect(verify(head, {})).toMatchObject({ code })
})

test.each([
  [{ authorization: 'OSS ak:sig' }, '', 'AccessDenied'],
  [{ authorization: 'OSS ak:sig', date: 'yesterday' }, '', 'AccessDenied'],
  [{ authorization: 'OSS ak:sig', 'x-oss-date': '20221228T102741Z' }, '', 'AccessDenied'],
  [{}, `Expires=${NOW_MS / 1000}&OSSAccessKeyId=ak`, 'AccessDenied'],
  [{}, `Expires=${NOW_MS / 1000}&Signature=s`, 'AccessDenied'],
  [{}, 'OSSAccessKeyId=ak&Signature=s', 'AccessDenied'],
  [{}, 'OSSAccessKeyId=ak&Signature=s&Expires=soon', 'AccessDenied'],
  [{}, 'OSSAccessKeyId=ak&Signature=s&Expires=-1', 'AccessDenied'],
  [{}, `OSSAccessKeyId=ak&Signature=s&Expires=${NOW_MS / 1000 - 1}`, 'AccessDenied'],
  [{}, `OSSAccessKeyId=ak&Signature=s&Expires=${NOW_MS / 1000}`, 'SignatureDoesNotMatch'],
  [{ authorization: 'OSS ak' }, '', 'InvalidArgument'],
  [{ authorization: 'OSS :sig' }, '', 'InvalidArgument'],
  [{ authorization: 'OSS ak:' }, '', 'InvalidArgument'],
  [{ authorization: 'Basic abc' }, '', 'InvalidArgument'],
  [{ authorization: '' }, '', 'InvalidArgument'],
  [{ authorization: 'OSS ak:sig' }, 'Expires=1&Signature=s&OSSAccessKeyId=ak', 'InvalidArgument'],
  [{ authorization: 'AWS4-HMAC-SHA256 Credential=x' }, '', 'NotImplemented'],
])('%j with query "%s" is refused with %s', (headers, rawQuery, code) => {
  let refusal: unknown
  try {
    refusal = verify(request('GET', headers, rawQuery), { bucket: 'b', key: 'k' })
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(OssError)
  expect(refusal).toMatchObject({ code })
})

test('the first of repeated parameters counts', () => {
  const expires = NOW_MS / 1000
  const signature = createHmac('sha1', 'sk')
    .update(`GET\n\n\n${expires}\n/b/k?acl`)
    .digest('base64')
  const rawQuery = `acl&OSSAccessKeyId=ak&Expires=${expires}&Signature=${encodeURIComponent(signature)}`
  const head = request('GET', {}, `${rawQuery}&Expires=9&Signature=x&OSSAccessKeyId=y&acl=z`)
  expect(verify(head, { bucket: 'b', key: 'k' })).toBe('ak')
})

test('a request without any signature is anonymous', () => {
  expect(verify(request('GET', { date: 'x' }, 'prefix=a'), { bucket: 'b' })).toBe('anonymous')
})
