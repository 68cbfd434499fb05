import fc from 'fast-check'
import { sameBytes } from '../../base/bytes.ts'
import { CHECK_BLOCK_BYTES } from '../../model/identifiers.ts'
import { bytesOf, dataId, hookFiles, Machine, newChunk, SEGMENTS } from './chunk-fixtures.ts'
import type { ChunkStore } from './chunk-store.ts'

const SIZE_BYTES = 3 * CHECK_BLOCK_BYTES + 1000
const BYTES = bytesOf(5, SIZE_BYTES)

function readRange(store: ChunkStore, offset: number, length: number): Promise<Uint8Array> {
  return store.read(dataId(1), 0, offset, length, new Uint8Array(4 * CHECK_BLOCK_BYTES))
}

async function openWithChunk(machine: Machine): Promise<ChunkStore> {
  const store = await machine.open()
  await store.put(newChunk(dataId(1), 0, BYTES))
  return store
}

test.each([
  ['the first byte', 0, 1],
  ['the last byte', SIZE_BYTES - 1, 1],
  ['everything', 0, SIZE_BYTES],
  ['exactly one block', CHECK_BLOCK_BYTES, CHECK_BLOCK_BYTES],
  ['two bytes across two blocks', CHECK_BLOCK_BYTES - 1, 2],
  ['the short last block', 3 * CHECK_BLOCK_BYTES, 1000],
  ['from the middle to the end', 100_000, SIZE_BYTES - 100_000],
  ['nothing', 10, 0],
  ['nothing, at the end', SIZE_BYTES, 0],
])('%s can be read', async (_, offset, length) => {
  const store = await openWithChunk(new Machine())
  const read = await readRange(store, offset, length)
  expect(sameBytes(read, BYTES.subarray(offset, offset + length))).toBe(true)
})

test.each([
  [0, SIZE_BYTES + 1],
  [SIZE_BYTES, 1],
  [-1, 2],
])('a range beyond the chunk, from %d and %d long, is refused', async (offset, length) => {
  const store = await openWithChunk(new Machine())
  await expect(readRange(store, offset, length)).rejects.toHaveProperty('name', 'ChunkCorruptError')
})

test('a target that is too small is our mistake', async () => {
  const store = await openWithChunk(new Machine())
  const target = new Uint8Array(CHECK_BLOCK_BYTES)
  await expect(store.read(dataId(1), 0, 0, 70_000, target)).rejects.toThrow('room for all blocks')
})

test('one rotten bit is found by every range that touches its block, and by no other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: SIZE_BYTES - 1 }),
      fc.nat({ max: SIZE_BYTES - 1 }),
      fc.integer({ min: 1, max: 100_000 }),
      async (rotAt, offset, wanted) => {
        const machine = new Machine()
        const store = await openWithChunk(machine)
        const recordBytes = store.usage().liveBytes
        machine.disk.rot(`${SEGMENTS}/1.seg`, recordBytes - SIZE_BYTES + rotAt)
        const length = Math.min(wanted, SIZE_BYTES - offset)
        const block = Math.floor(rotAt / CHECK_BLOCK_BYTES)
        const touches =
          Math.floor(offset / CHECK_BLOCK_BYTES) <= block &&
          block <= Math.floor((offset + length - 1) / CHECK_BLOCK_BYTES)
        const read = readRange(store, offset, length)
        if (touches) await expect(read).rejects.toHaveProperty('name', 'ChunkCorruptError')
        else expect(sameBytes(await read, BYTES.subarray(offset, offset + length))).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})

test('at most eight reads are under way', async () => {
  const machine = new Machine()
  let reading = 0
  let most = 0
  const waiting: (() => void)[] = []
  const files = hookFiles(machine.disk.files, {
    beforeRead: () =>
      new Promise((resolve) => {
        most = Math.max(most, ++reading)
        waiting.push(resolve)
      }),
  })
  const store = await machine.open({ files })
  await store.put(newChunk(dataId(1), 0, BYTES))
  let left = 30
  const reads = Array.from({ length: left }, () =>
    readRange(store, 0, 10).then(() => {
      left--
    }),
  )
  while (left > 0) {
    await Promise.resolve()
    // Held until no more come, so that all that may start have started.
    if (reading < Math.min(8, left)) continue
    reading--
    waiting.shift()?.()
  }
  await Promise.all(reads)
  expect(most).toBe(8)
})

test('a read that is under way outlives the removal of its segment', async () => {
  const machine = new Machine()
  let hold: Promise<void> | undefined = undefined
  const files = hookFiles(machine.disk.files, { beforeRead: async () => hold })
  const store = await machine.open({ files, segmentSizeBytes: 64 * 1024 })
  await store.put(newChunk(dataId(1), 0, BYTES))
  await store.put(newChunk(dataId(2), 0, bytesOf(2, 1000)))
  let letGo = () => {}
  hold = new Promise((resolve) => (letGo = resolve))
  const read = readRange(store, 0, SIZE_BYTES)
  // Two turns: the row is found, the file is in use.
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  await store.remove(dataId(1), 1)
  expect(await store.compactOnce()).toBe(true)
  expect(await machine.disk.files.list(SEGMENTS)).toEqual(['2.seg'])
  letGo()
  expect(sameBytes(await read, BYTES)).toBe(true)
  await expect(readRange(store, 0, 1)).rejects.toHaveProperty('name', 'ChunkMissingError')
})

test('a chunk whose segment is gone is damaged, not missing', async () => {
  const machine = new Machine()
  const store = await openWithChunk(machine)
  await store.close()
  await machine.disk.files.remove(`${SEGMENTS}/1.seg`)
  const again = await machine.open()
  await expect(readRange(again, 0, 1)).rejects.toHaveProperty('name', 'ChunkCorruptError')
})

test('what the disk cannot read is damaged, and is read again when asked again', async () => {
  const machine = new Machine()
  const store = await openWithChunk(machine)
  machine.disk.fail({ operation: 'read', code: 'EIO' })
  await expect(readRange(store, 0, 1)).rejects.toHaveProperty('name', 'ChunkCorruptError')
  expect(sameBytes(await readRange(store, 0, 1), BYTES.subarray(0, 1))).toBe(true)
})

test('more segments can be read than handles stay open', async () => {
  const machine = new Machine()
  const store = await machine.open({ segmentSizeBytes: 4096 })
  const numbers = Array.from({ length: 150 }, (_, n) => n)
  for (const n of numbers) await store.put(newChunk(dataId(n), 0, bytesOf(n, 3000)))
  for (let round = 0; round < 2; round++) {
    const reads = numbers.map(async (n) => {
      const read = await store.read(dataId(n), 0, 0, 3000, new Uint8Array(3000))
      return sameBytes(read, bytesOf(n, 3000))
    })
    expect(new Set(await Promise.all(reads))).toEqual(new Set([true]))
  }
})
