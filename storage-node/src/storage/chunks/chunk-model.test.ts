import fc from 'fast-check'
import { unreachable } from '../../base/assert.ts'
import { sameBytes } from '../../base/bytes.ts'
import { bytesOf, dataId, Machine, newChunk, SEGMENTS, STORE_ID } from './chunk-fixtures.ts'
import type { ChunkStore } from './chunk-store.ts'
import { checkIndex } from './index-check.ts'

const SEGMENT_SIZE_BYTES = 40 * 1024
const DATA_COUNT = 12
const CHUNK_COUNT = 2

const some = fc.integer({ min: 0, max: DATA_COUNT - 1 })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), some: fc.array(some) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), data: some }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('read' as const), data: some, at: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const sizeOf = (data: number, index: number) => 1 + ((data * 7919 + index * 104_729) % 80_000)
const chunkBytes = (data: number, index: number) => bytesOf(data * 2 + index, sizeOf(data, index))

/** The store beside what it must be: which dataIds are there, and which were removed. */
class Pair {
  readonly machine = new Machine()
  readonly present = new Set<number>()
  readonly removed = new Set<number>()
  store!: ChunkStore

  async open(): Promise<void> {
    this.store = await this.machine.open({ segmentSizeBytes: SEGMENT_SIZE_BYTES })
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'put':
        await Promise.all([...new Set(step.some)].map((data) => this.put(data)))
        return
      case 'remove':
        this.present.delete(step.data)
        this.removed.add(step.data)
        return this.store.remove(dataId(step.data), CHUNK_COUNT)
      case 'read':
        return this.read(step.data, step.at)
      case 'compact':
        while (await this.store.compactOnce());
        return
      case 'reopen':
        await this.store.close()
        return this.open()
      default:
        return unreachable(step)
    }
  }

  async put(data: number): Promise<void> {
    for (let index = 0; index < CHUNK_COUNT; index++) {
      const put = this.store.put(newChunk(dataId(data), index, chunkBytes(data, index)))
      if (!this.removed.has(data)) await put
      else await expect(put).rejects.toHaveProperty('name', 'ChunkDeletedError')
    }
    if (!this.removed.has(data)) this.present.add(data)
  }

  async read(data: number, at: number): Promise<void> {
    const index = at % CHUNK_COUNT
    const bytes = chunkBytes(data, index)
    const offset = at % bytes.byteLength
    const length = bytes.byteLength - offset
    const read = this.store.read(dataId(data), index, offset, length, new Uint8Array(131_072))
    if (this.present.has(data)) expect(sameBytes(await read, bytes.subarray(offset))).toBe(true)
    else await expect(read).rejects.toHaveProperty('name', 'ChunkMissingError')
  }

  async check(): Promise<void> {
    for (let data = 0; data < DATA_COUNT; data++) await this.read(data, data)
    await checkIndex(this.machine.engine, this.machine.disk.files, SEGMENTS, STORE_ID)
    const { bytes, liveBytes } = this.store.usage()
    expect(liveBytes).toBeLessThanOrEqual(bytes)
    if (this.present.size === 0) expect(liveBytes).toBe(0)
  }
}

test('the store answers as a map would, through compactions and starts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const pair = new Pair()
      await pair.open()
      for (const step of steps) await pair.take(step)
      await pair.check()
    }),
    { numRuns: 60 },
  )
}, 60_000)
