/**
 * Bodies that are not what was announced leave nothing behind; every limit holds on both sides.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { signedHeaders } from '../support/oss-request.ts'

const IDLE_MS = 300
const bucket = 'bodies'
const MEGABYTE = 1024 ** 2
let api: TestApi
beforeAll(async () => {
  api = await startApi(IDLE_MS)
  await api.send({ method: 'PUT', bucket })
})
afterEach(() => expect(api.region.slabs.usedCount).toBe(0))
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

/** The head of a signed PUT, without the empty line that ends it. */
function head(key: string, headers: Record<string, string>): string {
  const signed = signedHeaders(api.owner, { method: 'PUT', bucket, key, headers })
  const lines = Object.entries({ ...signed, host: '127.0.0.1' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return `PUT /${bucket}/${key} HTTP/1.1\r\n${lines.join('')}`
}

const exists = async (key: string) =>
  (await api.send({ method: 'HEAD', bucket, key })).status === 200

describe.each([
  ['a small body', 10],
  ['a large body', 6 * MEGABYTE],
])('%s', (_name, announcedBytes) => {
  const some = Buffer.alloc(announcedBytes - 1, 'x')
  const length = { 'content-length': String(announcedBytes) }

  test('whose client goes silent is RequestTimeout', async () => {
    const text = Buffer.concat([Buffer.from(`${head('silent', length)}\r\n`), some])
    expect(await api.sendRaw(text)).toContain('<Code>RequestTimeout</Code>')
    expect(await exists('silent')).toBe(false)
  })

  test('whose client says that there is no more is IncompleteBody', async () => {
    const answer = await sendAndEnd(`${head('short', length)}\r\n`, some)
    expect(answer).toContain('<Code>IncompleteBody</Code>')
    expect(await exists('short')).toBe(false)
  })

  test('whose client vanishes leaves nothing', async () => {
    await sendAndReset(`${head('gone', length)}\r\n`, some)
    expect(await exists('gone')).toBe(false)
  })

  test('in chunks that break off leaves nothing', async () => {
    const chunked = `${head('broken', { 'transfer-encoding': 'chunked' })}\r\n`
    const piece = Buffer.concat([Buffer.from(`${some.length.toString(16)}\r\n`), some])
    for (const rest of ['\r\nXYZ\r\n', 'XYZ\r\n']) {
      const text = Buffer.concat([Buffer.from(chunked), piece, Buffer.from(rest)])
      expect(await api.sendRaw(text)).toContain('<Code>InvalidRequest</Code>')
    }
    expect(await exists('broken')).toBe(false)
  })

  test('in chunks is stored whole', async () => {
    const chunked = head('chunked', { 'transfer-encoding': 'chunked' })
    const size = some.length.toString(16)
    const text = Buffer.concat([
      Buffer.from(`${chunked}Connection: close\r\n\r\n3;ext=1\r\nabc\r\n${size}\r\n`),
      some,
      Buffer.from('\r\n0\r\nTrailer: x\r\n\r\n'),
    ])
    expect(await api.sendRaw(text)).toMatch(/^HTTP\/1\.1 200 /)
    const { body } = await api.send({ method: 'GET', bucket, key: 'chunked' })
    expect(body.equals(Buffer.concat([Buffer.from('abc'), some]))).toBe(true)
  })

  test('that is not its Content-MD5 is InvalidDigest', async () => {
    const md5 = createHash('md5').update('other').digest('base64')
    const spec = { method: 'PUT', bucket, key: 'digest', body: some }
    const answer = await api.send({ ...spec, headers: { 'content-md5': md5 } })
    expect(outcomeOf(answer)).toBe('400 InvalidDigest')
    expect(await exists('digest')).toBe(false)
  })

  test('longer than announced is cut there', async () => {
    const text = `${head('long', { 'content-length': '3' })}\r\nabc`
    const answer = await api.sendRaw(Buffer.concat([Buffer.from(text), some]))
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    const { body } = await api.send({ method: 'GET', bucket, key: 'long' })
    expect(body.toString()).toBe('abc')
  })
})

test.each([
  ['no length at all', {}, 'MissingContentLength'],
  ['a length above 5 GiB', { 'content-length': String(5 * 1024 ** 3 + 1) }, 'EntityTooLarge'],
  ['a digest that is none', { 'content-length': '3', 'content-md5': 'abc' }, 'InvalidDigest'],
  [
    'a digest of 15 bytes',
    { 'content-length': '3', 'content-md5': Buffer.alloc(15).toString('base64') },
    'InvalidDigest',
  ],
])('a PUT with %s is refused before its body', async (_name, headers, code) => {
  const text = head('head', headers as Record<string, string>)
  const answer = await api.sendRaw(`${text}Connection: close\r\n\r\n`)
  expect(answer).toContain(`<Code>${code}</Code>`)
  expect(await exists('head')).toBe(false)
})

test('with Expect: 100-continue the body is asked for after the checks only', async () => {
  const headers = { expect: '100-continue', 'content-length': '3' }
  const wrong = head('expect', headers).replace(/authorization: .*\r\n/, '')
  const refused = await api.sendRaw(`${wrong}\r\n`)
  expect(refused).toMatch(/^HTTP\/1\.1 403 /)
  const accepted = await api.sendRaw(`${head('expect', headers)}Connection: close\r\n\r\nabc`)
  expect(accepted).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
})

describe('user metadata', () => {
  const total = 8 * 1024
  const name = 'x-oss-meta-a'

  test.each([
    ['of 8 KiB is kept', total, '200'],
    ['of more is refused', total + 1, '400 InvalidArgument'],
  ])('%s', async (_name, sizeBytes, expected) => {
    const value = 'v'.repeat(sizeBytes - name.length)
    const spec = { bucket, key: 'meta', headers: { [name]: value } }
    expect(outcomeOf(await api.send({ method: 'PUT', ...spec, body: 'x' }))).toBe(expected)
    if (expected !== '200') return
    const { headers } = await api.send({ method: 'HEAD', bucket, key: 'meta' })
    expect(headers[name]).toBe(value)
  })

  test('keeps bytes above 127 as they came, and names in lower case', async () => {
    // This client writes headers in the encoding of a text body: UTF-8.
    const headers = { 'X-Oss-Meta-MiXed': 'grün', 'x-oss-meta-empty': '' }
    await api.send({ method: 'PUT', bucket, key: 'meta', headers, body: 'x' })
    const found = await api.send({ method: 'GET', bucket, key: 'meta' })
    expect(found.headers).toMatchObject({
      'x-oss-meta-mixed': 'gr\xc3\xbcn',
      'x-oss-meta-empty': '',
    })
  })

  test.each(['x-oss-meta-a_b', 'x-oss-meta-', 'x-oss-meta-a.b'])(
    '%s is refused',
    async (header) => {
      const answer = await api.send({
        method: 'PUT',
        bucket,
        key: 'meta',
        headers: { [header]: 'x' },
        body: 'x',
      })
      expect(outcomeOf(answer)).toBe('400 InvalidArgument')
    },
  )
})

function sendAndEnd(text: string, body: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(api.port, '127.0.0.1', () => {
      socket.write(text)
      socket.end(body)
    })
    socket.on('data', (piece) => (received += piece.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })
}

/** Resolves once the server has noticed: it has given the memory back. */
async function sendAndReset(text: string, body: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(api.port, '127.0.0.1', () => {
      socket.write(text)
      socket.write(body, () => socket.resetAndDestroy())
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
  while (api.region.slabs.usedCount > 0) await new Promise((turn) => setImmediate(turn))
}
