import { sameBytes } from '../../base/bytes.ts'
import { readWholeFile } from '../../base/files.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { MemoryEngine } from '../memory-engine.ts'
import { bytesOf, dataId, Machine, newChunk, SEGMENTS, STORE_ID } from './chunk-fixtures.ts'
import type { ChunkStore } from './chunk-store.ts'
import { checkIndex } from './index-check.ts'

const OTHER_STORE_ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as StoreId
const SIZE_BYTES = 3000

async function putAll(store: ChunkStore, numbers: readonly number[]): Promise<void> {
  for (const n of numbers) await store.put(newChunk(dataId(n), 0, bytesOf(n, SIZE_BYTES)))
}

/** Numbers of the chunks that come back right. */
async function findAll(store: ChunkStore, numbers: readonly number[]): Promise<number[]> {
  const found: number[] = []
  for (const n of numbers) {
    if (!(await store.has(dataId(n), 0))) continue
    const read = await store.read(dataId(n), 0, 0, SIZE_BYTES, new Uint8Array(SIZE_BYTES))
    expect(sameBytes(read, bytesOf(n, SIZE_BYTES))).toBe(true)
    found.push(n)
  }
  return found
}

const numbers = Array.from({ length: 40 }, (_, n) => n)

test('a start finds what the engine has lost, in sealed segments and in the open one', async () => {
  const machine = new Machine()
  // Sixteen chunks a segment: two are sealed.
  const store = await machine.open({ segmentSizeBytes: 64 * 1024 })
  await putAll(store, numbers.slice(0, 5))
  await machine.engine.flush()
  await putAll(store, numbers.slice(5))
  await store.confirm(dataId(3), 1)
  machine.crashToFlush()
  const again = await machine.open({ segmentSizeBytes: 64 * 1024 })
  expect(await findAll(again, numbers)).toEqual(numbers)
  // What a scan finds is unconfirmed; so is what lost its confirmation.
  machine.clock.ms++
  expect(await again.listUnconfirmed(0, 100)).toHaveLength(40)
  await checkIndex(machine.engine, machine.disk.files, SEGMENTS, STORE_ID)
})

test('a start without an engine finds every chunk', async () => {
  const machine = new Machine()
  const store = await machine.open({ segmentSizeBytes: 64 * 1024 })
  await putAll(store, numbers)
  machine.disk.crash()
  machine.engine = new MemoryEngine()
  expect(await findAll(await machine.open(), numbers)).toEqual(numbers)
})

test('a removal that was flushed stays, though its record is read again', async () => {
  const machine = new Machine()
  const store = await machine.open()
  await putAll(store, [1, 2])
  await store.remove(dataId(1), 1)
  await machine.engine.flush()
  await putAll(store, [3])
  machine.crashToFlush()
  const again = await machine.open()
  expect(await findAll(again, [1, 2, 3])).toEqual([2, 3])
})

test('nothing is appended to an old segment', async () => {
  const machine = new Machine()
  await putAll(await machine.open(), [1])
  const before = await readWholeFile(machine.disk.files, `${SEGMENTS}/1.seg`)
  machine.crashToFlush()
  await putAll(await machine.open(), [2])
  const after = await readWholeFile(machine.disk.files, `${SEGMENTS}/1.seg`)
  expect(sameBytes(before, after)).toBe(true)
})

test('a last batch that was never synced counts only after it was written again', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const machine = new Machine(seed)
    const store = await machine.open()
    const died = new Promise((resolve) => (machine.fatal = resolve))
    machine.disk.fail({ operation: 'sync', code: 'EIO' })
    void putAll(store, [1])
    await died
    // The process ends; readers still see what the failed sync has forgotten.
    machine.disk.kill()
    machine.engine = machine.engine.crash({ bytes: (count) => new Uint8Array(count) })
    const again = await machine.open()
    expect(await findAll(again, [1])).toEqual([1])
    machine.crashToFlush()
    expect(await findAll(await machine.open(), [1])).toEqual([1])
  }
})

test('a start on a full volume makes the last batch count without room for another', async () => {
  const machine = new Machine(1, 64 * 1024)
  const store = await machine.open()
  await putAll(store, [1])
  const bytes = bytesOf(2, 45_000)
  await store.put(newChunk(dataId(2), 0, bytes))
  machine.disk.kill()
  machine.engine = machine.engine.crash({ bytes: (count) => new Uint8Array(count) })
  let warningCount = 0
  const logger = { info() {}, warn: () => void warningCount++, error() {} }
  expect(await (await machine.open({ logger })).has(dataId(2), 0)).toBe(true)
  expect(warningCount).toBe(1)
  machine.crashToFlush()
  const third = await machine.open()
  const read = await third.read(dataId(2), 0, 0, 45_000, new Uint8Array(45_000))
  expect(sameBytes(read, bytes)).toBe(true)
  expect(await findAll(third, [1])).toEqual([1])
  await checkIndex(machine.engine, machine.disk.files, SEGMENTS, STORE_ID)
})

test('a torn batch is not half used', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const machine = new Machine(seed)
    const store = await machine.open()
    await putAll(store, [1])
    void Promise.all([2, 3, 4].map((n) => putAll(store, [n])))
    await machine.disk.crashAfter(1)
    machine.engine = machine.engine.crash({ bytes: (count) => new Uint8Array(count) })
    // `findAll` compares the bytes of whatever is served.
    expect(await findAll(await machine.open(), [1, 2, 3, 4])).toContain(1)
  }
})

test('bytes of another store, another segment or another place are never taken for records', async () => {
  const machine = new Machine()
  const store = await machine.open({ storeId: OTHER_STORE_ID })
  await putAll(store, [1, 2])
  await store.close()
  machine.engine = new MemoryEngine()
  const files = machine.disk.files
  expect(await findAll(await machine.open(), [1, 2])).toEqual([])

  // The same store's file under another number, and behind another beginning.
  const bytes = await readWholeFile(files, `${SEGMENTS}/1.seg`)
  for (const [name, position] of [
    ['7.seg', 0],
    ['8.seg', 4096],
  ] as const) {
    const file = await files.open(`${SEGMENTS}/${name}`, 'create')
    await file.write([bytes], position)
    await file.sync()
  }
  machine.engine = new MemoryEngine()
  await files.remove(`${SEGMENTS}/1.seg`)
  expect(await findAll(await machine.open({ storeId: OTHER_STORE_ID }), [1, 2])).toEqual([])
})

test('a rotten place in the middle costs only what it hits', async () => {
  const machine = new Machine()
  await putAll(await machine.open(), [1, 2, 3, 4])
  // The header of the second record; batches of one record begin every 4 KiB.
  machine.disk.rot(`${SEGMENTS}/1.seg`, 4096 + 20)
  machine.crashToFlush()
  const errors: string[] = []
  const logger = { info() {}, warn() {}, error: (message: string) => void errors.push(message) }
  expect(await findAll(await machine.open({ logger }), [1, 2, 3, 4])).toEqual([1, 3, 4])
  expect(errors).toEqual(['A segment is damaged in the middle'])
})

test('a sealed segment whose footer is damaged is walked', async () => {
  const machine = new Machine()
  await putAll(await machine.open({ segmentSizeBytes: 64 * 1024 }), numbers)
  const sealed = await machine.disk.files.open(`${SEGMENTS}/1.seg`, 'read')
  machine.disk.rot(`${SEGMENTS}/1.seg`, (await sealed.sizeBytes()) - 1)
  machine.crashToFlush()
  expect(await findAll(await machine.open(), numbers)).toEqual(numbers)
})

test('a lost segment is reported and the others are served', async () => {
  const machine = new Machine()
  const store = await machine.open({ segmentSizeBytes: 4096 })
  await putAll(store, [1, 2, 3])
  await store.close()
  await machine.disk.files.remove(`${SEGMENTS}/2.seg`)
  const errors: string[] = []
  const logger = { info() {}, warn() {}, error: (message: string) => void errors.push(message) }
  const again = await machine.open({ logger })
  expect(errors).toEqual(['A segment with chunks is lost'])
  expect(await findAll(again, [1, 3])).toEqual([1, 3])
})

test('files that are no segments are left alone', async () => {
  const machine = new Machine()
  await (await machine.open()).close()
  for (const name of ['lost+found', '01.seg', '1.seg.tmp']) {
    await machine.disk.files.open(`${SEGMENTS}/${name}`, 'create')
  }
  await putAll(await machine.open(), [1])
  expect(await machine.disk.files.list(SEGMENTS)).toContain('lost+found')
})
