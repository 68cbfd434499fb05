import { sameBytes } from '../../base/bytes.ts'
import { crc32 } from '../../base/checksums.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import { bytesOf, dataId, newChunk } from '../../storage/chunks/chunk-fixtures.ts'
import type { BenchNode } from './chunk-bench.ts'
import { ChunkBench } from './chunk-bench.ts'
import { ChunkCopies } from './chunk-copies.ts'
import { COUNT_MS_MAX, SOFT_WAIT_MS, STRAGGLER_MS } from './chunk-send.ts'
import { HEDGE_MS } from './chunk-sources.ts'

const SIZE_BYTES = 3 * CHECK_BLOCK_BYTES + 1000
const BYTES = bytesOf(7, SIZE_BYTES)
const NEVER = new AbortController().signal
const ID = dataId(1)

/** Sends one chunk and confirms it, as a PUT does; resolves when it counts. */
async function put(node: BenchNode, id: DataId = ID, bytes = BYTES): Promise<ChunkCopies> {
  const copies = new ChunkCopies()
  const { counted, settled } = node.plane.copies.send(newChunk(id, 0, bytes))
  copies.add(0, settled)
  await counted
  return copies
}

async function putConfirmed(bench: ChunkBench, node: BenchNode, id: DataId = ID): Promise<void> {
  const copies = await bench.run(put(node, id))
  node.plane.confirmations.confirm({ dataId: id, chunkCount: 1 }, copies)
  await bench.run(node.plane.confirmations.settle())
}

function get(node: BenchNode, offset = 0, length = SIZE_BYTES, id = ID): Promise<Uint8Array> {
  const target = Buffer.alloc(CHUNK_SIZE_BYTES)
  return node.plane.sources
    .read({ dataId: id, index: 0, offset, length }, target, NEVER)
    .then(({ bytes }) => bytes)
}

async function holders(bench: ChunkBench, id: DataId = ID): Promise<number[]> {
  const found: number[] = []
  for (const [at, { chunks, isUp }] of bench.nodes.entries()) {
    if (isUp && (await chunks.has(id, 0))) found.push(at)
  }
  return found
}

async function marks(node: BenchNode): Promise<number> {
  const { chunks } = await node.chunks.listLacking(undefined)
  return chunks.length + (await node.chunks.listUnconfirmed(-1, 100)).length
}

describe('in a healthy region', () => {
  test('a chunk is in every store when it counts, and every storage node reads it', async () => {
    const bench = await ChunkBench.open()
    await putConfirmed(bench, bench.node(0))
    expect(await holders(bench)).toEqual([0, 1, 2])
    for (const node of bench.nodes) {
      expect(sameBytes(await bench.run(get(node)), BYTES)).toBe(true)
      expect(await marks(node)).toBe(0)
    }
    // Whoever has a copy asks nobody.
    expect(bench.nodes.flatMap(({ requests }) => requests)).not.toContain('chunkGet')
  })

  test('the nearest copy is read, and only its blocks', async () => {
    const bench = await ChunkBench.open({ zones: ['a', 'b', 'c', 'a'] })
    const [id, outside, near] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
      .map((number) => {
        const group = bench.node(0).placement.storesOf(dataId(number), 0)
        const stores = group.map(({ store }) => store)
        const missing = bench.nodes.find(({ store }) => !stores.includes(store))
        return [
          dataId(number),
          missing,
          bench.nodes.find(({ store }) => store === stores[0]),
        ] as const
      })
      .find(([, missing]) => missing === bench.node(3)) ?? [ID, undefined, undefined]
    if (outside === undefined || near === undefined) throw new Error('No such group')
    await putConfirmed(bench, bench.node(1), id)
    const range = BYTES.subarray(70_000, 70_100)
    expect(sameBytes(await bench.run(get(outside, 70_000, 100, id)), range)).toBe(true)
    const asked = bench.nodes.filter(({ requests }) => requests.includes('chunkGet'))
    expect(asked).toEqual([bench.node(0)])
  })

  test('a region with one store needs nobody', async () => {
    const bench = await ChunkBench.open({ zones: ['a'], minInsync: 1 })
    await putConfirmed(bench, bench.node(0))
    expect(sameBytes(await bench.run(get(bench.node(0))), BYTES)).toBe(true)
    expect(await marks(bench.node(0))).toBe(0)
  })
})

test('of many large chunks only some are under way: the others get their whole time afterwards', async () => {
  const bench = await ChunkBench.open()
  for (const at of [1, 2]) bench.node(at).isStalled = true
  const startedMs = bench.clock.nowMs()
  const failedAfter = (id: DataId, bytes: Uint8Array) =>
    put(bench.node(0), id, bytes).then(
      () => NaN,
      () => Math.floor((bench.clock.nowMs() - startedMs) / COUNT_MS_MAX),
    )
  const large = Array.from({ length: 10 }, (_, at) => dataId(10 + at))
  const rounds = [
    ...large.map((id) => failedAfter(id, bytesOf(3, 1024 ** 2))),
    failedAfter(ID, BYTES),
  ]
  expect(await bench.run(Promise.all(rounds))).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 1])
})

describe('a chunk counts', () => {
  test('when one of three stores is away, and then waits for nobody', async () => {
    const bench = await ChunkBench.open()
    bench.node(2).die()
    const startedMs = bench.clock.nowMs()
    await putConfirmed(bench, bench.node(0))
    expect(bench.clock.nowMs() - startedMs).toBeLessThan(SOFT_WAIT_MS)
    for (const node of [bench.node(0), bench.node(1)]) {
      const { chunks } = await node.chunks.listLacking(undefined)
      expect(chunks).toMatchObject([{ dataId: ID, index: 0, lacking: [bench.node(2).store] }])
    }
  })

  test('after the soft wait when one stalls; the next chunk does not wait for it', async () => {
    const bench = await ChunkBench.open()
    bench.node(2).isStalled = true
    const startedMs = bench.clock.nowMs()
    const copies = await bench.run(put(bench.node(0)))
    const waitedMs = bench.clock.nowMs() - startedMs
    expect(waitedMs).toBeGreaterThanOrEqual(SOFT_WAIT_MS)
    expect(waitedMs).toBeLessThan(SOFT_WAIT_MS + 100)
    const lacking = await bench.run(copies.settled())
    expect(lacking).toEqual([{ index: 0, stores: [bench.node(2).store] }])
    expect(bench.clock.nowMs() - startedMs).toBeLessThan(SOFT_WAIT_MS + STRAGGLER_MS + 100)

    const secondMs = bench.clock.nowMs()
    await bench.run(put(bench.node(0), dataId(2)))
    expect(bench.clock.nowMs() - secondMs).toBeLessThan(100)
    expect(bench.node(2).requests).toEqual(['chunkPut'])
  })

  test('with two copies elsewhere when the own volume is full', async () => {
    const bench = await ChunkBench.open()
    bench.node(0).isFull = true
    await putConfirmed(bench, bench.node(0))
    expect(await holders(bench)).toEqual([1, 2])
    expect(bench.node(0).plane.copies.wouldFit(SIZE_BYTES)).toBe(true)
    expect(sameBytes(await bench.run(get(bench.node(0))), BYTES)).toBe(true)
  })

  test('as soon as a store comes back that is needed', async () => {
    const bench = await ChunkBench.open()
    bench.node(1).die()
    bench.node(2).die()
    const putting = put(bench.node(0))
    await bench.elapse(1000)
    await bench.node(2).restart()
    await bench.run(putting)
    expect(await holders(bench)).toEqual([0, 2])
  })

  test('only when its bytes are synced in two stores', async () => {
    const bench = await ChunkBench.open()
    await bench.run(put(bench.node(0)))
    for (const node of bench.nodes) await node.restart()
    expect(await holders(bench)).toEqual([0, 1, 2])
  })
})

describe('a chunk does not count', () => {
  test('with one copy', async () => {
    const bench = await ChunkBench.open()
    bench.node(1).die()
    bench.node(2).isStalled = true
    const startedMs = bench.clock.nowMs()
    const putting = bench.run(put(bench.node(0)))
    await expect(putting).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 })
    expect(bench.clock.nowMs() - startedMs).toBeLessThan(COUNT_MS_MAX + 100)
    // Of each store once, however often it was tried.
    expect(bench.node(0).log).toEqual([
      `A store did not take a chunk: Store ${bench.node(1).store} cannot be reached`,
      `A store did not take a chunk: no answer after ${COUNT_MS_MAX} ms`,
    ])
  })

  test('with two copies in one zone of two', async () => {
    const bench = await ChunkBench.open({ zones: ['a', 'a', 'b'] })
    bench.node(2).die()
    const putting = bench.run(put(bench.node(0)))
    await expect(putting).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    expect(await holders(bench)).toEqual([0, 1])
  })

  test('when two volumes are full, which is told at once', async () => {
    const bench = await ChunkBench.open()
    bench.node(0).isFull = true
    bench.node(1).isFull = true
    const startedMs = bench.clock.nowMs()
    const putting = bench.run(put(bench.node(2)))
    await expect(putting).rejects.toThrow('full')
    expect(bench.clock.nowMs() - startedMs).toBeLessThan(SOFT_WAIT_MS)
    expect(bench.node(0).plane.copies.wouldFit(1)).toBe(true)
    expect(bench.node(2).plane.copies.outlook(dataId(5))).toBe('poor')
    expect(bench.node(0).plane.copies.outlook(dataId(5))).toBe('good')
  })

  test('when it was removed meanwhile', async () => {
    const bench = await ChunkBench.open()
    const removal = bench.node(0).plane.removal
    await bench.run(removal.discard({ dataId: ID, chunkCount: 1 }))
    await expect(bench.run(put(bench.node(1)))).rejects.toMatchObject({ code: 'RequestTimeout' })
    expect(await holders(bench)).toEqual([])
  })
})

describe('a read', () => {
  test('passes over a damaged copy, which is replaced', async () => {
    const bench = await ChunkBench.open()
    await putConfirmed(bench, bench.node(0))
    bench.node(0).rot(150_000)
    expect(sameBytes(await bench.run(get(bench.node(0))), BYTES)).toBe(true)
    await bench.run(bench.node(0).plane.damage.idle())
    expect(bench.node(0).log).toEqual(['Replaced a damaged chunk by a copy'])
    for (const other of [1, 2]) bench.node(other).die()
    expect(sameBytes(await bench.run(get(bench.node(0))), BYTES)).toBe(true)
  })

  test('passes over a damaged copy elsewhere, which that store replaces', async () => {
    const bench = await ChunkBench.open()
    bench.node(0).isFull = true
    await putConfirmed(bench, bench.node(0))
    bench.node(1).rot(150_000)
    expect(sameBytes(await bench.run(get(bench.node(0))), BYTES)).toBe(true)
    await bench.run(bench.node(1).plane.damage.idle())
    expect(bench.node(1).log).toEqual(['Replaced a damaged chunk by a copy'])
  })

  test('overtakes a copy that does not come, and then asks another store first', async () => {
    const bench = await ChunkBench.open()
    bench.node(0).isFull = true
    await putConfirmed(bench, bench.node(0))
    bench.node(1).isStalled = true
    const startedMs = bench.clock.nowMs()
    expect(sameBytes(await bench.run(get(bench.node(0))), BYTES)).toBe(true)
    const waitedMs = bench.clock.nowMs() - startedMs
    expect(waitedMs).toBeGreaterThanOrEqual(HEDGE_MS)
    expect(waitedMs).toBeLessThan(HEDGE_MS + 100)
    const secondMs = bench.clock.nowMs()
    await bench.run(get(bench.node(0)))
    expect(bench.clock.nowMs() - secondMs).toBeLessThan(100)
  })

  test('waits for a store that is away for a moment', async () => {
    const bench = await ChunkBench.open()
    bench.node(0).isFull = true
    await putConfirmed(bench, bench.node(0))
    bench.node(1).die()
    bench.node(2).die()
    const reading = get(bench.node(0))
    await bench.elapse(2000)
    await bench.node(2).restart()
    expect(sameBytes(await bench.run(reading), BYTES)).toBe(true)
  })

  test('fails when every copy is damaged, or nobody has one', async () => {
    const bench = await ChunkBench.open()
    await putConfirmed(bench, bench.node(0))
    for (const node of bench.nodes) node.rot(150_000)
    for (const node of bench.nodes) {
      await expect(bench.run(get(node))).rejects.toHaveProperty('name', 'ChunkCorruptError')
      await bench.run(node.plane.damage.idle())
    }
    // Damaged copies that report each other do not go round for ever.
    await bench.elapse(1000)
    for (const node of bench.nodes) expect(node.plane.damage.reportedCount).toBe(1)
    const none = bench.run(get(bench.node(0), 0, 1, dataId(9)))
    await expect(none).rejects.toHaveProperty('name', 'ChunkMissingError')
  })
})

describe('a removal', () => {
  const data = [{ dataId: ID, chunkCount: 1 }]
  const skipNone = () => false

  test('that is acknowledged outlives a power cut', async () => {
    const bench = await ChunkBench.open()
    await putConfirmed(bench, bench.node(0))
    for (const { machine } of bench.nodes) await machine.engine.flush()
    const removed = await bench.run(bench.node(0).plane.removal.removeDurably(data, skipNone))
    expect(removed.get(ID)?.size).toBe(3)
    for (const node of bench.nodes) await node.restart()
    expect(await holders(bench)).toEqual([])
    await expect(bench.run(put(bench.node(1)))).rejects.toMatchObject({ code: 'RequestTimeout' })
  })

  test('is not acknowledged by a store that is away', async () => {
    const bench = await ChunkBench.open()
    await putConfirmed(bench, bench.node(0))
    bench.node(2).die()
    const removed = await bench.run(bench.node(0).plane.removal.removeDurably(data, skipNone))
    expect([...(removed.get(ID) ?? [])]).toEqual([bench.node(0).store, bench.node(1).store])
    await bench.node(2).restart()
    expect(await holders(bench)).toEqual([2])
    const skip = (store: string) => store !== bench.node(2).store
    const again = await bench.run(bench.node(0).plane.removal.removeDurably(data, skip))
    expect([...(again.get(ID) ?? [])]).toEqual([bench.node(2).store])
    expect(await holders(bench)).toEqual([])
    expect(bench.node(0).flushCount).toBe(1)
  })

  test('shares its flush with others, but none that began before it', async () => {
    const bench = await ChunkBench.open()
    const node = bench.node(0)
    let flushes: (() => void)[] = []
    const handlerFlush = () => new Promise<void>((resolve) => flushes.push(resolve))
    node.machine.engine.flush = handlerFlush
    let answered = 0
    const remove = (number: number) =>
      node.plane.handler
        .remove([{ dataId: dataId(number), chunkCount: 1 }], true)
        .then(() => answered++)
    const first = remove(1)
    await bench.elapse(100)
    const others = [remove(2), remove(3)]
    await bench.elapse(100)
    expect(flushes).toHaveLength(1)
    flushes.shift()?.()
    await bench.elapse(100)
    expect(answered).toBe(1)
    expect(flushes).toHaveLength(1)
    flushes.shift()?.()
    await Promise.all([first, ...others])
    flushes = []
  })
})

describe('what a peer must not ask', () => {
  const chunk = newChunk(ID, 0, BYTES)
  const wanted = { dataId: ID, index: 0 }

  test.each([
    ['a read between blocks', { kind: 'chunkGet', ...wanted, offset: 1, length: 1 }],
    ['a read of nothing', { kind: 'chunkGet', ...wanted, offset: 0, length: 0 }],
    ['a read of more than 1 MiB', { kind: 'chunkGet', ...wanted, offset: 0, length: 2 ** 20 + 1 }],
    ['a read behind every chunk', { kind: 'chunkGet', ...wanted, offset: 2 ** 22, length: 1 }],
    [
      'to remove chunks without end',
      { kind: 'chunkRemove', data: [{ dataId: ID, chunkCount: 2 ** 40 }], isDurable: false },
    ],
    [
      'to confirm chunks without end',
      { kind: 'chunkConfirm', data: [{ dataId: ID, chunkCount: 2 ** 40, lacking: [] }] },
    ],
    [
      'a chunk of nothing',
      { kind: 'chunkPut', ...chunk, mapVersion: 1, checks: Buffer.alloc(0), pieces: [] },
    ],
  ] as const)('%s is refused', async (_name, request) => {
    const bench = await ChunkBench.open({ zones: ['a'], minInsync: 1 })
    const answer = bench.node(0).plane.handler.answer(request)
    await expect(answer).rejects.toHaveProperty('name', 'ProtocolError')
  })

  test('bytes that do not match their checks are not stored', async () => {
    const bench = await ChunkBench.open()
    const checks = Buffer.alloc(16)
    checks.writeUInt32LE(crc32(BYTES.subarray(0, CHECK_BLOCK_BYTES)))
    const request = { kind: 'chunkPut', ...chunk, mapVersion: 1, checks } as const
    expect(await bench.node(0).plane.handler.answer(request)).toEqual({ outcome: 'garbled' })
    expect(await holders(bench)).toEqual([])
  })

  test('a chunk of another group is refused unless the sender knows a newer map', async () => {
    const bench = await ChunkBench.open({ zones: ['a', 'b', 'c', 'd'] })
    const stores = bench
      .node(0)
      .placement.storesOf(ID, 0)
      .map(({ store }) => store)
    const stranger = bench.nodes.find(({ store }) => !stores.includes(store))
    const checks = Buffer.alloc(16)
    const request = { kind: 'chunkPut', ...chunk, checks } as const
    const ask = (mapVersion: number) => stranger?.plane.handler.answer({ ...request, mapVersion })
    expect(await ask(1)).toEqual({ outcome: 'otherMap' })
    expect(await ask(2)).toEqual({ outcome: 'garbled' })
  })
})
