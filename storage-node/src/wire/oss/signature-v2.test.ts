import { createHmac } from 'node:crypto'
import { getSignatureV2 } from '@alicloud/oss-util/dist/signature.js'
import fc from 'fast-check'
import { formatHttpDate } from '../http-date.ts'
import { readAuthorization } from './read-authorization.ts'
import { parseQuery } from './request-head.ts'

const NOW_MS = 1702743657000
const date = formatHttpDate(NOW_MS)

function verify(
  headers: Record<string, string>,
  rawQuery: string,
  resource: { bucket: string | undefined; key: string | undefined },
  method = 'PUT',
) {
  const authorization = readAuthorization(
    { method, headers, query: parseQuery(rawQuery) },
    resource,
  )
  if (authorization.kind === 'anonymous') return 'anonymous'
  return authorization.verify('sk', NOW_MS)?.code ?? authorization.accessKeyId
}

test('whatever the official client signs verifies', () => {
  const name = fc.stringMatching(/^[a-z0-9-]{1,10}$/)
  const query = fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 12 }))
  // The client splits the path at a question mark: a key has none.
  const key = fc.stringMatching(/^[A-Za-z0-9/ é你!'()*+_.~-]{1,20}$/)
  const hasSubresource = fc.boolean()
  fc.assert(
    fc.property(key, query, hasSubresource, (objectName, parameters, isAcl) => {
      const headers = { date, 'content-type': 'text/plain', 'x-oss-meta-a': 'b' }
      const { signature } = getSignatureV2(
        {
          method: 'PUT',
          pathname: `/${objectName}${isAcl ? '?acl' : ''}`,
          query: parameters,
          headers,
        },
        'bucket',
        'sk',
      )
      const pairs = Object.entries(parameters).map(([n, v]) => `${n}=${encodeURIComponent(v)}`)
      if (isAcl) pairs.push('acl')
      const authorization = `OSS2 AccessKeyId:ak,Signature:${signature}`
      const resource = { bucket: 'bucket', key: objectName }
      expect(verify({ ...headers, authorization }, pairs.join('&'), resource)).toBe('ak')
      expect(verify({ ...headers, authorization }, `${pairs.join('&')}&z=1`, resource)).toBe(
        'SignatureDoesNotMatch',
      )
    }),
  )
})

test('the official client lists buckets with an empty resource', () => {
  const request = { method: 'GET', pathname: '/', query: {}, headers: { date } }
  const { signature } = getSignatureV2(request, '', 'sk')
  const authorization = `OSS2 AccessKeyId:ak,Signature:${signature}`
  const service = { bucket: undefined, key: undefined }
  expect(verify({ date, authorization }, '', service, 'GET')).toBe('ak')
})

test('additional headers are signed, listed in any order', () => {
  const text = `GET\n\n\n${date}\nif-modified-since:x\nrange:bytes=0-1\nx-oss-meta-a:b\nif-modified-since;range\n%2Fbucket%2Fk%2A?acl&versionId=1`
  const signature = createHmac('sha256', 'sk').update(text).digest('base64')
  const headers = {
    date,
    range: 'bytes=0-1',
    'if-modified-since': 'x',
    'x-oss-meta-a': 'b',
    authorization: `OSS2 AccessKeyId:ak,AdditionalHeaders:range;if-modified-since,Signature:${signature}`,
  }
  const resource = { bucket: 'bucket', key: 'k*' }
  expect(verify(headers, 'versionId=1&acl', resource, 'GET')).toBe('ak')
  const changed = { ...headers, range: 'bytes=0-2' }
  expect(verify(changed, 'versionId=1&acl', resource, 'GET')).toBe('SignatureDoesNotMatch')
})

test.each(['OSS2 ', 'OSS2 AccessKeyId:ak', 'OSS2 Signature:s', 'OSS2 AccessKeyId:a,AccessKeyId:b'])(
  'Authorization "%s" is malformed',
  (authorization) => {
    const resource = { bucket: 'b', key: 'k' }
    expect(() => verify({ date, authorization }, '', resource)).toThrow(/Authorization header/)
  },
)

test('a stale date is refused', () => {
  const headers = {
    date: formatHttpDate(NOW_MS - 1_000_000),
    authorization: 'OSS2 AccessKeyId:ak,Signature:s',
  }
  expect(verify(headers, '', { bucket: 'b', key: 'k' })).toBe('RequestTimeTooSkewed')
})

describe('in the URL', () => {
  const expires = NOW_MS / 1000 + 60
  const further = `acl&x-oss-signature-version=OSS2&x-oss-expires=${expires}&x-oss-access-key-id=ak`
  const resource = { bucket: 'bucket', key: 'dir/k*' }
  // The parameters as they are signed: sorted, and without the signature.
  const text = (names: string) =>
    `GET\n\n\n${expires}\n${names === '' ? '' : 'range:bytes=0-1\n'}${names}\n%2Fbucket%2Fdir%2Fk%2A` +
    `?acl&x-oss-access-key-id=ak${names && `&x-oss-additional-headers=${names}`}` +
    `&x-oss-expires=${expires}&x-oss-signature-version=OSS2`
  const queryOf = (names = '') => {
    const signature = createHmac('sha256', 'sk').update(text(names)).digest('base64')
    const additional = names && `&x-oss-additional-headers=${names}`
    return `${further}${additional}&x-oss-signature=${encodeURIComponent(signature)}`
  }

  test('every parameter is signed, and headers that are named', () => {
    expect(verify({}, queryOf(), resource, 'GET')).toBe('ak')
    expect(verify({}, queryOf(), resource, 'PUT')).toBe('SignatureDoesNotMatch')
    expect(verify({}, `${queryOf()}&versionId=1`, resource, 'GET')).toBe('SignatureDoesNotMatch')
    const range = (value: string) => verify({ range: value }, queryOf('range'), resource, 'GET')
    expect([range('bytes=0-1'), range('bytes=0-2')]).toEqual(['ak', 'SignatureDoesNotMatch'])
  })

  test('it is good until it expires', () => {
    const expired = queryOf().replaceAll(String(expires), String(NOW_MS / 1000 - 1))
    expect(verify({}, expired, resource, 'GET')).toBe('AccessDenied')
  })

  test.each(['x-oss-expires', 'x-oss-access-key-id', 'x-oss-signature'])('%s is needed', (name) => {
    const without = queryOf().replace(new RegExp(`&${name}=[^&]*`), '')
    expect(() => verify({}, without, resource, 'GET')).toThrow(/signed with V2 must have/)
  })
})
