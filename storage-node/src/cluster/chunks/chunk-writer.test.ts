import { inlineBodyHashers } from '../../base/body-hasher.ts'
import type { BodyHashers } from '../../base/body-hasher.ts'
import { joinBytes } from '../../base/bytes.ts'
import { md5, openChecksums } from '../../base/checksums.ts'
import type { Checksums } from '../../base/checksums.ts'
import { Dice, seededRandom } from '../../base/seeded-random.ts'
import { SLAB_BYTES, SlabPool } from '../../base/slabs.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { NewChunk } from '../../storage/chunks/chunk-store.ts'
import type { SentChunk, SettledChunk } from './chunk-fan-out.ts'
import { ChunkWriter } from './chunk-writer.ts'

const DATA_ID = '0'.repeat(32) as DataId
const owner = { bucketId: '0123456789abcdef' as BucketId, key: 'k' as ObjectKey }
const NEVER = new AbortController().signal

let checksums: Checksums
beforeAll(async () => {
  checksums = await openChecksums()
})

/** Stores that keep what they are sent; each chunk asks `gate` first. */
class Chunks {
  readonly found = new Map<number, { bytes: Uint8Array; crc64: bigint }>()
  gate: (index: number) => Promise<void> = () => Promise.resolve()

  /** What becomes of each chunk in the end. */
  settledAs: SettledChunk = { lacking: [], mayReuse: true }

  send(chunk: NewChunk): SentChunk {
    const counted = this.#put(chunk)
    const settled = counted.then(
      () => this.settledAs,
      () => this.settledAs,
    )
    return { counted, settled }
  }

  async #put({ index, pieces, crc64 }: NewChunk): Promise<void> {
    await this.gate(index)
    this.found.set(index, { bytes: joinBytes(pieces), crc64 })
  }
}

interface Bench {
  readonly chunks: Chunks
  readonly slabs: SlabPool
  writer(options?: { lengthBytes?: number; signal?: AbortSignal }): ChunkWriter
}

function openBench(slabCount = 12, hashers: BodyHashers = inlineBodyHashers(checksums)): Bench {
  const [chunks, slabs] = [new Chunks(), new SlabPool(slabCount * SLAB_BYTES)]
  return {
    chunks,
    slabs,
    writer({ lengthBytes, signal = NEVER } = {}) {
      return new ChunkWriter(
        { copies: chunks, slabs, hashers },
        { dataId: DATA_ID, owner, lengthBytes, signal },
      )
    },
  }
}

const content = Buffer.alloc(9 * 1024 ** 2)
for (let at = 0; at < content.length; at += 4) content.writeUInt32LE((at * 2654435761) >>> 0, at)

async function write(writer: ChunkWriter, bytes: Uint8Array, nextPieceBytes: () => number) {
  for (let at = 0; at < bytes.byteLength;) {
    const count = nextPieceBytes()
    await writer.push(bytes.subarray(at, at + count))
    at += count
  }
}

const MIB = 1024 ** 2
const SIZES_BYTES = [MIB, 4 * MIB, 8 * MIB].flatMap((size) => [size - 1, size, size + 1])

describe.each([1, 65_536, 100_003, 3 * MIB + 7])('in pieces of about %i bytes', (pieceBytes) => {
  test.each(pieceBytes === 1 ? [3000] : SIZES_BYTES)(
    'a body of %i bytes is cut into chunks with the checksums of what they hold',
    async (sizeBytes) => {
      for (const lengthBytes of [sizeBytes, undefined]) {
        const { chunks, slabs, writer } = openBench()
        const dice = new Dice(seededRandom(sizeBytes))
        const body = content.subarray(0, sizeBytes)
        const one = writer(lengthBytes === undefined ? {} : { lengthBytes })
        await write(one, body, () => 1 + dice.below(pieceBytes))
        const stored = await one.finish()
        expect(stored).toEqual({
          sizeBytes,
          data: { kind: 'chunks', dataId: DATA_ID },
          md5: Buffer.from(md5(body)).toString('hex'),
          crc64: checksums.crc64(body),
        })
        expect([...chunks.found.keys()].sort()).toEqual(
          Array.from({ length: Math.ceil(sizeBytes / CHUNK_SIZE_BYTES) }, (_, index) => index),
        )
        for (const [index, { bytes, crc64 }] of chunks.found) {
          const start = index * CHUNK_SIZE_BYTES
          const expected = body.subarray(start, start + CHUNK_SIZE_BYTES)
          expect(Buffer.compare(bytes, expected)).toBe(0)
          expect(crc64).toBe(checksums.crc64(expected))
        }
        expect(slabs.usedCount).toBe(0)
      }
    },
  )
})

describe('all slabs come back', () => {
  test.each([1, MIB - 1, MIB, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 8 * MIB, 9 * MIB])(
    'when the client vanishes after %i bytes',
    async (sentBytes) => {
      const { slabs, writer } = openBench()
      const one = writer({ lengthBytes: content.length })
      await write(one, content.subarray(0, sentBytes), () => 60_000)
      await one.abandon()
      expect(slabs.usedCount).toBe(0)
    },
  )

  test.each([0, 1, 2])('when chunk %i cannot be written', async (failing) => {
    const { chunks, slabs, writer } = openBench()
    chunks.gate = (index) => {
      return index === failing ? Promise.reject(new Error('no space')) : Promise.resolve()
    }
    const one = writer({ lengthBytes: content.length })
    const run = write(one, content, () => 60_000).then(() => one.finish())
    await expect(run).rejects.toThrow('no space')
    await one.abandon()
    expect(slabs.usedCount).toBe(0)
  })

  test('when the client vanishes while its body waits for slabs', async () => {
    const { slabs, writer } = openBench(4)
    const held = await slabs.acquire(1)
    const gone = new AbortController()
    const one = writer({ lengthBytes: content.length, signal: gone.signal })
    const pushing = one.push(content.subarray(0, 100))
    gone.abort(new Error('gone'))
    await expect(pushing).rejects.toThrow('gone')
    await one.abandon()
    slabs.release(held)
    expect(slabs.usedCount).toBe(0)
  })

  test('when a hash thread dies', async () => {
    const dead = Promise.reject<bigint>(new Error('thread died'))
    dead.catch(() => undefined)
    const hashers: BodyHashers = {
      open: () => ({
        update: () => dead,
        finish: () => Promise.reject(new Error('thread died')),
        abandon() {},
      }),
      openSections: () => {
        throw new Error('thread died')
      },
    }
    const { slabs, writer } = openBench(12, hashers)
    const one = writer({ lengthBytes: content.length })
    const run = write(one, content, () => 60_000).then(() => one.finish())
    await expect(run).rejects.toThrow('thread died')
    await one.abandon()
    expect(slabs.usedCount).toBe(0)
  })

  test('only after the chunk that uses them was written', async () => {
    const { chunks, slabs, writer } = openBench()
    let goOn = () => {}
    chunks.gate = () => new Promise((resolve) => (goOn = resolve))
    const one = writer({ lengthBytes: content.length })
    await write(one, content.subarray(0, 4 * MIB + 5), () => 60_000)
    const abandoned = one.abandon()
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next))
    expect(slabs.usedCount).toBe(4)
    goOn()
    await abandoned
    expect(slabs.usedCount).toBe(0)
  })
})

test('slabs that a send was given up with are never filled again', async () => {
  const { chunks, slabs, writer } = openBench(4)
  chunks.settledAs = { lacking: ['b' as StoreId], mayReuse: false }
  const one = writer({ lengthBytes: content.length })
  const used = new Set<Uint8Array>()
  const acquire = slabs.acquire.bind(slabs)
  slabs.acquire = async (...args) => {
    const taken = await acquire(...args)
    for (const { bytes } of taken) {
      expect(used.has(bytes)).toBe(false)
      used.add(bytes)
    }
    return taken
  }
  await write(one, content, () => 60_000)
  await one.finish()
  expect(used.size).toBe(9)
  expect(slabs.usedCount).toBe(0)
  const lacking = [0, 1, 2].map((index) => ({ index, stores: ['b'] }))
  expect(await one.copies.settled()).toEqual(lacking)
})

test('a body never has more than two chunks under way', async () => {
  const { chunks, slabs, writer } = openBench(32)
  const waiting: (() => void)[] = []
  chunks.gate = () => new Promise((resolve) => waiting.push(resolve))
  const one = writer({ lengthBytes: content.length })
  const run = write(one, content, () => 60_000).then(() => one.finish())
  for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next))
  expect(waiting).toHaveLength(2)
  expect(slabs.usedCount).toBeLessThanOrEqual(8)
  chunks.gate = () => Promise.resolve()
  for (const goOn of waiting) goOn()
  await run
  expect(slabs.usedCount).toBe(0)
})

test('a body that is longer than announced is refused, not cut in the wrong places', async () => {
  const { slabs, writer } = openBench()
  const one = writer({ lengthBytes: 1000 })
  const run = write(one, content.subarray(0, MIB + 1000), () => 60_000).then(() => one.finish())
  await expect(run).rejects.toThrow('announced')
  await one.abandon()
  expect(slabs.usedCount).toBe(0)
})
