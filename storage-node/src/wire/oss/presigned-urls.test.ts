import { createRequire } from 'node:module'
import fc from 'fast-check'
import { readAuthorization } from './read-authorization.ts'
import { parseQuery, splitTarget } from './request-head.ts'

interface Signer {
  signatureUrl(key: string, options: Record<string, unknown>): string
  signatureUrlV4(
    method: string,
    seconds: number,
    request: object,
    key: string,
    additional: readonly string[],
  ): Promise<string>
}

const bucket = 'grain'
const secret = 'secret'
const OssClient = createRequire(__filename)('ali-oss') as new (options: object) => Signer
const signer = new OssClient({
  accessKeyId: 'ak',
  accessKeySecret: secret,
  bucket,
  region: 'oss-cn-hangzhou',
  endpoint: 'http://oss-cn-hangzhou.localhost:9000',
})

interface Sent {
  readonly method: string
  readonly url: string
  readonly headers?: Record<string, string>
  readonly key: string
}

/** The access key of a request whose signature is right, or the code of what it gets. */
function verdict({ method, url, headers = {}, key }: Sent, laterMs = 0): string {
  const { search } = new URL(url)
  const { rawQuery } = splitTarget(`/${search}`)
  const head = { method, headers, query: parseQuery(rawQuery) }
  const authorization = readAuthorization(head, { bucket, key })
  if (authorization.kind === 'anonymous') return 'anonymous'
  const refusal = authorization.verify(secret, Date.now() + laterMs)
  return refusal === undefined ? authorization.accessKeyId : refusal.code
}

const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE')
/** A name that the client takes; keys with a leading slash are others to it. */
const key = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/^[/?]/.test(text))
const value = fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.trim() || 'x')
const headerValue = fc.stringMatching(/^[a-z0-9][a-z0-9 /;=+-]{0,20}[a-z0-9]$/)
const overrides = fc.dictionary(
  fc.constantFrom('content-type', 'content-disposition', 'cache-control', 'expires'),
  value,
)
const parameters = fc.dictionary(
  fc.constantFrom(
    'versionId',
    'acl',
    'tagging',
    'uploadId',
    'partNumber',
    'x-oss-process',
    'callback',
  ),
  value,
)

test('URLs that ali-oss signs with V1 verify, and no other method or key does', () => {
  fc.assert(
    fc.property(method, key, overrides, parameters, (verb, name, response, subResource) => {
      const url = signer.signatureUrl(name, { method: verb, expires: 60, response, subResource })
      expect(verdict({ method: verb, url, key: name })).toBe('ak')
      const other = verb === 'GET' ? 'PUT' : 'GET'
      expect(verdict({ method: other, url, key: name })).toBe('SignatureDoesNotMatch')
      expect(verdict({ method: verb, url, key: `${name}x` })).toBe('SignatureDoesNotMatch')
      expect(verdict({ method: verb, url, key: name }, 120_000)).toBe('AccessDenied')
    }),
  )
})

test('the type that a V1 URL was signed for must be sent', () => {
  const url = signer.signatureUrl('k', { method: 'PUT', 'Content-Type': 'text/plain' })
  const sent = { method: 'PUT', url, key: 'k' }
  expect(verdict({ ...sent, headers: { 'content-type': 'text/plain' } })).toBe('ak')
  expect(verdict({ ...sent, headers: { 'content-type': 'text/html' } })).toBe(
    'SignatureDoesNotMatch',
  )
  expect(verdict(sent)).toBe('SignatureDoesNotMatch')
})

test('URLs that ali-oss signs with V4 verify, and nothing that was changed does', async () => {
  const headers = fc.dictionary(
    fc.constantFrom('x-oss-meta-a', 'content-type', 'x-abc'),
    headerValue,
  )
  // This client sorts names by the rules of a language, everybody else by their bytes.
  const further = fc.dictionary(fc.constantFrom('versionId', 'prefix', 'odd name', 'acl'), value)
  await fc.assert(
    fc.asyncProperty(method, key, headers, further, async (verb, name, sent, queries) => {
      const additional = Object.keys(sent).filter((header) => header === 'x-abc')
      const request = { headers: { ...sent }, queries }
      const url = await signer.signatureUrlV4(verb, 60, request, name, additional)
      const right = { method: verb, url, headers: { ...sent }, key: name }
      expect(verdict(right)).toBe('ak')
      expect(verdict({ ...right, key: `${name}x` })).toBe('SignatureDoesNotMatch')
      expect(verdict({ ...right, url: `${url}&versionId2=a` })).toBe('SignatureDoesNotMatch')
      expect(verdict({ ...right, headers: { ...sent, 'x-oss-meta-b': 'b' } })).toBe(
        'SignatureDoesNotMatch',
      )
      expect(verdict(right, 120_000)).toBe('AccessDenied')
    }),
  )
})
