/**
 * Callbacks of uploads: what the application server is told, what its answer becomes, and what is
 * refused (oss.md 5.18).
 *
 * @module
 */

import { createPublicKey, verify } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssResponse } from '../support/oss-request.ts'
import { formRequest, policyOf, signedV1 } from '../support/post-form.ts'

const bucket = 'callbacks'
const OK = (response: ServerResponse) => response.end('{"Status":"OK"}')

interface Call {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let api: TestApi
let application: Server
let origin = ''
const calls: Call[] = []
/** How the application server answers, by the path it is called at. */
const answers: Record<string, (response: ServerResponse) => void> = {
  '/error': (response) => response.writeHead(500).end('{}'),
  '/redirect': (response) => response.writeHead(302, { location: '/ok' }).end(),
  '/text': (response) => response.end('no JSON'),
  '/chunked': (response) => {
    response.write('{')
    response.end('}')
  },
  '/short': (response) => {
    response.writeHead(200, { 'content-length': '9' })
    response.write('{}')
    response.destroy()
  },
  '/large': (response) => response.end(JSON.stringify('x'.repeat(1024 ** 2))),
  '/never': () => {},
}

beforeAll(async () => {
  application = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += String(piece)))
    request.on('end', () => {
      const { url: path = '', headers } = request
      calls.push({ path, headers, body })
      const answer = answers[path] ?? OK
      answer(response)
    })
  })
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(application.address() as AddressInfo).port}`
  api = await startApi(30_000, undefined, true)
  await api.send({ method: 'PUT', bucket })
})
beforeEach(() => void calls.splice(0))
afterAll(async () => {
  expect(api.bugs).toEqual([])
  application.closeAllConnections()
  application.close()
  await api.stop()
})

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

function put(key: string, callback: object, vars?: object, on = api): Promise<OssResponse> {
  const headers: Record<string, string> = {
    'content-type': 'text/x-grain',
    'x-oss-callback': encode(callback),
  }
  if (vars !== undefined) headers['x-oss-callback-var'] = encode(vars)
  return on.send({ method: 'PUT', bucket, key, body: 'barley', headers })
}

async function isStored(key: string): Promise<boolean> {
  return (await api.send({ method: 'GET', bucket, key })).body.toString() === 'barley'
}

test('PutObject tells what was stored, and its client what the application server answered', async () => {
  const callbackBody =
    'b=${bucket}&o=${object}&s=${size}&t=${mimeType}&h=${imageInfo.height}&v=${x:who}&e=${etag}'
  const answer = await put(
    'some/grain',
    { callbackUrl: `${origin}/ok?a=1`, callbackBody },
    { 'x:who': 'a miller & son' },
  )
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"Status":"OK"}'])
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'x-oss-hash-crc64ecma': expect.any(String),
  })
  const etag = String(answer.headers.etag).slice(1, -1)
  expect(calls).toHaveLength(1)
  expect(calls[0]?.path).toBe('/ok?a=1')
  expect(calls[0]?.headers).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(calls[0]?.body.length),
    host: origin.slice('http://'.length),
  })
  expect(calls[0]?.body).toBe(
    `b=${bucket}&o=some%2Fgrain&s=6&t=text%2Fx-grain&h=&v=a%20miller%20%26%20son&e=${etag}`,
  )
})

test('values that no body can mention are let go', async () => {
  const callback = { callbackUrl: `${origin}/ok`, callbackBody: '${object} ${x:who}' }
  const answer = await put('grain', callback, { who: 1, 'x:who': 'miller' })
  expect([answer.status, calls[0]?.body]).toEqual([200, 'grain miller'])
})

test('the signature is right by the key that is published', async () => {
  await put('grain', { callbackUrl: `${origin}/a%20path?q=%20`, callbackBody: 'x' })
  const [call] = calls
  const keyUrl = new URL(
    Buffer.from(String(call?.headers['x-oss-pub-key-url']), 'base64').toString(),
  )
  expect(keyUrl.hostname).toBe('oss-cn-hangzhou.localhost')
  const pem = await (await fetch(`http://127.0.0.1:${api.port}${keyUrl.pathname}`)).text()
  const signature = Buffer.from(String(call?.headers.authorization), 'base64')
  const isRight = (text: string) =>
    verify('RSA-MD5', Buffer.from(text), createPublicKey(pem), signature)
  expect(isRight('/a path?q=%20\nx')).toBe(true)
  expect(isRight('/a path?q=%20\ny')).toBe(false)
})

test('a body in JSON has its values as JSON', async () => {
  await put(
    'grain',
    {
      callbackUrl: `${origin}/ok`,
      callbackHost: 'app.example.com',
      callbackBody: '{"key":${object},"size":${size},"who":${x:who},"w":${imageInfo.width}}',
      callbackBodyType: 'application/json',
    },
    { 'x:who': '"quoted"' },
  )
  expect(calls[0]?.headers).toMatchObject({
    host: 'app.example.com',
    'content-type': 'application/json',
  })
  expect(JSON.parse(calls[0]?.body ?? '')).toEqual({
    key: 'grain',
    size: 6,
    who: '"quoted"',
    w: '',
  })
})

test('the query carries a callback, too', async () => {
  const callback = { callbackUrl: `${origin}/ok`, callbackBody: '${operation}' }
  const answer = await api.send({
    method: 'PUT',
    bucket,
    key: 'grain',
    body: 'barley',
    query: { callback: encode(callback), 'callback-var': encode({}) },
  })
  expect([answer.status, calls[0]?.body]).toEqual([200, 'PutObject'])
})

test('PostObject calls with values from its fields, and answers with the call in place of a redirect', async () => {
  const callback = { callbackUrl: `${origin}/ok`, callbackBody: '${operation} ${object} ${x:who}' }
  const request = formRequest(
    bucket,
    [
      ['key', 'form/${filename}'],
      ['callback', encode(callback)],
      ['x:who', 'ünï'],
      ['success_action_redirect', 'http://example.com/'],
      ...signedV1('owner', 'owner-secret', policyOf([])),
    ],
    { content: 'barley', filename: 'a.txt' },
  )
  const answer = await api.send(request)
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"Status":"OK"}'])
  expect(calls[0]?.body).toBe('PostObject form%2Fa.txt %C3%BCn%C3%AF')
})

test('CompleteMultipartUpload tells the size of the whole', async () => {
  const key = 'parts'
  const started = await api.send({ method: 'POST', bucket, key, query: { uploads: '' } })
  const uploadId = /<UploadId>(\w+)</.exec(started.body.toString())?.[1] ?? ''
  await api.send({
    method: 'PUT',
    bucket,
    key,
    query: { partNumber: '1', uploadId },
    body: 'barley',
  })
  const callback = { callbackUrl: `${origin}/ok`, callbackBody: '${operation} ${size} ${mimeType}' }
  const answer = await api.send({
    method: 'POST',
    bucket,
    key,
    query: { uploadId },
    headers: { 'x-oss-callback': encode(callback), 'x-oss-complete-all': 'yes' },
  })
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"Status":"OK"}'])
  expect(calls[0]?.body).toBe('CompleteMultipartUpload 6 application%2Foctet-stream')
})

test.each(['/error', '/redirect', '/text', '/chunked', '/short', '/large'])(
  'an application server that answers like %s fails the callback, and the object is stored',
  async (path) => {
    const key = `failed${path}`
    const answer = await put(key, { callbackUrl: `${origin}${path}`, callbackBody: 'x' })
    expect(outcomeOf(answer)).toBe('203 CallbackFailed')
    expect(answer.headers.etag).toMatch(/^"[0-9A-F]{32}"$/)
    expect(await isStored(key)).toBe(true)
    expect(calls.map((call) => call.path)).toEqual([path])
  },
)

test('the next address is tried until one answers', async () => {
  const callbackUrl = `http://127.0.0.1:1/;${origin}/error;${origin}/second;${origin}/third`
  const answer = await put('grain', { callbackUrl, callbackBody: 'x' })
  expect([answer.status, calls.map(({ path }) => path)]).toEqual([200, ['/error', '/second']])
})

test('an application server that is silent is waited for 5 s', async () => {
  const startedMs = performance.now()
  const answer = await put('silent', { callbackUrl: `${origin}/never`, callbackBody: 'x' })
  const tookMs = performance.now() - startedMs
  expect(outcomeOf(answer)).toBe('203 CallbackFailed')
  expect(tookMs).toBeGreaterThan(4_900)
  expect(tookMs).toBeLessThan(8_000)
  expect(await isStored('silent')).toBe(true)
}, 20_000)

describe('nothing is stored when the callback', () => {
  const good = { callbackUrl: 'http://example.com/', callbackBody: 'x' }
  const longest = 5 * 1024
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['is no base64', { 'x-oss-callback': '%%%' }, {}],
    ['is no JSON', { 'x-oss-callback': Buffer.from('x').toString('base64') }, {}],
    ['is a list', { 'x-oss-callback': encode([good]) }, {}],
    ['has no URL', { 'x-oss-callback': encode({ callbackBody: 'x' }) }, {}],
    [
      'has a wrong port',
      { 'x-oss-callback': encode({ ...good, callbackUrl: 'http://a:70000/' }) },
      {},
    ],
    ['has port 0', { 'x-oss-callback': encode({ ...good, callbackUrl: 'http://a:0/' }) }, {}],
    [
      'is for files',
      { 'x-oss-callback': encode({ ...good, callbackUrl: 'file:///etc/passwd' }) },
      {},
    ],
    ['has six URLs', { 'x-oss-callback': encode({ ...good, callbackUrl: 'a;b;c;d;e;f' }) }, {}],
    ['has an empty body', { 'x-oss-callback': encode({ ...good, callbackBody: '' }) }, {}],
    [
      'has an unknown type',
      { 'x-oss-callback': encode({ ...good, callbackBodyType: 'text/xml' }) },
      {},
    ],
    [
      'has an unknown placeholder',
      { 'x-oss-callback': encode({ ...good, callbackBody: '${secret}' }) },
      {},
    ],
    [
      'has an open placeholder',
      { 'x-oss-callback': encode({ ...good, callbackBody: '${bucket' }) },
      {},
    ],
    [
      'has a host that breaks headers',
      { 'x-oss-callback': encode({ ...good, callbackHost: 'a\r\nb' }) },
      {},
    ],
    [
      'is too long',
      { 'x-oss-callback': encode({ ...good, callbackBody: 'x'.repeat(longest) }) },
      {},
    ],
    [
      'has values that are no texts',
      { 'x-oss-callback': encode(good), 'x-oss-callback-var': encode({ 'x:who': 1 }) },
      {},
    ],
    [
      'has values in upper case',
      { 'x-oss-callback': encode(good), 'x-oss-callback-var': encode({ 'x:Who': 'x' }) },
      {},
    ],
    ['comes twice', { 'x-oss-callback': encode(good) }, { callback: encode(good) }],
  ])('%s', async (_name, headers, query) => {
    const answer = await api.send({
      method: 'PUT',
      bucket,
      key: 'refused',
      body: 'x',
      headers,
      query,
    })
    expect(outcomeOf(answer)).toBe('400 InvalidArgument')
    expect(outcomeOf(await api.send({ method: 'GET', bucket, key: 'refused' }))).toBe(
      '404 NoSuchKey',
    )
  })
})

test.each([
  { method: 'POST', query: { append: '', position: '0' } },
  { method: 'PUT', query: {}, copies: true },
  { method: 'PUT', query: { symlink: '' } },
])('%j makes no callbacks', async ({ method, query, copies }) => {
  const headers: Record<string, string> = { 'x-oss-callback': 'e30=' }
  if (copies === true) headers['x-oss-copy-source'] = `/${bucket}/grain`
  const answer = await api.send({ method, bucket, key: 'other', query, headers, body: 'x' })
  expect(outcomeOf(answer)).toBe('400 NotImplemented')
})

test('where callbacks may not be private, nobody on this machine is called', async () => {
  const guarded = await startApi()
  await guarded.send({ method: 'PUT', bucket })
  const { port } = application.address() as AddressInfo
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '[::ffff:127.0.0.1]', '0']) {
    const callback = { callbackUrl: `http://${host}:${port}/ok`, callbackBody: 'x' }
    const answer = await put('grain', callback, undefined, guarded)
    expect(`${host} ${outcomeOf(answer)}`).toBe(`${host} 203 CallbackFailed`)
  }
  expect(calls).toEqual([])
  expect(guarded.bugs).toEqual([])
  await guarded.stop()
})
