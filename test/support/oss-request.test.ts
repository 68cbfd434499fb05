/**
 * The tests' own signer signs as the reference says (oss.md 2.2).
 *
 * @module
 */

import { pathOf, signedHeaders } from './oss-request.ts'

const access = {
  endpoint: 'http://127.0.0.1',
  region: 'cn-hangzhou',
  accessKeyId: '44CF9590006BF252F707',
  accessKeySecret: 'OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV',
}

test('the documented example has the documented signature', () => {
  const headers = signedHeaders(access, {
    method: 'PUT',
    bucket: 'oss-example',
    key: 'nelson',
    headers: {
      'Content-MD5': 'ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=',
      'Content-Type': 'text/html',
      Date: 'Thu, 17 Nov 2005 18:49:58 GMT',
      'X-OSS-Meta-Author': 'foo@bar.com',
      'X-OSS-Magic': 'abracadabra',
    },
  })
  expect(headers['authorization']).toBe('OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA=')
})

test.each([
  [{}, '/'],
  [{ bucket: 'b' }, '/b/'],
  [{ bucket: 'b', key: 'a b/ü+%?.txt' }, '/b/a%20b/%C3%BC%2B%25%3F.txt'],
  [{ bucket: 'b', query: { acl: '', prefix: 'a/b' } }, '/b/?acl&prefix=a%2Fb'],
])('%j has the path %s', (spec, path) => {
  expect(pathOf({ method: 'GET', ...spec })).toBe(path)
})
