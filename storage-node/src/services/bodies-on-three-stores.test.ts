import { inlineBodyHashers } from '../base/body-hasher.ts'
import { openChecksums } from '../base/checksums.ts'
import type { Checksums } from '../base/checksums.ts'
import { silentLogger } from '../base/logger.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { SLAB_BYTES, SlabPool } from '../base/slabs.ts'
import type { BenchNode } from '../cluster/chunks/chunk-bench.ts'
import { ChunkBench } from '../cluster/chunks/chunk-bench.ts'
import { sendChunkRange } from '../cluster/chunks/chunk-reader.ts'
import type { Partitions } from '../cluster/partitions.ts'
import type { StoredBody } from '../model/command.ts'
import type { BucketId, DataId, ObjectKey } from '../model/identifiers.ts'
import { bytesOf } from '../storage/chunks/chunk-fixtures.ts'
import { BodyStore } from './body-store.ts'
import type { BodySource } from './body.ts'

const MIB = 1024 ** 2
const SLAB_COUNT = 16
const place = { bucketId: '0123456789abcdef' as BucketId, key: 'k' as ObjectKey }
const content = Buffer.from(bytesOf(11, 9 * MIB + 77).buffer).subarray(0, 9 * MIB + 77)
const NEVER = new AbortController().signal

let checksums: Checksums
beforeAll(async () => {
  checksums = await openChecksums()
})

interface Gateway {
  readonly node: BenchNode
  readonly bodies: BodyStore
  readonly slabs: SlabPool
}

/** Nothing is ever referred to, as far as the partitions are concerned. */
const partitions = {
  execute: () => Promise.resolve({ kind: 'killed', referenced: false }),
} as unknown as Partitions

function gatewayOf(bench: ChunkBench, at: number): Gateway {
  const node = bench.node(at)
  const slabs = new SlabPool(SLAB_COUNT * SLAB_BYTES)
  const bodies = new BodyStore({
    ...node.plane,
    ...{ partitions, slabs, checksums, hashers: inlineBodyHashers(checksums) },
    ...{ clock: bench.clock, random: seededRandom(at + 1), logger: silentLogger },
  })
  return { node, bodies, slabs }
}

function source(bytes: Uint8Array): BodySource {
  return {
    lengthBytes: bytes.byteLength,
    async read(take) {
      for (let at = 0; at < bytes.byteLength; at += 60_001) {
        await take(bytes.subarray(at, at + 60_001))
      }
    },
  }
}

function store({ bodies }: Gateway, bytes: Uint8Array): Promise<StoredBody> {
  const request = { contentMd5: undefined, sizeBytesMax: Infinity, signal: NEVER }
  return bodies.store(place, { ...request, body: source(bytes) })
}

async function read({ node, slabs }: Gateway, stored: StoredBody, start = 0): Promise<Buffer> {
  const pieces: Buffer[] = []
  const send = (piece: Uint8Array) => {
    pieces.push(Buffer.from(piece))
    return Promise.resolve()
  }
  const dataId = dataIdOf(stored)
  const parts = { sources: node.plane.sources, slabs }
  await sendChunkRange(parts, { dataId, start, end: stored.sizeBytes }, send, NEVER)
  return Buffer.concat(pieces)
}

function dataIdOf({ data }: StoredBody): DataId {
  if (data.kind !== 'chunks') throw new Error('The body is in chunks')
  return data.dataId
}

async function chunkCounts(bench: ChunkBench, id: DataId): Promise<number[]> {
  const counts: number[] = []
  for (const { chunks, isUp } of bench.nodes) {
    let count = 0
    for (const index of [0, 1, 2]) if (isUp && (await chunks.has(id, index))) count++
    counts.push(count)
  }
  return counts
}

test.each([5000, 65_536, 70_000, 4 * MIB, content.length])(
  'a body of %i bytes is in three stores, confirmed, and read through each of them',
  async (sizeBytes) => {
    const bench = await ChunkBench.open()
    const gateway = gatewayOf(bench, 0)
    const body = content.subarray(0, sizeBytes)
    const stored = await bench.run(store(gateway, body))
    gateway.bodies.confirm(stored)
    await bench.run(gateway.node.plane.confirmations.settle())
    for (const at of [0, 1, 2]) {
      expect(Buffer.compare(await bench.run(read(gatewayOf(bench, at), stored)), body)).toBe(0)
      expect(await bench.node(at).chunks.listUnconfirmed(-1, 10)).toEqual([])
    }
    expect(gateway.slabs.usedCount).toBe(0)
  },
)

test('a stalled store holds slabs for a moment only, and costs later bodies nothing', async () => {
  const bench = await ChunkBench.open()
  const gateway = gatewayOf(bench, 0)
  bench.node(2).isStalled = true
  const stored = await bench.run(store(gateway, content))
  await bench.elapse(1500)
  expect(gateway.slabs.usedCount).toBe(0)
  const startedMs = bench.clock.nowMs()
  await bench.run(Promise.all(Array.from({ length: 8 }, () => store(gateway, content))))
  // The probes that try it again wait for each other's rest, not for each chunk.
  expect(bench.clock.nowMs() - startedMs).toBeLessThan(2000)
  await bench.elapse(1500)
  expect(gateway.slabs.usedCount).toBe(0)
  expect(await chunkCounts(bench, dataIdOf(stored))).toEqual([3, 3, 0])
})

test('a range is read from elsewhere where the own bytes are rotten', async () => {
  const bench = await ChunkBench.open()
  const gateway = gatewayOf(bench, 0)
  const stored = await bench.run(store(gateway, content))
  gateway.node.rot(MIB)
  for (const start of [0, 1, MIB, 5 * MIB + 3]) {
    const bytes = await bench.run(read(gateway, stored, start))
    expect(Buffer.compare(bytes, content.subarray(start))).toBe(0)
  }
  expect(gateway.slabs.usedCount).toBe(0)
})

test('a range that nobody has whole is cut off, after nothing but right bytes', async () => {
  const bench = await ChunkBench.open()
  const gateway = gatewayOf(bench, 0)
  const stored = await bench.run(store(gateway, content))
  for (const node of bench.nodes) node.rot(3 * MIB)
  const sent: Buffer[] = []
  const send = (piece: Uint8Array) => {
    sent.push(Buffer.from(piece))
    return Promise.resolve()
  }
  const range = { dataId: dataIdOf(stored), start: 0, end: content.length }
  const parts = { sources: gateway.node.plane.sources, slabs: gateway.slabs }
  const sending = bench.run(sendChunkRange(parts, range, send, NEVER))
  await expect(sending).rejects.toHaveProperty('name', 'ChunkCorruptError')
  const bytes = Buffer.concat(sent)
  expect(Buffer.compare(bytes, content.subarray(0, bytes.length))).toBe(0)
  expect(bytes.length).toBeLessThan(content.length)
  expect(gateway.slabs.usedCount).toBe(0)
})

test.each([5000, content.length])(
  'of a body of %i bytes that too few stores took nothing stays',
  async (sizeBytes) => {
    const bench = await ChunkBench.open()
    const gateway = gatewayOf(bench, 0)
    for (const at of [1, 2]) bench.node(at).isFull = true
    const storing = bench.run(store(gateway, content.subarray(0, sizeBytes)))
    await expect(storing).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 })
    await bench.elapse(1500)
    expect(gateway.slabs.usedCount).toBe(0)
    expect(gateway.node.chunks.usage().liveBytes).toBe(0)
  },
)

test('bodies that come together never take more than the pool, and all get through', async () => {
  const bench = await ChunkBench.open()
  const gateway = gatewayOf(bench, 0)
  const body = content.subarray(0, 5 * MIB)
  let usedMost = 0
  const acquire = gateway.slabs.acquire.bind(gateway.slabs)
  gateway.slabs.acquire = async (...args) => {
    const slabs = await acquire(...args)
    usedMost = Math.max(usedMost, gateway.slabs.usedCount)
    return slabs
  }
  const all = await bench.run(Promise.all(Array.from({ length: 12 }, () => store(gateway, body))))
  expect(all).toHaveLength(12)
  expect(usedMost).toBeLessThanOrEqual(SLAB_COUNT)
  await bench.elapse(1500)
  expect(gateway.slabs.usedCount).toBe(0)
})

test('a small body goes to other stores where its own have no room', async () => {
  const bench = await ChunkBench.open({ zones: ['a', 'a', 'b', 'b', 'c', 'c'] })
  const gateway = gatewayOf(bench, 0)
  for (const at of [0, 2, 4]) bench.node(at).isFull = true
  for (let round = 0; round < 12; round++) {
    const stored = await bench.run(store(gateway, content.subarray(0, 5000)))
    const bytes = await bench.run(read(gateway, stored))
    expect(Buffer.compare(bytes, content.subarray(0, 5000))).toBe(0)
  }
  for (const at of [0, 2, 4]) expect(bench.node(at).chunks.usage().liveBytes).toBe(0)
})

test('stores that have heard of a body know it, also when one was away', async () => {
  const bench = await ChunkBench.open()
  const gateway = gatewayOf(bench, 0)
  bench.node(1).die()
  const stored = await bench.run(store(gateway, content))
  gateway.bodies.confirm(stored)
  await bench.run(gateway.node.plane.confirmations.settle())
  for (const at of [0, 2]) {
    const { chunks } = await bench.node(at).chunks.listLacking(undefined)
    expect(chunks.map(({ index, lacking }) => [index, ...lacking])).toEqual(
      [0, 1, 2].map((index) => [index, bench.node(1).store]),
    )
  }
})
