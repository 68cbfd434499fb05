import { sameBytes } from '../../base/bytes.ts'
import type { ChunkStore, ChunkStoreOptions } from './chunk-store.ts'
import {
  bytesOf,
  dataId,
  hookFiles,
  Machine,
  newChunk,
  SEGMENTS,
  STORE_ID,
} from './chunk-fixtures.ts'
import { checkIndex } from './index-check.ts'

const SIZE_BYTES = 3000
/** Sixteen chunks of SIZE_BYTES. */
const options: Partial<ChunkStoreOptions> = { segmentSizeBytes: 64 * 1024 }
const numbers = Array.from({ length: 16 }, (_, n) => n)
const dropped = numbers.slice(0, 12)
const kept = numbers.slice(12)

/** Fills segment 1, begins segment 2, and removes most of segment 1. */
async function prepare(store: ChunkStore): Promise<void> {
  for (const n of [...numbers, 100]) await store.put(newChunk(dataId(n), 0, bytesOf(n, SIZE_BYTES)))
  for (const n of dropped) await store.remove(dataId(n), 1)
}

async function expectAll(store: ChunkStore, some: readonly number[]): Promise<void> {
  for (const n of some) {
    const read = await store.read(dataId(n), 0, 0, SIZE_BYTES, new Uint8Array(SIZE_BYTES))
    expect(sameBytes(read, bytesOf(n, SIZE_BYTES))).toBe(true)
  }
}

test('a segment that is mostly dead gives its space back', async () => {
  const machine = new Machine()
  const store = await machine.open(options)
  await prepare(store)
  const before = store.usage()
  expect(await store.compactOnce()).toBe(true)
  expect(await store.compactOnce()).toBe(false)
  expect(await machine.disk.files.list(SEGMENTS)).toEqual(['2.seg'])
  const after = store.usage()
  expect(after.liveBytes).toBe(before.liveBytes)
  expect(after.bytes).toBeLessThan(before.bytes / 2)
  await expectAll(store, [...kept, 100])
  await checkIndex(machine.engine, machine.disk.files, SEGMENTS, STORE_ID)
})

test('a segment that is mostly alive stays', async () => {
  const store = await new Machine().open(options)
  for (const n of [...numbers, 100]) await store.put(newChunk(dataId(n), 0, bytesOf(n, SIZE_BYTES)))
  await store.remove(dataId(0), 1)
  expect(await store.compactOnce()).toBe(false)
})

test('the rows are flushed before the file is removed', async () => {
  for (const live of [kept, []]) {
    const machine = new Machine()
    const events: string[] = []
    const files = hookFiles(machine.disk.files, { beforeRemove: () => void events.push('remove') })
    const flush = machine.engine.flush.bind(machine.engine)
    machine.engine.flush = async () => {
      await flush()
      events.push('flushed')
    }
    const store = await machine.open({ ...options, files })
    await prepare(store)
    for (const n of kept) if (!live.includes(n)) await store.remove(dataId(n), 1)
    await store.compactOnce()
    expect(events).toEqual(['flushed', 'remove'])
  }
})

test('wherever the power fails in a compaction, what lives is there afterwards', async () => {
  let finished = 0
  for (let operationCount = 0; finished < 3; operationCount++) {
    const machine = new Machine(operationCount + 1)
    const store = await machine.open(options)
    await prepare(store)
    await machine.engine.flush()
    const death = machine.disk.crashAfter(operationCount).then(() => true)
    const isDead = await Promise.race([death, store.compactOnce().then(() => false)])
    if (!isDead) finished++
    machine.crashToFlush()
    const again = await machine.open(options)
    await expectAll(again, [...kept, 100])
    await checkIndex(machine.engine, machine.disk.files, SEGMENTS, STORE_ID)
  }
})

test('a removal that comes while its chunk is copied is not undone', async () => {
  const machine = new Machine()
  let compacting: ChunkStore | undefined
  const files = hookFiles(machine.disk.files, {
    // The first write of the compaction is that of the copies.
    async beforeWrite() {
      const store = compacting
      compacting = undefined
      await store?.remove(dataId(14), 1)
    },
  })
  const store = await machine.open({ ...options, files })
  await prepare(store)
  compacting = store
  expect(await store.compactOnce()).toBe(true)
  expect(compacting).toBeUndefined()
  expect(await store.has(dataId(14), 0)).toBe(false)
  await expectAll(store, [12, 13, 15, 100])
  await checkIndex(machine.engine, machine.disk.files, SEGMENTS, STORE_ID)

  // Nor does a start bring it back that reads the copy.
  machine.crash()
  expect(await (await machine.open(options)).has(dataId(14), 0)).toBe(false)
})

test('a segment with a live record that cannot be copied stays, the rest of it moves', async () => {
  const machine = new Machine()
  const errors: string[] = []
  const logger = { info() {}, warn() {}, error: (message: string) => void errors.push(message) }
  const store = await machine.open({ ...options, logger })
  await prepare(store)
  // In the bytes of the thirteenth record; each batch of one takes 4 KiB.
  machine.disk.rot(`${SEGMENTS}/1.seg`, 12 * 4096 + 1000)
  expect(await store.compactOnce()).toBe(true)
  expect(errors).toEqual(['A segment cannot be compacted'])
  expect(await store.compactOnce()).toBe(false)
  expect(await machine.disk.files.list(SEGMENTS)).toContain('1.seg')
  await expectAll(store, [13, 14, 15, 100])
  await expect(expectAll(store, [12])).rejects.toHaveProperty('name', 'ChunkCorruptError')
})

test('a segment that the disk cannot read is left alone, and the compaction goes on', async () => {
  const machine = new Machine()
  const store = await machine.open(options)
  await prepare(store)
  machine.disk.fail({ operation: 'read', code: 'EIO', path: '1.seg', skipCount: 6 })
  expect(await store.compactOnce()).toBe(true)
  expect(await store.compactOnce()).toBe(false)
  expect(await machine.disk.files.list(SEGMENTS)).toContain('1.seg')
  await expectAll(store, [...kept, 100])
})

test('a segment that was removed does not come back by its number', async () => {
  const machine = new Machine()
  const store = await machine.open(options)
  await store.put(newChunk(dataId(1), 0, bytesOf(1, SIZE_BYTES)))
  await store.remove(dataId(1), 1)
  await store.close()
  // Segment 1 is old now, 2 is open, and nothing lives.
  const again = await machine.open(options)
  expect(await again.compactOnce()).toBe(true)
  await again.close()
  const third = await machine.open(options)
  await third.put(newChunk(dataId(2), 0, bytesOf(2, SIZE_BYTES)))
  expect(await machine.disk.files.list(SEGMENTS)).toEqual(['2.seg', '3.seg'])
})
