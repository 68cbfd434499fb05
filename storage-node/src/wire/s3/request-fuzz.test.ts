import fc from 'fast-check'
import { OssError } from '../../model/errors.ts'
import { readBodyChecksum, readTrailerAlgorithm } from './body-checksum.ts'
import { ChunkDecoder } from './chunk-decoder.ts'
import { isS3Form, ossFields, readS3FormSignature } from './post-form.ts'
import { readS3Authorization } from './read-authorization.ts'
import { headOf, NOW_MS, SCOPE } from './signing-fixtures.ts'

// Characters as Node hands out bytes of a request line or a header.
const latin1 = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 30 })
  .map((codes) => String.fromCharCode(...codes))
const scheme = fc.constantFrom('AWS ', 'AWS4-HMAC-SHA256 ', 'AWS4-HMAC-SHA256', 'OSS ', '')
const piece = fc.constantFrom(
  ...['ak:', `Credential=ak/${SCOPE}`, ',', ';', `Signature=${'0'.repeat(64)}`, '=', ':'],
  ...['SignedHeaders=host;x-amz-content-sha256;x-amz-date', 'SignedHeaders=;', '/'],
)
const authorization = fc
  .tuple(scheme, fc.array(fc.oneof(piece, latin1), { maxLength: 6 }))
  .map(([first, rest]) => first + rest.join(''))
const name = fc.oneof(
  fc.constantFrom('X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires'),
  fc.constantFrom('X-Amz-SignedHeaders', 'X-Amz-Signature', 'X-Amz-Content-Sha256'),
  fc.constantFrom('AWSAccessKeyId', 'Signature', 'Expires', 'acl', '__proto__'),
)
const value = fc.oneof(
  fc.constantFrom('AWS4-HMAC-SHA256', `ak/${SCOPE}`, '20261120T120000Z', '60', 'host', 'a;b'),
  latin1,
)
const query = fc
  .array(fc.tuple(name, value), { maxLength: 8 })
  .map((pairs) => pairs.map(([key, text]) => `${key}=${encodeURIComponent(text)}`).join('&'))
const headers = fc.dictionary(
  fc.constantFrom(
    ...['host', 'date', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-trailer', 'content-encoding'],
    ...['x-amz-checksum-crc32', 'x-amz-acl', 'constructor', 'x-amz-security-token'],
  ),
  fc.oneof(value, fc.constantFrom('UNSIGNED-PAYLOAD', 'aws-chunked', 'x-amz-checksum-sha1')),
)

/** Whatever is thrown says what the client did wrong. */
function expectClear(act: () => void): void {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(OssError)
    expect((error as OssError).status).toBeLessThan(500)
  }
}

test('no head of a request makes the codecs fail in any way but an OssError', () => {
  fc.assert(
    fc.property(query, headers, fc.option(authorization), (rawQuery, sent, header) => {
      const head = headOf('GET', `/grain/barley?${rawQuery}`, {
        ...sent,
        ...(header !== null && { authorization: header }),
      })
      const resource = { bucket: 'grain', key: 'barley', style: 'path' } as const
      expectClear(() => {
        const read = readS3Authorization(head, resource)
        // Nobody knows the secret: nothing may verify.
        if (read.kind === 'signed') expect(read.verify('sk', NOW_MS)).toBeInstanceOf(OssError)
      })
      expectClear(() => readBodyChecksum(head.headers))
      expectClear(() => readTrailerAlgorithm(head.headers))
    }),
    { numRuns: 500 },
  )
})

test('no form makes the codecs fail in any way but an OssError', () => {
  const field = fc.constantFrom(
    ...['x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'policy', 'x-amz-signature'],
    ...['awsaccesskeyid', 'signature', 'acl', 'x-amz-meta-a', 'content-type', 'constructor'],
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value)), (pairs) => {
      const fields = new Map(pairs)
      expectClear(() => {
        if (!isS3Form(fields)) return
        const form = readS3FormSignature(fields)
        expect(form.verify('sk', NOW_MS)).toBeInstanceOf(OssError)
      })
      expectClear(() => ossFields(fields))
    }),
    { numRuns: 200 },
  )
})

test('no bytes make the decoder fail in any way but an OssError, or hand on what is not there', () => {
  const part = fc.oneof(latin1, fc.constantFrom('5\r\nhello\r\n', '0\r\n', '\r\n', 'a:b\r\n'))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const framing = { lengthBytes: 5, hasTrailer: true, trailerName: undefined }
      const decoder = new ChunkDecoder({ ...framing, signer: undefined })
      expectClear(() => {
        const data = parts.flatMap((text) => decoder.push(Buffer.from(text, 'latin1')))
        decoder.finish()
        expect(Buffer.concat(data).byteLength).toBe(5)
      })
    }),
    { numRuns: 200 },
  )
})
