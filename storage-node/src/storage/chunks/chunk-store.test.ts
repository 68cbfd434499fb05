import { sameBytes } from '../../base/bytes.ts'
import type { DataId } from '../../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { bytesOf, dataId, hookFiles, Machine, newChunk, owner, START_MS } from './chunk-fixtures.ts'
import type { ChunkStore } from './chunk-store.ts'
import { TOMBSTONE_LIFE_MS } from './tombstone-expiry.ts'

const DAY_MS = 24 * 60 * 60 * 1000

async function readWhole(store: ChunkStore, id: DataId, index: number, sizeBytes: number) {
  return store.read(id, index, 0, sizeBytes, new Uint8Array(CHUNK_SIZE_BYTES))
}

test.each([1, 65_535, 65_536, 65_537, 300_000, CHUNK_SIZE_BYTES])(
  'a chunk of %d bytes comes back',
  async (sizeBytes) => {
    const store = await new Machine().open()
    const bytes = bytesOf(1, sizeBytes)
    await store.put(newChunk(dataId(1), 3, bytes))
    expect(sameBytes(await readWhole(store, dataId(1), 3, sizeBytes), bytes)).toBe(true)
    expect(await store.has(dataId(1), 3)).toBe(true)
    expect(await store.has(dataId(1), 0)).toBe(false)
  },
)

test('chunks that wait share one sync', async () => {
  const machine = new Machine()
  let syncCount = 0
  const files = hookFiles(machine.disk.files, { afterSync: () => void syncCount++ })
  const store = await machine.open({ files })
  const puts = Array.from({ length: 100 }, (_, n) =>
    store.put(newChunk(dataId(n), 0, bytesOf(n, 900))),
  )
  await Promise.all(puts)
  expect(syncCount).toBe(1)
})

test('a chunk has a row, and its put an answer, only after its bytes are synced', async () => {
  const machine = new Machine()
  let letGo = () => {}
  const hold = new Promise<void>((resolve) => (letGo = resolve))
  const files = hookFiles(machine.disk.files, { beforeSync: () => hold })
  const store = await machine.open({ files })
  let answered = false
  const put = store.put(newChunk(dataId(1), 0, bytesOf(1, 10))).then(() => (answered = true))
  // Turns enough for all that does not wait for the sync.
  for (let turn = 0; turn < 200; turn++) await Promise.resolve()
  expect(await store.has(dataId(1), 0)).toBe(false)
  expect(answered).toBe(false)
  letGo()
  await put
  expect(await store.has(dataId(1), 0)).toBe(true)
})

test('a chunk that is put again is taken once; other bytes under its name are refused', async () => {
  const store = await new Machine().open()
  const chunk = newChunk(dataId(1), 0, bytesOf(1, 5000))
  await Promise.all([store.put(chunk), store.put(chunk)])
  await store.put(chunk)
  const { liveBytes } = store.usage()
  expect(liveBytes).toBeLessThan(2 * 5000)
  await expect(store.put(newChunk(dataId(1), 0, bytesOf(2, 5000)))).rejects.toThrow('B1')
})

test('what is removed is gone, and a late writer is refused until the tombstone expires', async () => {
  const machine = new Machine()
  const store = await machine.open()
  const chunk = newChunk(dataId(1), 0, bytesOf(1, 5000))
  await store.put(chunk)
  await store.remove(dataId(1), 1)
  await expect(readWhole(store, dataId(1), 0, 5000)).rejects.toThrow('is not in this store')
  await expect(store.put(chunk)).rejects.toHaveProperty('name', 'ChunkDeletedError')
  expect(store.usage().liveBytes).toBe(0)

  machine.clock.ms = START_MS + TOMBSTONE_LIFE_MS - 1
  expect(await store.expireTombstones()).toBe(0)
  machine.clock.ms = START_MS + TOMBSTONE_LIFE_MS
  expect(await store.expireTombstones()).toBe(1)
  await store.put(chunk)
})

test('a dataId of more chunks than one transaction takes is removed whole', async () => {
  const store = await new Machine().open()
  const indexes = Array.from({ length: 600 }, (_, index) => index)
  await Promise.all(
    indexes.map((index) => store.put(newChunk(dataId(1), index, bytesOf(index, 40)))),
  )
  await store.remove(dataId(1), 600)
  for (const index of [0, 255, 256, 511, 512, 599]) {
    expect(await store.has(dataId(1), index)).toBe(false)
  }
  expect(store.usage().liveBytes).toBe(0)
  expect(await store.listUnconfirmed(0, 10)).toEqual([])
})

test('what nobody confirmed is listed by age, whole dataIds, up to the limit', async () => {
  const machine = new Machine()
  const store = await machine.open()
  const old = dataId(1, START_MS - 2 * DAY_MS)
  const older = dataId(2, START_MS - 3 * DAY_MS)
  const confirmed = dataId(3, START_MS - 4 * DAY_MS)
  for (const id of [old, older, confirmed, dataId(4)]) {
    for (const index of [0, 1, 2]) await store.put(newChunk(id, index, bytesOf(index, 100)))
  }
  await store.confirm(confirmed, 3)
  machine.clock.ms++
  const found = [older, old].map((id) => ({ dataId: id, chunkCount: 3, owner: owner() }))
  expect(await store.listUnconfirmed(DAY_MS, 10)).toEqual(found)
  expect(await store.listUnconfirmed(DAY_MS, 1)).toEqual(found.slice(0, 1))
  expect(await store.listUnconfirmed(0, 10)).toHaveLength(3)
})

test('a full volume refuses chunks, keeps what it has, and takes chunks again once there is room', async () => {
  const machine = new Machine(1, 512 * 1024)
  const store = await machine.open({ segmentSizeBytes: 64 * 1024 })
  const stored: number[] = []
  let refusal: unknown
  for (let n = 0; refusal === undefined; n++) {
    try {
      await store.put(newChunk(dataId(n), 0, bytesOf(n, 30_000)))
      stored.push(n)
    } catch (error) {
      refusal = error
    }
  }
  expect(refusal).toHaveProperty('name', 'ChunkSpaceError')
  for (const n of stored) {
    expect(sameBytes(await readWhole(store, dataId(n), 0, 30_000), bytesOf(n, 30_000))).toBe(true)
  }
  await Promise.all(stored.slice(0, 8).map((n) => store.remove(dataId(n), 1)))
  while (await store.compactOnce());
  await store.put(newChunk(dataId(1000), 0, bytesOf(1000, 30_000)))

  await store.close()
  const again = await machine.open()
  for (const n of [...stored.slice(8), 1000]) {
    expect(sameBytes(await readWhole(again, dataId(n), 0, 30_000), bytesOf(n, 30_000))).toBe(true)
  }
})

test.each(['write', 'sync'] as const)(
  'a failed %s ends the process and answers nobody',
  async (operation) => {
    const machine = new Machine()
    const store = await machine.open()
    const died = new Promise<Error>((resolve) => (machine.fatal = resolve))
    machine.disk.fail({ operation, code: 'EIO' })
    let answered = false
    void store.put(newChunk(dataId(1), 0, bytesOf(1, 100))).finally(() => (answered = true))
    expect((await died).message).toBe('A segment could not be written')
    expect(answered).toBe(false)
  },
)

test('a sync that fails for want of space is fatal like every other', async () => {
  const machine = new Machine()
  const store = await machine.open()
  const died = new Promise<Error>((resolve) => (machine.fatal = resolve))
  machine.disk.fail({ operation: 'sync', code: 'ENOSPC' })
  void store.put(newChunk(dataId(1), 0, bytesOf(1, 100)))
  await died
})

test('bytes since the checkpoint are those that a flush has not covered', async () => {
  const store = await new Machine().open()
  await store.put(newChunk(dataId(1), 0, bytesOf(1, 5000)))
  const done = store.startCheckpoint()
  await store.put(newChunk(dataId(2), 0, bytesOf(2, 3000)))
  expect(store.bytesSinceCheckpoint).toBe(8192 + 4096)
  done()
  expect(store.bytesSinceCheckpoint).toBe(4096)
})
