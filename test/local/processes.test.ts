/**
 * `npm start -- --processes`: storage nodes die and come back, the region goes on, nothing is left.
 *
 * @module
 */

import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLocalServer, startLocalServer } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Access } from '../support/oss-request.ts'
import { accessAt, AcknowledgedWrites } from './acknowledged-writes.ts'
import { slowness } from './slowness.ts'

/** Clients go on after so long, whoever has died. */
const GO_ON_MS_MAX = 5_000
/** It is started again after a second. */
const BACK_MS_MAX = 15_000
const STOP_MS_MAX = 10_000
const ENDED_MS_MAX = 3_000
const LOOK_MS = 50
/** How long clients write before everything is killed, or how often before one is. */
const WRITING_MS = 300
/** Three storage nodes and their parent. */
const PROCESS_COUNT = 4
const WRITE_COUNT = 100
/** Their ids are spread over the ranges. */
const BUCKETS = Array.from({ length: 12 }, (_, number) => `bucket-${number}`)
const ZONES = ['a', 'b', 'c']

jest.setTimeout(180_000)

let folder: string
let data: string
let server: LocalServer
let writes: AcknowledgedWrites
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-processes-'))
  data = join(folder, 'data')
  server = await start()
  writes = new AcknowledgedWrites()
  await writes.createBucket(server.access)
})
afterEach(async () => {
  await server.end('SIGKILL')
  await until(() => Promise.resolve(storageNodes().length === 0), ENDED_MS_MAX)
  rmSync(folder, { recursive: true })
})

function start(): Promise<LocalServer> {
  return startLocalServer({ data, args: ['--processes'] })
}

test('each storage node is a process, and each endpoint serves every request', async () => {
  expect(storageNodes().map(({ zone }) => zone)).toEqual(ZONES)
  for (const at of [0, 1, 2]) await writes.put(accessAt(server.access, at))
  for (const at of [0, 1, 2]) expect(await writes.missing(accessAt(server.access, at))).toEqual([])
})

// The first one leads the system range, and has the endpoint that clients are told first.
test.each([0, 2])('storage node %i is killed: the others go on, and it comes back', async (at) => {
  const others = [0, 1, 2]
    .filter((each) => each !== at)
    .map((each) => accessAt(server.access, each))
  for (const bucket of BUCKETS) await sendOssRequest(server.access, { method: 'PUT', bucket })
  const written = others.map((access) => writes.putUntilFailure(access, WRITE_COUNT))
  const times = await slowness(PROCESS_COUNT)
  const [killed] = storageNodes().filter(({ zone }) => zone === ZONES[at])
  process.kill(killed?.pid ?? 0, 'SIGKILL')
  const goOn = others.map((access) => until(() => takesWrites(access), GO_ON_MS_MAX * times))
  await Promise.all(goOn)
  const returned = accessAt(server.access, at)
  await until(() => takesWrites(returned), BACK_MS_MAX * times)
  await Promise.all(written)
  for (const access of [...others, returned]) expect(await writes.missing(access)).toEqual([])
})

test('when the parent is killed, the storage nodes end; started again, everything is there', async () => {
  const written = writes.putUntilFailure(server.access)
  await sleep(WRITING_MS)
  await server.end('SIGKILL')
  await until(() => Promise.resolve(storageNodes().length === 0), ENDED_MS_MAX)
  await written
  server = await start()
  await writes.put(server.access)
  expect(await writes.missing(accessAt(server.access, 2))).toEqual([])
})

test('everything is killed at once; started again, everything is there', async () => {
  const written = writes.putUntilFailure(server.access)
  await sleep(WRITING_MS)
  for (const { pid } of storageNodes()) process.kill(pid, 'SIGKILL')
  await server.end('SIGKILL')
  await written
  server = await start()
  await writes.put(server.access)
  expect(await writes.missing(accessAt(server.access, 2))).toEqual([])
})

test('SIGTERM ends all of them, with 0', async () => {
  await writes.put(server.access)
  const startedMs = performance.now()
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(performance.now() - startedMs).toBeLessThan(STOP_MS_MAX)
  expect(storageNodes()).toEqual([])
})

test('a second start is refused in one line', async () => {
  for (const args of [['--processes'], []]) {
    const { output, exited } = runLocalServer(['--port', '0', '--data', data, ...args])
    expect((await exited).code).toBe(1)
    expect(output.stdout).toBe('')
    expect(output.stderr.trim().split('\n')).toHaveLength(1)
    expect(output.stderr).toMatch(/in use/)
  }
  await writes.put(server.access)
})

test('no secret is in what they write down or are told', async () => {
  const { accessKeySecret } = server.access
  await writes.put(server.access)
  const told = storageNodes().map(({ pid }) => {
    return ['environ', 'cmdline']
      .map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1'))
      .join()
  })
  await server.end('SIGTERM')
  // The key pair's own file is its only place.
  const written = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'access-key.json')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  const { stdout, stderr } = server.output
  const everything = [...told, ...written, stderr, stdout.split('\n').slice(1).join('\n')]
  expect(everything.filter((text) => text.includes(accessKeySecret))).toEqual([])
  expect(stderr).not.toContain('PRIVATE KEY')
})

interface StorageNodeProcess {
  readonly pid: number
  readonly zone: string
}

/** Those of this test's directory, by zone. */
function storageNodes(): StorageNodeProcess[] {
  const found: StorageNodeProcess[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const store = storeOf(Number(name))
    if (store?.startsWith(`${data}/zone-`)) found.push({ pid: Number(name), zone: store.slice(-1) })
  }
  return found.sort((one, other) => one.zone.localeCompare(other.zone))
}

function storeOf(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
    const name = 'GRANARY_STORE_DIRECTORY='
    return variables.find((each) => each.startsWith(name))?.slice(name.length)
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}

/** In every bucket, and of a new one: the system range keeps its record. */
async function takesWrites(access: Access): Promise<boolean> {
  const bucket = `bucket-${Math.random().toString(36).slice(2)}`
  const puts = [{ bucket }, ...BUCKETS.map((each) => ({ bucket: each, key: 'x', body: 'y' }))]
  const requests = puts.map((put) => sendOssRequest(access, { method: 'PUT', ...put }))
  const answers = await Promise.allSettled(requests)
  return answers.every((answer) => answer.status === 'fulfilled' && answer.value.status === 200)
}

async function until(isSo: () => Promise<boolean>, withinMs: number): Promise<void> {
  const startedMs = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedMs > withinMs) throw new Error(`It took over ${withinMs} ms`)
    await sleep(LOOK_MS)
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
