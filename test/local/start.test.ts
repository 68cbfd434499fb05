/**
 * `npm start` as its user sees it: what it prints, how fast it is ready, how it ends, what stops it.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLocalServer, startLocalServer } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import { sendOssRequest, signedHeaders } from '../support/oss-request.ts'
import type { Access } from '../support/oss-request.ts'
import { accessAt } from './acknowledged-writes.ts'
import { slowness } from './slowness.ts'

const READY_MS_MAX = 2_000
const STOP_MS_MAX = 10_000
const root = join(__dirname, '..', '..')

let folder: string
let data: string
let servers: LocalServer[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-start-'))
  data = join(folder, 'data')
  servers = []
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.end('SIGKILL')))
  rmSync(folder, { recursive: true })
})

async function start(...args: string[]): Promise<LocalServer> {
  const server = await startLocalServer({ data, args })
  servers.push(server)
  return server
}

/** Runs the server, which must refuse to start; returns what it says. */
function refusal(...args: string[]): Promise<string> {
  return refusalOf(data, ...args)
}

async function refusalOf(directory: string, ...args: string[]): Promise<string> {
  const { output, exited } = runLocalServer(['--port', '0', '--data', directory, ...args])
  expect((await exited).code).toBe(1)
  expect(output.stdout).toBe('')
  expect(output.stderr.trim().split('\n')).toHaveLength(1)
  return output.stderr.trim()
}

test('is ready within 2 s, also with data', async () => {
  let best = Infinity
  for (let round = 0; round < 5 && (round < 2 || best >= READY_MS_MAX); round += 1) {
    const times = await slowness()
    const startedMs = performance.now()
    const server = await start()
    const readyMs = performance.now() - startedMs
    best = Math.min(best, readyMs / times)
    const bucket = `round-${round}`
    expect((await sendOssRequest(server.access, { method: 'PUT', bucket })).status).toBe(200)
    await server.end('SIGKILL')
  }
  expect(best).toBeLessThan(READY_MS_MAX)
})

test('`npm start -- --json` prints one JSON line and nothing else', async () => {
  const child = spawn('npm', ['start', '--', '--json', '--port', '0', '--data', data], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  let output = ''
  const exited = new Promise((resolve) => child.on('close', resolve))
  const access = await new Promise<Access>((resolve) => {
    child.stdout.on('data', (piece: Buffer) => {
      output += piece.toString()
      if (output.endsWith('\n')) resolve(JSON.parse(output) as Access)
    })
  })
  expect((await sendOssRequest(access, { method: 'GET' })).status).toBe(200)
  process.kill(-(child.pid ?? 0), 'SIGTERM')
  await exited
  expect(Object.keys(JSON.parse(output) as object)).toEqual([
    'endpoint',
    'endpoints',
    'region',
    'accessKeyId',
    'accessKeySecret',
  ])
  expect(output.trim().split('\n')).toHaveLength(1)
})

test.each([[[]], [['--processes']]])('endpoints are below a domain with %j', async (further) => {
  const { access } = await start('--domain', 'granary.test', ...further)
  const { port } = new URL(access.endpoint)
  const names = ['oss-cn-hangzhou.granary.test', 'oss-cn-hangzhou-internal.granary.test']
  for (const [at, host] of names.entries()) {
    const bucket = `below-${at}`
    await sendOssRequest(access, { method: 'PUT', bucket })
    const request = { method: 'GET', bucket, query: { bucketInfo: '' } }
    const headers = { ...signedHeaders(access, request), host: `${bucket}.${host}` }
    const inHost = { method: 'GET', query: { bucketInfo: '' }, headers, anonymous: true }
    const { status, body } = await sendOssRequest(access, inHost)
    expect([status, body.toString()]).toEqual([200, expect.stringContaining(`>${bucket}<`)])
    expect(body.toString()).toContain(`<ExtranetEndpoint>${names[0]}:${port}<`)
    expect(body.toString()).toContain(`<IntranetEndpoint>${names[1]}:${port}<`)
  }
})

test('every endpoint serves every request, the first one is the endpoint', async () => {
  const { access } = await start()
  expect(access.endpoints).toHaveLength(3)
  expect(new Set(access.endpoints).size).toBe(3)
  expect(access.endpoints?.[0]).toBe(access.endpoint)
  const everywhere = [0, 1, 2].map((at) => accessAt(access, at))
  await sendOssRequest(accessAt(access, 2), { method: 'PUT', bucket: 'zones' })
  for (const [at, from] of everywhere.entries()) {
    for (const sizeBytes of [10, 100_000, 5_000_000]) {
      const object = { bucket: 'zones', key: `from-${at}-${sizeBytes}` }
      const body = Buffer.alloc(sizeBytes, `${object.key} `)
      expect((await sendOssRequest(from, { method: 'PUT', ...object, body })).status).toBe(200)
      for (const to of everywhere) {
        const found = await sendOssRequest(to, { method: 'GET', ...object })
        expect([found.status, found.body.equals(body)]).toEqual([200, true])
      }
    }
  }
})

test('`--zones 1` is one store; a directory stays with its number of zones', async () => {
  const one = await start('--zones', '1')
  expect(one.access.endpoints).toEqual([one.access.endpoint])
  await sendOssRequest(one.access, { method: 'PUT', bucket: 'kept' })
  await one.end('SIGTERM')
  expect(await refusal('--zones', '3')).toMatch(/1 zone, not .* 3 zones/)
  const again = await start()
  expect(again.access.endpoints).toHaveLength(1)
  const bucket = await sendOssRequest(again.access, { method: 'GET', bucket: 'kept' })
  expect(bucket.status).toBe(200)
})

test('port 0 is a free port, the same on both loopback addresses', async () => {
  const server = await start()
  const { port } = new URL(server.access.endpoint)
  for (const address of ['127.0.0.1', '[::1]']) {
    const access = { ...server.access, endpoint: `http://${address}:${port}` }
    expect((await sendOssRequest(access, { method: 'GET' })).status).toBe(200)
  }
})

test('makes a key pair once, in a file for its owner only', async () => {
  const first = await start()
  await first.end('SIGTERM')
  const second = await start()
  expect([second.access.accessKeyId, second.access.accessKeySecret]).toEqual([
    first.access.accessKeyId,
    first.access.accessKeySecret,
  ])
  const holders = filesBelow(data).filter((path) =>
    readFileSync(path).includes(first.access.accessKeySecret),
  )
  expect(holders.map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(['600'])
})

test('takes a key pair and a region, and keeps them', async () => {
  const key = ['--access-key-id', 'LTAIgiven', '--access-key-secret', 'given-secret']
  const first = await start('--region', 'cn-beijing', ...key)
  expect(first.access).toMatchObject({
    region: 'cn-beijing',
    accessKeyId: 'LTAIgiven',
    accessKeySecret: 'given-secret',
  })
  expect((await sendOssRequest(first.access, { method: 'GET' })).status).toBe(200)
  await first.end('SIGTERM')
  expect((await start('--region', 'cn-beijing')).access.accessKeyId).toBe('LTAIgiven')
})

test('SIGTERM lets the request under way finish, takes no new one, and ends with 0', async () => {
  const server = await start()
  await sendOssRequest(server.access, { method: 'PUT', bucket: 'drain' })
  const slow = await startSlowPut(server.access, 'drain', 'slow')
  const startedMs = performance.now()
  const ended = server.end('SIGTERM')
  await refusesConnections(server.access)
  slow.write('de')
  expect(await slow.answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(await ended).toEqual({ code: 0, signal: null })
  expect(performance.now() - startedMs).toBeLessThan(STOP_MS_MAX)
  const again = await start()
  const found = await sendOssRequest(again.access, { method: 'GET', bucket: 'drain', key: 'slow' })
  expect(found.body.toString()).toBe('abcde')
})

test('an interrupt that comes twice at once, as by way of npm, stops in order', async () => {
  const server = await start()
  await sendOssRequest(server.access, { method: 'PUT', bucket: 'drain' })
  const slow = await startSlowPut(server.access, 'drain', 'slow')
  const ended = server.end('SIGINT')
  // Another one: two of the same kind that wait to be delivered would be one.
  void server.end('SIGTERM')
  await refusesConnections(server.access)
  slow.write('de')
  expect(await slow.answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(await ended).toEqual({ code: 0, signal: null })
})

test('a data directory in use is refused', async () => {
  await start()
  expect(await refusal()).toMatch(/in use/)
})

describe('a directory of three zones that was left in order', () => {
  let left: string
  beforeAll(async () => {
    left = mkdtempSync(join(tmpdir(), 'granary-left-'))
    await (await startLocalServer({ data: join(left, 'data') })).end('SIGTERM')
  })
  afterAll(() => rmSync(left, { recursive: true }))

  /** Says what a start says while a file of the directory has other bytes. */
  async function refusalWith(path: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
    const bytes = readFileSync(path)
    writeFileSync(path, change(Buffer.from(bytes)))
    try {
      return await refusalOf(join(left, 'data'))
    } finally {
      writeFileSync(path, bytes)
    }
  }

  test.each(['1', '2'])('refuses %s as the number of zones', async (zones) => {
    const said = await refusalOf(join(left, 'data'), '--zones', zones)
    expect(said).toMatch(/3 zones, not .* [12] zone/)
  })

  test('is refused when it is of a newer format', async () => {
    const said = await refusalWith(join(left, 'data', 'region.json'), (bytes) => {
      const identity = JSON.parse(bytes.toString()) as object
      return Buffer.from(JSON.stringify({ ...identity, format: 99 }))
    })
    expect(said).toMatch(/format.* 99/)
  })

  test.each(['region.json', 'access-key.json', 'STORE'])(
    'a damaged %s is refused',
    async (name) => {
      const path = filesBelow(left).find((file) => file.endsWith(`/${name}`)) ?? ''
      const said = await refusalWith(path, (bytes) => bytes.fill(0, bytes.length >> 1))
      expect(said).toMatch(/damaged|read/i)
    },
  )
})

test('every wrong flag is named in one line', async () => {
  const said = await refusal('--port', '99999', '--regoin', 'x', '--access-key-id', 'only')
  for (const flag of ['--port', '--regoin', '--access-key-secret']) expect(said).toContain(flag)
})

test('a port in use is refused', async () => {
  const server = await start()
  const { port } = new URL(server.access.endpoint)
  const other = join(folder, 'other')
  const { exited, output } = runLocalServer(['--port', port, '--data', other])
  expect((await exited).code).toBe(1)
  expect(output.stderr.trim().split('\n')).toHaveLength(1)
  expect(output.stderr).toContain(port)
})

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Sends a PUT of 5 bytes but for its last two; resolves once the server has asked for them. */
async function startSlowPut(access: Access, bucket: string, key: string) {
  const { hostname, port } = new URL(access.endpoint)
  const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''))
  const headers = signedHeaders(access, { method: 'PUT', bucket, key })
  const lines = Object.entries({
    ...headers,
    host: 'localhost',
    expect: '100-continue',
    'content-length': '5',
  })
  socket.write(
    `PUT /${bucket}/${key} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  )
  let received = ''
  const answer = new Promise<string>((resolve) => socket.on('close', () => resolve(received)))
  await new Promise<void>((resolve) => {
    socket.on('data', (piece: Buffer) => {
      received += piece.toString()
      if (received !== 'HTTP/1.1 100 Continue\r\n\r\n') return
      received = ''
      resolve()
    })
  })
  socket.write('abc')
  return { answer, write: (text: string) => void socket.write(text) }
}

/** Resolves once a new connection is refused. */
async function refusesConnections(access: Access): Promise<void> {
  for (;;) {
    try {
      await sendOssRequest(access, { method: 'GET' })
    } catch {
      return
    }
  }
}
