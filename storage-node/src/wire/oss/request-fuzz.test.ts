import fc from 'fast-check'
import { OssError } from '../../model/errors.ts'
import { decodeObjectKey } from '../../model/object-key.ts'
import { endpointSuffixes, resolveAddress } from './addressing.ts'
import { readObjectMetadata } from './object-headers.ts'
import { readAuthorization } from './read-authorization.ts'
import { parseHeaders, parseQuery, splitTarget } from './request-head.ts'

// Characters as Node hands out bytes of a request line or a header.
const latin1 = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes))
const scheme = fc.constantFrom('OSS ', 'OSS2 ', 'OSS4-HMAC-SHA256 ', 'AWS ', '')
const piece = fc.constantFrom(
  ...['ak:', 'Credential=ak/20260101/cn-x/oss/aliyun_v4_request', ',', ';', 'Signature=a', '='],
  ...['AdditionalHeaders=a;b', 'AccessKeyId:ak', 'Signature:s', ':', '/', ' '],
)
const authorization = fc
  .tuple(scheme, fc.array(fc.oneof(piece, latin1), { maxLength: 6 }))
  .map(([first, rest]) => first + rest.join(''))
const parameter = fc.oneof(
  fc.constantFrom('Signature', 'OSSAccessKeyId', 'Expires', 'acl', 'uploadId', 'x-oss-process'),
  fc.constantFrom('x-oss-signature', 'x-oss-signature-version', 'x-oss-date', 'x-oss-expires'),
  fc.constantFrom('x-oss-credential', 'x-oss-additional-headers'),
  latin1,
)
const value = fc.oneof(
  fc.constantFrom('1767323045', 'OSS4-HMAC-SHA256', '20260102T030405Z', '60', 'a;b', '%ff', '+'),
  fc.constant('ak/20260102/cn-x/oss/aliyun_v4_request'),
  latin1,
)
const rawQuery = fc
  .array(fc.tuple(parameter, value), { maxLength: 8 })
  .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join('&'))
const headerName = fc.constantFrom(
  ...['Date', 'x-oss-date', 'Content-Type', 'x-oss-meta-a', 'X-Oss-Meta-', 'x-oss-storage-class'],
  ...['Content-MD5', '__proto__', 'constructor', 'x-oss-object-acl'],
)
const host = fc.oneof(
  fc.constantFrom('bkt.localhost:80', '127.0.0.1', '[::1', '[]', ':', '.localhost', 'localhost.'),
  latin1,
)

test('no request head makes the codecs fail in any way but an OssError', () => {
  const suffixes = endpointSuffixes('cn-x')
  fc.assert(
    fc.property(
      fc.record({
        target: fc.tuple(latin1, rawQuery).map(([path, query]) => `/${path}?${query}`),
        headers: fc.array(fc.tuple(headerName, latin1), { maxLength: 6 }),
        authorization: fc.option(authorization),
        host,
        method: fc.constantFrom('GET', 'PUT', 'POST'),
      }),
      (request) => {
        const rawHeaders = request.headers.flat()
        if (request.authorization !== null) rawHeaders.push('Authorization', request.authorization)
        try {
          const { rawPath, rawQuery: query } = splitTarget(request.target)
          const head = {
            method: request.method,
            query: parseQuery(query),
            headers: parseHeaders(rawHeaders),
          }
          const { bucket, rawKey } = resolveAddress(request.host, rawPath, suffixes)
          const key = decodeObjectKey(rawKey ?? 'k')
          const read = readAuthorization(head, { bucket, key })
          // Nobody knows the secret: nothing may verify.
          if (read.kind === 'signed')
            expect(read.verify('sk', 1767323045000)).toBeInstanceOf(OssError)
          readObjectMetadata(head.headers, key, { storageClass: 'Standard' })
        } catch (error) {
          expect(error).toBeInstanceOf(OssError)
          expect((error as OssError).status).toBeLessThan(500)
        }
      },
    ),
    { numRuns: 2000 },
  )
})
