/**
 * A full volume refuses writes and nothing else, and is of use again once there is space.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalServer, type LocalServer } from '../support/local-server.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import { bytesOf } from './object-bytes.ts'
import { ossRegion, RefusedError } from './oss-region.ts'
import type { Region } from './region.ts'

const VOLUME_MIB = 320
const BUCKET = 'full-disk'
const LARGE_BYTES = 1_000_000
const SMALL_BYTES = 4_000
const WRITER_COUNT = 8
const RECOVERY_MS_MAX = 60_000
const TIMEOUT_MS = 240_000

let volume: string
let server: LocalServer
let agent: Agent
let region: Region
/** Size of each object that must be there; its number is its seed. */
const kept = new Map<number, number>()
let lastNumber = 0

beforeAll(async () => {
  volume = mkdtempSync(join(tmpdir(), 'granary-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${VOLUME_MIB}m`, 'tmpfs', volume])
  await start()
  await region.createBucket(BUCKET)
}, TIMEOUT_MS)

afterAll(async () => {
  agent.destroy()
  await server.end('SIGKILL')
  execFileSync('umount', [volume])
  rmSync(volume, { recursive: true })
})

async function start(): Promise<void> {
  const data = join(volume, 'data')
  const environment = { GRANARY_GC_GRACE_MS: '200' }
  // One store: three would share the volume, and leave a third of it to objects.
  server = await startLocalServer({ data, environment, args: ['--zones', '1'] })
  agent = new Agent({ keepAlive: true })
  region = ossRegion((request) => sendOssRequest(server.access, { ...request, agent }))
}

function keyOf(number: number): string {
  return `object-${number}`
}

/** Writes until a write is refused; returns the refusals of all writers. */
async function fill(sizeBytes: number): Promise<unknown[]> {
  const refusals = Array.from({ length: WRITER_COUNT }, async () => {
    for (;;) {
      const number = ++lastNumber
      try {
        await region.putObject(BUCKET, keyOf(number), bytesOf([[number, sizeBytes]]))
        kept.set(number, sizeBytes)
      } catch (error) {
        return error
      }
    }
  })
  return Promise.all(refusals)
}

async function expectEverythingThere(): Promise<void> {
  const listed = await region.listObjects(BUCKET)
  expect(listed.map(({ key }) => key).sort()).toEqual([...kept.keys()].map(keyOf).sort())
  for (const [number, sizeBytes] of kept) {
    const content = await region.getObject(BUCKET, keyOf(number))
    expect(content?.equals(bytesOf([[number, sizeBytes]]))).toBe(true)
  }
  const storageBytes = [...kept.values()].reduce((total, size) => total + size, 0)
  const counts = await region.bucketCounts(BUCKET)
  expect(counts).toEqual({ objectCount: kept.size, storageBytes, uploadCount: 0 })
}

function expectClearRefusals(refusals: readonly unknown[]): void {
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(RefusedError)
    const { status, code, message } = refusal as RefusedError
    expect({ status, code }).toEqual({ status: 503, code: 'ServiceUnavailable' })
    expect(message).toContain('The storage is full')
  }
}

test(
  'writes are refused, reads and deletes go on, and space comes back',
  async () => {
    expectClearRefusals(await fill(LARGE_BYTES))
    expect(kept.size).toBeGreaterThan(50)
    expectClearRefusals(await fill(SMALL_BYTES))
    await expectEverythingThere()

    // Every second one: what stays has to be moved together before a segment can go.
    for (const number of [...kept.keys()].filter((_, index) => index % 2 === 0)) {
      await region.deleteObject(BUCKET, keyOf(number))
      kept.delete(number)
    }
    await writesSucceedAgain()
    await expectEverythingThere()
    const before = kept.size
    expectClearRefusals(await fill(LARGE_BYTES))
    expect(kept.size - before).toBeGreaterThan(20)

    await server.end('SIGKILL')
    await start()
    await expectEverythingThere()
  },
  TIMEOUT_MS,
)

/** Asks until a write is taken: how long garbage collection and compaction need is theirs to say. */
async function writesSucceedAgain(): Promise<void> {
  const deadline = Date.now() + RECOVERY_MS_MAX
  for (;;) {
    const number = ++lastNumber
    try {
      await region.putObject(BUCKET, keyOf(number), bytesOf([[number, LARGE_BYTES]]))
      kept.set(number, LARGE_BYTES)
      return
    } catch (error) {
      expectClearRefusals([error])
      if (Date.now() > deadline) throw error
    }
  }
}
