import signUtils from 'ali-oss/lib/common/signUtils.js'
import fc from 'fast-check'
import { OssError } from '../../model/errors.ts'
import { formatIsoBasic } from '../http-date.ts'
import { readAuthorization } from './read-authorization.ts'
import { parseQuery, type HeaderValues, type RequestHead } from './request-head.ts'

const NOW_MS = 1702743657000
const SCOPE = '20231216/cn-hangzhou/oss/aliyun_v4_request'
const OBJECT = { bucket: 'bucket', key: '1234+-/123/1.txt' }
const ODD_QUERY = '%2Bparam1=value3&%2Bparam2=&param1=value1&param2=&%7Cparam1=value4&%7Cparam2='
const HEADERS = {
  'x-oss-head1': 'value',
  abc: 'value',
  zabc: 'value',
  xyz: 'value',
  'content-type': 'text/plain',
  'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
}

function verify(
  head: RequestHead,
  nowMs = NOW_MS,
  resource: { bucket: string | undefined; key: string | undefined } = OBJECT,
): OssError | string {
  const authorization = readAuthorization(head, resource)
  if (authorization.kind === 'anonymous') return 'anonymous'
  return authorization.verify('sk', nowMs) ?? authorization.accessKeyId
}

/** The refusal, whether it is found on reading or on verifying. */
function refusalOf(head: RequestHead, nowMs = NOW_MS): unknown {
  try {
    return verify(head, nowMs)
  } catch (error) {
    return error
  }
}

function request(headers: HeaderValues, rawQuery = '', method = 'PUT'): RequestHead {
  return { method, headers, query: parseQuery(rawQuery) }
}

test.each([
  [1702743657, `Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe`],
  [
    1702747512,
    'AdditionalHeaders=abc;zabc,Signature=4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f',
  ],
  [
    1702747512,
    ' Signature=4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f, AdditionalHeaders=ZAbc;abc;x-oss-head1',
  ],
])('the SDK vector at %d verifies with "%s"', (seconds, fields) => {
  const date = formatIsoBasic(seconds * 1000)
  const authorization = `OSS4-HMAC-SHA256 Credential=ak/${SCOPE},${fields}`
  const head = request({ ...HEADERS, 'x-oss-date': date, authorization }, ODD_QUERY)
  expect(verify(head, seconds * 1000)).toBe('ak')
})

test.each([
  ['', '20231217T025437Z', 'a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe'],
  [
    '&x-oss-additional-headers=abc%3Bzabc',
    '20231217T033009Z',
    '6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7',
  ],
  [
    '&x-oss-security-token=token',
    '20231217T035628Z',
    '3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5',
  ],
])('the SDK vector of a URL with "%s" verifies while it is valid', (further, date, signature) => {
  const credential = encodeURIComponent('ak/20231217/cn-hangzhou/oss/aliyun_v4_request')
  const rawQuery = `${ODD_QUERY}&x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=${credential}&x-oss-date=${date}&x-oss-expires=599${further}&x-oss-signature=${signature}`
  const sent = { 'content-type': 'application/octet-stream', 'x-oss-content-sha256': undefined }
  const head = request({ ...HEADERS, ...sent }, rawQuery)
  const startMs = Date.parse(date.replace(/^(....)(..)(.....)(..)(...)$/, '$1-$2-$3:$4:$5'))
  expect(verify(head, startMs)).toBe('ak')
  expect(verify(head, startMs + 599_000)).toBe('ak')
  expect(verify(head, startMs + 599_001)).toMatchObject({
    code: 'AccessDenied',
    ec: '0002-00000236',
  })
  expect(verify(head, startMs - 15 * 60 * 1000)).toBe('ak')
  expect(verify(head, startMs - 15 * 60 * 1000 - 1)).toMatchObject({ code: 'AccessDenied' })
})

test('a header that was signed and is not sent is missed by its name', () => {
  const further = { 'x-oss-additional-headers': 'email;name' }
  const rawQuery = new URLSearchParams({ ...PRESIGNED, ...further }).toString()
  expect(refusalOf(request({ name: 'barley' }, rawQuery))).toMatchObject({
    ...{ code: 'InvalidArgument', status: 400 },
    message: 'The signature covers the header "email", which must be sent',
  })
  const whole = request({ name: 'barley', email: 'a@b' }, rawQuery)
  expect(refusalOf(whole)).toMatchObject({ code: 'SignatureDoesNotMatch' })
})

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const word = fc
  .stringMatching(/^[A-Za-z0-9 !#$%&'*+./:;=?@_~-]{1,20}$/)
  .map((value) => value.trim())

test('without x-oss-date the text of Date is signed, as the first Go SDK does', () => {
  const head = request({
    'content-type': 'text/plain; charset=utf-8',
    date: 'Fri, 20 Nov 2026 21:23:24 GMT',
    'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
    // Recorded from ossutil 1.7.19.
    authorization:
      'OSS4-HMAC-SHA256 Credential=id/20261120/cn-hangzhou/oss/aliyun_v4_request,Signature=1e839bd47a85064c79d7c5dd2cb342f34c12995143dbc9f17faa43f01de0b116',
  })
  const authorization = readAuthorization(head, { bucket: 'bbb', key: undefined })
  const verdict =
    authorization.kind === 'signed' &&
    authorization.verify('secret', Date.UTC(2026, 10, 20, 21, 23))
  expect(verdict).toBeUndefined()
})

test('whatever ali-oss signs verifies, and a changed query, key or header does not', () => {
  // Names that sort alike by code unit and by locale: the client sorts by the latter.
  const names = fc.stringMatching(/^[a-z]{1,8}$/)
  const queries = fc.dictionary(names, fc.oneof(text, fc.constant(null)))
  const metadata = fc.dictionary(fc.stringMatching(/^x-oss-meta-[a-z0-9]{1,8}$/), word)
  const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(key, queries, metadata, fc.boolean(), (name, query, meta, withHost) => {
      const headers = {
        ...meta,
        host: 'bucket.localhost',
        'x-oss-date': formatIsoBasic(NOW_MS),
        'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
      }
      const authorization = signUtils.authorizationV4(
        'ak',
        'sk',
        'cn-hangzhou',
        'PUT',
        { headers, queries: query },
        'bucket',
        name,
        withHost ? ['Host'] : [],
      )
      const pieces = Object.entries(query).map(([parameter, value]) =>
        value === null ? parameter : `${parameter}=${encodeURIComponent(value)}`,
      )
      const head = request({ ...headers, authorization }, pieces.join('&'))
      const resource = { bucket: 'bucket', key: name }
      expect(verify(head, NOW_MS, resource)).toBe('ak')
      const mismatch = expect.objectContaining({ code: 'SignatureDoesNotMatch' })
      const changed = { ...head, query: [...head.query, ...parseQuery('A=1')] }
      expect(verify(changed, NOW_MS, resource)).toEqual(mismatch)
      expect(verify(head, NOW_MS, { bucket: 'bucket', key: `${name}/` })).toEqual(mismatch)
      const more = { ...head, headers: { ...head.headers, 'x-oss-acl': 'private' } }
      expect(verify(more, NOW_MS, resource)).toEqual(mismatch)
      const otherHost = { ...head, headers: { ...head.headers, host: 'elsewhere' } }
      expect(verify(otherHost, NOW_MS, resource)).toEqual(withHost ? mismatch : 'ak')
    }),
  )
})

const DATED = { ...HEADERS, 'x-oss-date': formatIsoBasic(NOW_MS) }

test.each([
  ['OSS4-HMAC-SHA256 ', 'InvalidArgument'],
  [`OSS4-HMAC-SHA256 Credential=ak/${SCOPE}`, 'InvalidArgument'],
  ['OSS4-HMAC-SHA256 Signature=abc', 'InvalidArgument'],
  [`OSS4-HMAC-SHA256 Credential=ak/${SCOPE},Signature=a,Signature=b`, 'InvalidArgument'],
  [`OSS4-HMAC-SHA256 Credential=/${SCOPE},Signature=a`, 'InvalidArgument'],
  ['OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss,Signature=a', 'InvalidArgument'],
  [`OSS4-HMAC-SHA256 Credential=ak/${SCOPE}/x,Signature=a`, 'InvalidArgument'],
  [
    'OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/ossvector/aliyun_v4_request,Signature=a',
    'InvalidArgument',
  ],
  [
    'OSS4-HMAC-SHA256 Credential=ak/20231217/cn-hangzhou/oss/aliyun_v4_request,Signature=a',
    'InvalidArgument',
  ],
  [`OSS4-HMAC-SHA256 Credential=ak/${SCOPE},AdditionalHeaders=,Signature=a`, 'InvalidArgument'],
  [`OSS4-HMAC-SHA256 Credential=ak/${SCOPE},AdditionalHeaders=a;;b,Signature=a`, 'InvalidArgument'],
  [`OSS4-HMAC-SHA256 Credential=ak/${SCOPE},Signature=a`, 'SignatureDoesNotMatch'],
])('Authorization "%s" is refused with %s', (authorization, code) => {
  const refusal = refusalOf(request({ ...DATED, authorization }))
  expect(refusal).toBeInstanceOf(OssError)
  expect(refusal).toMatchObject({ code })
})

test.each([
  [{}, 'AccessDenied'],
  [{ 'x-oss-date': 'Sat, 16 Dec 2023 16:20:57 GMT' }, 'AccessDenied'],
  [{ date: 'Sat, 16 Dec 2023 16:20:57 GMT' }, 'SignatureDoesNotMatch'],
  [{ date: 'Sat, 16 Dec 2023 16:05:56 GMT' }, 'RequestTimeTooSkewed'],
  [{ date: 'Sat, 16 Dec 2023 16:35:58 GMT' }, 'RequestTimeTooSkewed'],
])('dated by %j it is refused with %s', (dates, code) => {
  const authorization = `OSS4-HMAC-SHA256 Credential=ak/${SCOPE},Signature=a`
  expect(refusalOf(request({ ...HEADERS, ...dates, authorization }))).toMatchObject({ code })
})

const PRESIGNED: Readonly<Record<string, string>> = {
  'x-oss-signature-version': 'OSS4-HMAC-SHA256',
  'x-oss-credential': `ak/${SCOPE}`,
  'x-oss-date': formatIsoBasic(NOW_MS),
  'x-oss-expires': '60',
  'x-oss-signature': 'a',
}

test.each([
  ['x-oss-signature-version', 'OSS3', 'InvalidArgument', undefined],
  ['x-oss-signature-version', 'OSS2', 'InvalidArgument', undefined],
  ['x-oss-credential', '', 'InvalidArgument', undefined],
  ['x-oss-date', '2023', 'InvalidArgument', undefined],
  ['x-oss-signature', '', 'InvalidArgument', undefined],
  ['x-oss-expires', '0', 'InvalidArgument', '0002-00000232'],
  ['x-oss-expires', '604801', 'InvalidArgument', '0002-00000232'],
  ['x-oss-expires', '1e3', 'InvalidArgument', '0002-00000232'],
  ['x-oss-expires', '604800', 'SignatureDoesNotMatch', '0002-00000040'],
  ['x-oss-expires', '1', 'SignatureDoesNotMatch', '0002-00000040'],
])('a URL with %s=%s is refused with %s', (name, value, code, ec) => {
  const rawQuery = new URLSearchParams({ ...PRESIGNED, [name]: value }).toString()
  expect(refusalOf(request({}, rawQuery))).toMatchObject({ code, ...(ec !== undefined && { ec }) })
})

test('a URL signature beside a header signature is refused', () => {
  const head = request({ authorization: 'OSS ak:s' }, new URLSearchParams(PRESIGNED).toString())
  expect(refusalOf(head)).toMatchObject({ code: 'InvalidArgument' })
})
