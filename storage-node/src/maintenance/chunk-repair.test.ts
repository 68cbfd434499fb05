import { sameBytes } from '../base/bytes.ts'
import { silentLogger } from '../base/logger.ts'
import type { BenchNode } from '../cluster/chunks/chunk-bench.ts'
import { ChunkBench } from '../cluster/chunks/chunk-bench.ts'
import { ChunkCopies } from '../cluster/chunks/chunk-copies.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { DataId } from '../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../model/identifiers.ts'
import { bytesOf, dataId, newChunk } from '../storage/chunks/chunk-fixtures.ts'
import { ChunkRepair } from './chunk-repair.ts'
import { ORPHAN_AGE_MS, sweepOrphans } from './orphan-sweep.ts'

const SIZE_BYTES = 200_000
const BYTES = bytesOf(3, SIZE_BYTES)
const ID = dataId(1)
const NEVER = new AbortController().signal

/** Owners that know which data is referred to. */
class Owners {
  readonly referenced = new Set<DataId>()
  readonly asked: DataId[] = []

  execute(command: Command): Promise<CommandResult> {
    if (command.kind !== 'killData') throw new Error(`Unexpected ${command.kind}`)
    this.asked.push(command.dataId)
    return Promise.resolve({ kind: 'killed', referenced: this.referenced.has(command.dataId) })
  }
}

function repairOf(bench: ChunkBench, node: BenchNode, owners: Owners): ChunkRepair {
  return new ChunkRepair({
    ...{ partitions: owners, chunks: node.chunks, peers: node.peers, placement: node.placement },
    ...{ health: node.plane.health, damage: node.plane.damage, clock: bench.clock },
    logger: silentLogger,
  })
}

/** One round in every store that is up, one after the other; returns how many copies were made. */
async function repairAll(bench: ChunkBench, owners: Owners): Promise<number> {
  let made = 0
  for (const node of bench.nodes) {
    if (node.isUp) made += await bench.run(repairOf(bench, node, owners).round(NEVER))
  }
  return made
}

/** Puts a chunk while the third store is away, and confirms it. */
async function putOnTwo(): Promise<ChunkBench> {
  const bench = await ChunkBench.open()
  bench.node(2).die()
  await putConfirmed(bench)
  return bench
}

async function putConfirmed(bench: ChunkBench): Promise<void> {
  const { plane } = bench.node(0)
  const { counted, settled } = plane.copies.send(newChunk(ID, 0, BYTES))
  const copies = new ChunkCopies()
  copies.add(0, settled)
  await bench.run(counted)
  plane.confirmations.confirm({ dataId: ID, chunkCount: 1 }, copies)
  await bench.run(plane.confirmations.settle())
}

async function lackingCounts(bench: ChunkBench): Promise<number[]> {
  const pages = await Promise.all(bench.nodes.map(({ chunks }) => chunks.listLacking(undefined)))
  return pages.map(({ chunks }) => chunks.length)
}

async function readLocally(node: BenchNode): Promise<boolean> {
  const target = Buffer.alloc(CHUNK_SIZE_BYTES)
  return sameBytes(await node.chunks.read(ID, 0, 0, SIZE_BYTES, target), BYTES)
}

test('a chunk is brought to the store that it has not reached, once that is back', async () => {
  const bench = await putOnTwo()
  const owners = new Owners()
  owners.referenced.add(ID)
  expect(await repairAll(bench, owners)).toBe(0)
  await bench.node(2).restart()
  await bench.elapse(10_000)
  expect(await repairAll(bench, owners)).toBe(1)
  expect(await readLocally(bench.node(2))).toBe(true)
  await repairAll(bench, owners)
  expect(await lackingCounts(bench)).toEqual([0, 0, 0])
  expect(bench.node(2).requests.filter((kind) => kind === 'chunkPut')).toHaveLength(1)
})

test('what is damaged spreads to no other store', async () => {
  const bench = await putOnTwo()
  const owners = new Owners()
  owners.referenced.add(ID)
  bench.node(0).rot(100_000)
  await bench.node(2).restart()
  await bench.elapse(10_000)
  expect(await repairAll(bench, owners)).toBe(0)
  expect(await bench.node(2).chunks.has(ID, 0)).toBe(false)
  await bench.run(bench.node(0).plane.damage.idle())
  // Mended from the other copy, it is passed on.
  expect(await repairAll(bench, owners)).toBe(1)
  expect(await readLocally(bench.node(2))).toBe(true)
})

test('what its owner does not refer to any more is passed on to nobody', async () => {
  const bench = await putOnTwo()
  const owners = new Owners()
  await bench.node(2).restart()
  await bench.elapse(10_000)
  expect(await repairAll(bench, owners)).toBe(0)
  expect(owners.asked).toEqual([ID])
  expect(await bench.node(2).chunks.has(ID, 0)).toBe(false)
})

test('a chunk that was removed while a store was away does not come back there', async () => {
  const bench = await putOnTwo()
  const owners = new Owners()
  owners.referenced.add(ID)
  await bench.node(2).restart()
  await bench.elapse(10_000)
  await bench.node(2).plane.handler.remove([{ dataId: ID, chunkCount: 1 }], true)
  expect(await repairAll(bench, owners)).toBe(0)
  expect(await bench.node(2).chunks.has(ID, 0)).toBe(false)
  expect(await lackingCounts(bench)).toEqual([0, 0, 0])
})

test('the second store pushes when the first never does', async () => {
  const bench = await putOnTwo()
  const owners = new Owners()
  owners.referenced.add(ID)
  await bench.node(2).restart()
  bench.node(0).die()
  await bench.elapse(10_000)
  expect(await repairAll(bench, owners)).toBe(0)
  bench.clock.advance(10 * 60 * 1000)
  expect(await repairAll(bench, owners)).toBe(1)
  expect(await readLocally(bench.node(2))).toBe(true)
})

describe('marks that nobody has confirmed for a day', () => {
  async function sweepAll(bench: ChunkBench, owners: Owners): Promise<number> {
    let freed = 0
    for (const { chunks, placement, isUp } of bench.nodes) {
      if (isUp) freed += await sweepOrphans({ partitions: owners, placement, chunks }, NEVER)
    }
    return freed
  }

  async function putUnconfirmed(): Promise<ChunkBench> {
    const bench = await ChunkBench.open()
    bench.node(2).die()
    await bench.run(bench.node(0).plane.copies.send(newChunk(ID, 0, BYTES)).counted)
    await bench.node(2).restart()
    bench.clock.advance(ORPHAN_AGE_MS + 1)
    return bench
  }

  test('of data that is referred to lead to its repair', async () => {
    const bench = await putUnconfirmed()
    const owners = new Owners()
    owners.referenced.add(ID)
    expect(await sweepAll(bench, owners)).toBe(0)
    expect(await repairAll(bench, owners)).toBe(1)
    await repairAll(bench, owners)
    expect(await readLocally(bench.node(2))).toBe(true)
    expect(await lackingCounts(bench)).toEqual([0, 0, 0])
    expect(await sweepAll(bench, owners)).toBe(0)
  })

  test('of data that is not lead to its end', async () => {
    const bench = await putUnconfirmed()
    const owners = new Owners()
    expect(await sweepAll(bench, owners)).toBe(2)
    expect(owners.asked).toEqual([ID, ID])
    for (const { chunks } of bench.nodes) expect(await chunks.has(ID, 0)).toBe(false)
  })
})
