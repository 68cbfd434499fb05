import { inlineBodyHashers } from '../base/body-hasher.ts'
import { joinBytes, sameBytes } from '../base/bytes.ts'
import { md5, openChecksums } from '../base/checksums.ts'
import type { Checksums } from '../base/checksums.ts'
import { silentLogger } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { SLAB_BYTES, SlabPool } from '../base/slabs.ts'
import { volumeFull } from '../cluster/chunks/chunk-failures.ts'
import type { Partitions } from '../cluster/partitions.ts'
import type { Command } from '../model/command.ts'
import type { BucketId, ObjectKey } from '../model/identifiers.ts'
import type { NewChunk } from '../storage/chunks/chunk-store.ts'
import { BodyStore } from './body-store.ts'
import type { BodySource } from './body.ts'

const MIB = 1024 ** 2
const place = { bucketId: '0123456789abcdef' as BucketId, key: 'k' as ObjectKey }
const content = Buffer.alloc(9 * MIB + 1)
for (let at = 0; at + 4 <= content.length; at += 4) {
  content.writeUInt32LE((at * 2654435761) >>> 0, at)
}

let checksums: Checksums
beforeAll(async () => {
  checksums = await openChecksums()
})

interface Bench {
  readonly bodies: BodyStore
  readonly slabs: SlabPool
  /** Chunks that are there, by index. */
  readonly chunks: Map<number, Uint8Array>
  readonly commands: Command[]
  failAt: number | undefined
  failure: Error
}

/** Everything around the body store is made of maps. */
function openBench(): Bench {
  const [slabs, chunks] = [new SlabPool(12 * SLAB_BYTES), new Map<number, Uint8Array>()]
  const commands: Command[] = []
  const partitions = {
    execute(command: Command) {
      commands.push(command)
      return Promise.resolve({ kind: 'killed', referenced: false })
    },
  } as unknown as Partitions
  const put = ({ index, pieces }: NewChunk) => {
    if (index === bench.failAt) return Promise.reject(bench.failure)
    chunks.set(index, joinBytes(pieces))
    return Promise.resolve()
  }
  const bodies = new BodyStore({
    partitions,
    copies: {
      wouldFit: () => true,
      hasChoice: false,
      outlook: () => 'good',
      send(chunk) {
        const counted = put(chunk)
        const settled = { lacking: [], mayReuse: true }
        return { counted, settled: counted.catch(() => {}).then(() => settled) }
      },
    },
    confirmations: { confirm() {} },
    removal: {
      discard({ chunkCount }) {
        for (let index = 0; index < chunkCount; index++) chunks.delete(index)
        return Promise.resolve()
      },
    },
    slabs,
    hashers: inlineBodyHashers(checksums),
    checksums,
    clock: new ManualClock(0),
    random: seededRandom(1),
    logger: silentLogger,
  })
  const failure = new Error('disk failed')
  const bench: Bench = { bodies, slabs, chunks, commands, failAt: undefined, failure }
  return bench
}

/** Sends so many bytes of an announced body, then fails as a vanished client does. */
function cutBody(lengthBytes: number | undefined, sentBytes: number): BodySource {
  return {
    lengthBytes,
    async read(take) {
      for (let at = 0; at < sentBytes; at += 60_001) {
        await take(content.subarray(at, Math.min(at + 60_001, sentBytes)))
      }
      if (sentBytes !== lengthBytes) throw new Error('client vanished')
    },
  }
}

function request(body: BodySource, sizeBytesMax = Infinity, contentMd5?: Uint8Array) {
  return { body, contentMd5, sizeBytesMax, signal: new AbortController().signal }
}

const CUTS = [
  0,
  1,
  4096,
  65_536,
  65_537,
  70_000,
  MIB,
  4 * MIB - 1,
  4 * MIB,
  4 * MIB + 1,
  8 * MIB + 9,
]

test.each([true, false])('memory of pieces that are given away (%s) is freed', async (isGiven) => {
  const given: Uint8Array[] = []
  const body: BodySource = {
    ...{ lengthBytes: content.length, givesPiecesAway: isGiven },
    async read(take) {
      for (let at = 0; at < content.length; at += 65_536) {
        const piece = new Uint8Array(new ArrayBuffer(Math.min(65_536, content.length - at)))
        piece.set(content.subarray(at, at + piece.length))
        given.push(piece)
        await take(piece)
      }
    },
  }
  const { bodies, chunks } = openBench()
  const stored = await bodies.store(place, request(body))
  expect(stored.md5).toBe(Buffer.from(md5(content)).toString('hex'))
  expect(sameBytes(joinBytes([...chunks.values()]), content)).toBe(true)
  // The last piece is too small to be worth it.
  const heldBytes = given.slice(0, -1).reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(heldBytes).toBe(isGiven ? 0 : content.length - 1)
})

test.each(CUTS)('of a client that vanishes after %i bytes nothing stays', async (sentBytes) => {
  for (const lengthBytes of [content.length, undefined]) {
    const { bodies, slabs, chunks, commands } = openBench()
    const store = bodies.store(place, request(cutBody(lengthBytes, sentBytes)))
    await expect(store).rejects.toThrow('client vanished')
    expect(slabs.usedCount).toBe(0)
    expect(chunks.size).toBe(0)
    // Before a body has a dataId there is nothing to kill.
    const isStreamed = sentBytes > 65_536
    expect(commands.map(({ kind }) => kind)).toEqual(isStreamed ? ['killData'] : [])
  }
})

test.each([0, 1, 2])(
  'of a body whose chunk %i could not be written nothing stays',
  async (failAt) => {
    const bench = openBench()
    bench.failAt = failAt
    const store = bench.bodies.store(place, request(cutBody(content.length, content.length)))
    await expect(store).rejects.toThrow('disk failed')
    expect(bench.slabs.usedCount).toBe(0)
    expect(bench.chunks.size).toBe(0)
  },
)

test.each([5000, 65_536, 65_537, content.length])(
  'a body of %i bytes whose MD5 is another is freed',
  async (sizeBytes) => {
    const { bodies, slabs, chunks } = openBench()
    const wrong = request(cutBody(sizeBytes, sizeBytes), Infinity, new Uint8Array(16))
    await expect(bodies.store(place, wrong)).rejects.toMatchObject({ code: 'InvalidDigest' })
    expect([slabs.usedCount, chunks.size]).toEqual([0, 0])
    const right = md5(content.subarray(0, sizeBytes))
    const body = cutBody(sizeBytes, sizeBytes)
    const stored = await bodies.store(place, request(body, Infinity, right))
    expect(stored).toMatchObject({ sizeBytes, data: { kind: 'chunks' } })
  },
)

describe('a body that is too large', () => {
  test('is refused before it is read, where it says so', async () => {
    const { bodies } = openBench()
    const body = { lengthBytes: 11, read: () => Promise.reject(new Error('was read')) }
    const store = bodies.store(place, request(body, 10))
    await expect(store).rejects.toMatchObject({ code: 'EntityTooLarge' })
  })

  test('is refused on the way, where it does not, and freed', async () => {
    const { bodies, slabs, chunks } = openBench()
    const body = { ...cutBody(content.length, content.length), lengthBytes: undefined }
    const store = bodies.store(place, request(body, 5 * MIB))
    await expect(store).rejects.toMatchObject({ code: 'EntityTooLarge' })
    expect([slabs.usedCount, chunks.size]).toEqual([0, 0])
  })
})

test.each([0, 1, 4096, 4097, 65_536, 65_537])(
  'checksums of %i bytes are those of the body, whichever way it takes',
  async (sizeBytes) => {
    const { bodies } = openBench()
    const bytes = content.subarray(0, sizeBytes)
    const stored = await bodies.store(place, request(cutBody(sizeBytes, sizeBytes)))
    expect(stored).toMatchObject({
      sizeBytes,
      data: { kind: sizeBytes <= 4096 ? 'inline' : 'chunks' },
      md5: Buffer.from(md5(bytes)).toString('hex'),
      crc64: checksums.crc64(bytes),
    })
  },
)

test.each([5000, content.length])(
  'a volume that fills up under a body of %i bytes is answered as full, and the body freed',
  async (lengthBytes) => {
    const bench = openBench()
    bench.failAt = lengthBytes > MIB ? 1 : 0
    bench.failure = volumeFull()
    const stored = bench.bodies.store(place, request(cutBody(lengthBytes, lengthBytes)))
    await expect(stored).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 })
    expect([bench.chunks.size, bench.slabs.usedCount]).toEqual([0, 0])
  },
)
