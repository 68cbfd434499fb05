import { sameBytes } from '../../base/bytes.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { CHECK_BLOCK_BYTES } from '../../model/identifiers.ts'
import { computeBlockChecks } from './block-checks.ts'
import { bytesOf, dataId, Machine, newChunk, owner, SEGMENTS } from './chunk-fixtures.ts'
import type { ChunkStore } from './chunk-store.ts'

const ID = dataId(1)
const [A, B] = [
  '00000000-0000-4000-8000-00000000000a' as StoreId,
  '00000000-0000-4000-8000-00000000000b' as StoreId,
]
const SIZE_BYTES = 2 * CHECK_BLOCK_BYTES + 100
const BYTES = bytesOf(1, SIZE_BYTES)

async function lackingOf(store: ChunkStore) {
  const { chunks } = await store.listLacking(undefined)
  return chunks.map(({ index, lacking }) => [index, ...lacking])
}

test('a confirmed chunk keeps its mark until it has reached every store', async () => {
  const store = await new Machine().open()
  for (const index of [0, 1, 2]) await store.put(newChunk(ID, index, bytesOf(index, 500)))
  const lacking = new Map([
    [1, [A, B]],
    [2, [B]],
    // Not here: who has no copy has none to pass on.
    [3, [A]],
  ])
  await store.confirm(ID, 4, lacking)
  expect(await lackingOf(store)).toEqual([
    [1, A, B],
    [2, B],
  ])
  expect(await store.listUnconfirmed(-1, 10)).toEqual([])
  await store.reached(ID, 1, A)
  await store.reached(ID, 2, B)
  await store.reached(ID, 3, A)
  expect(await lackingOf(store)).toEqual([[1, B]])
  await store.confirm(ID, 4)
  expect(await lackingOf(store)).toEqual([])
})

test('what nobody confirmed is no queue for the repair', async () => {
  const store = await new Machine().open()
  await store.put(newChunk(ID, 0, BYTES))
  await store.reached(ID, 0, A)
  expect(await lackingOf(store)).toEqual([])
  expect(await store.listUnconfirmed(-1, 10)).toHaveLength(1)
})

test('a removal takes the mark with it', async () => {
  const store = await new Machine().open()
  await store.put(newChunk(ID, 0, BYTES))
  await store.confirm(ID, 1, new Map([[0, [A]]]))
  await store.remove(ID, 1)
  expect(await lackingOf(store)).toEqual([])
})

test('more marks than fit on a page are listed page by page', async () => {
  const store = await new Machine().open()
  const indexes = Array.from({ length: 1100 }, (_, index) => index)
  await Promise.all(indexes.map((index) => store.put(newChunk(ID, index, bytesOf(index, 10)))))
  await store.confirm(ID, 1100, new Map(indexes.map((index) => [index, [A]])))
  const first = await store.listLacking(undefined)
  const second = await store.listLacking(first.next)
  expect(second.next).toBeUndefined()
  const listed = [...first.chunks, ...second.chunks].map(({ index }) => index)
  expect(listed).toEqual(indexes)
})

test('whole blocks are read with their checks', async () => {
  const store = await new Machine().open()
  await store.put(newChunk(ID, 0, BYTES))
  const target = new Uint8Array(3 * CHECK_BLOCK_BYTES)
  for (const [offset, length, end] of [
    [0, 1, CHECK_BLOCK_BYTES],
    [0, 3 * CHECK_BLOCK_BYTES, SIZE_BYTES],
    [CHECK_BLOCK_BYTES, CHECK_BLOCK_BYTES + 1, SIZE_BYTES],
  ] as const) {
    const { bytes, checks } = await store.readBlocks(
      { dataId: ID, index: 0, offset, length },
      target,
    )
    const wanted = BYTES.subarray(offset, end)
    expect(sameBytes(bytes, wanted)).toBe(true)
    expect(sameBytes(checks, computeBlockChecks([wanted], wanted.byteLength))).toBe(true)
  }
  const beyond = { dataId: ID, index: 0, offset: 3 * CHECK_BLOCK_BYTES, length: 1 }
  const reading = store.readBlocks(beyond, target)
  await expect(reading).rejects.toHaveProperty('name', 'ChunkCorruptError')
})

test('a chunk is described by what is on disk', async () => {
  const machine = new Machine()
  const store = await machine.open()
  expect(await store.describe(ID, 0)).toBe('missing')
  const chunk = newChunk(ID, 0, BYTES)
  await store.put(chunk)
  const described = { owner: owner(), lengthBytes: SIZE_BYTES, crc64: chunk.crc64 }
  expect(await store.describe(ID, 0)).toMatchObject(described)
  machine.disk.rot(`${SEGMENTS}/1.seg`, 70)
  await expect(store.describe(ID, 0)).rejects.toHaveProperty('name', 'ChunkCorruptError')
  await store.remove(ID, 1)
  expect(await store.describe(ID, 0)).toBe('removed')
})

describe('a damaged copy', () => {
  async function openDamaged(): Promise<{ machine: Machine; store: ChunkStore }> {
    const machine = new Machine()
    const store = await machine.open()
    await store.put(newChunk(ID, 0, BYTES))
    machine.disk.rot(`${SEGMENTS}/1.seg`, 100_000)
    return { machine, store }
  }
  const read = (store: ChunkStore) =>
    store.read(ID, 0, 0, SIZE_BYTES, new Uint8Array(3 * CHECK_BLOCK_BYTES))

  test('is replaced by a whole one, which a power cut does not take away', async () => {
    const { machine, store } = await openDamaged()
    await expect(read(store)).rejects.toHaveProperty('name', 'ChunkCorruptError')
    await store.replace(newChunk(ID, 0, BYTES))
    expect(sameBytes(await read(store), BYTES)).toBe(true)
    await machine.engine.flush()
    machine.crashToFlush()
    expect(sameBytes(await read(await machine.open()), BYTES)).toBe(true)
  })

  test('is not replaced by other bytes', async () => {
    const { store } = await openDamaged()
    const other = store.replace(newChunk(ID, 0, bytesOf(2, SIZE_BYTES)))
    await expect(other).rejects.toHaveProperty('name', 'ChunkCorruptError')
    const shorter = store.replace(newChunk(ID, 0, BYTES.subarray(1)))
    await expect(shorter).rejects.toHaveProperty('name', 'ChunkCorruptError')
  })

  test('that was removed does not come back', async () => {
    const { store } = await openDamaged()
    const replacing = store.replace(newChunk(ID, 0, BYTES))
    await store.remove(ID, 1)
    await replacing
    await store.replace(newChunk(ID, 0, BYTES))
    expect(await store.has(ID, 0)).toBe(false)
    expect(store.usage().liveBytes).toBe(0)
  })
})
