import { SLAB_BYTES, SlabPool } from '../../base/slabs.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import type { ChunkRange } from '../../storage/chunks/chunk-reader.ts'
import { sendChunkRange } from './chunk-reader.ts'
import type { ChunkBytes } from './chunk-sources.ts'

const MIB = 1024 ** 2
const DATA_ID = '0'.repeat(32) as DataId
const content = Buffer.alloc(9 * MIB + 77)
for (let at = 0; at < content.length; at += 4) {
  content.writeUInt32LE((at * 2654435761) >>> 0, Math.min(at, content.length - 4))
}

/** Reads as the chunk store does: into a target that takes all blocks the range touches. */
async function read(
  { index, offset, length }: ChunkRange,
  target: Uint8Array,
): Promise<ChunkBytes> {
  const end = Math.min((index + 1) * CHUNK_SIZE_BYTES, content.length)
  const chunk = content.subarray(index * CHUNK_SIZE_BYTES, end)
  const from = offset - (offset % CHECK_BLOCK_BYTES)
  const to = Math.min(
    Math.ceil((offset + length) / CHECK_BLOCK_BYTES) * CHECK_BLOCK_BYTES,
    chunk.length,
  )
  if (offset + length > chunk.length) throw new Error('beyond the chunk')
  if (to - from > target.byteLength) throw new Error('the target is too small')
  target.set(chunk.subarray(from, to))
  await Promise.resolve()
  return { bytes: target.subarray(offset - from, offset - from + length), isTargetLost: false }
}

const NEVER = new AbortController().signal
const KIB = 1024
const EDGES = [0, 1, 64 * KIB, 256 * KIB, MIB - 1, MIB, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 8 * MIB]

test('every range is sent in order and whole, whatever it begins and ends with', async () => {
  const slabs = new SlabPool(4 * SLAB_BYTES)
  for (const start of EDGES) {
    for (const end of [...EDGES, start + 100, start + 256 * KIB + 1, content.length]) {
      if (end <= start || end > content.length) continue
      const pieces: Buffer[] = []
      const send = async (piece: Uint8Array) => {
        await Promise.resolve()
        pieces.push(Buffer.from(piece))
      }
      await sendChunkRange(
        { sources: { read }, slabs },
        { dataId: DATA_ID, start, end },
        send,
        NEVER,
      )
      expect(Buffer.compare(Buffer.concat(pieces), content.subarray(start, end))).toBe(0)
      expect(slabs.usedCount).toBe(0)
    }
  }
})

const whole = { dataId: DATA_ID, start: 5, end: content.length }

test.each([0, 1, 4, 8])('slabs come back when read %i fails', async (failing) => {
  const slabs = new SlabPool(4 * SLAB_BYTES)
  let count = 0
  const broken: typeof read = (...args) => {
    return count++ === failing ? Promise.reject(new Error('damaged')) : read(...args)
  }
  const send = () => Promise.resolve()
  const run = sendChunkRange({ sources: { read: broken }, slabs }, whole, send, NEVER)
  await expect(run).rejects.toThrow('damaged')
  expect(slabs.usedCount).toBe(0)
})

test.each([0, 1, 2, 5])('slabs come back when the socket fails at piece %i', async (failing) => {
  const slabs = new SlabPool(4 * SLAB_BYTES)
  let count = 0
  const send = () => (count++ === failing ? Promise.reject(new Error('reset')) : Promise.resolve())
  const run = sendChunkRange({ sources: { read }, slabs }, whole, send, NEVER)
  await expect(run).rejects.toThrow('reset')
  expect(slabs.usedCount).toBe(0)
})

test('slabs come back when the client vanishes, but not before the socket lets go of them', async () => {
  const slabs = new SlabPool(4 * SLAB_BYTES)
  const gone = new AbortController()
  const held: (() => void)[] = []
  const send = () => new Promise<void>((resolve) => held.push(resolve))
  const run = sendChunkRange({ sources: { read }, slabs }, whole, send, gone.signal)
  const ended = expect(run).rejects.toThrow('gone')
  const turns = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next))
  }
  await turns()
  gone.abort(new Error('gone'))
  held.shift()?.()
  await turns()
  // One buffer is free, the socket has the other: neither may be used by anybody else yet.
  expect(held).toHaveLength(1)
  expect(slabs.usedCount).toBe(2)
  held.shift()?.()
  await ended
  expect(slabs.usedCount).toBe(0)
})

test('a client that waits for slabs and vanishes leaves the queue', async () => {
  const slabs = new SlabPool(4 * SLAB_BYTES)
  const held = await slabs.acquire(3)
  const gone = new AbortController()
  const run = sendChunkRange(
    { sources: { read }, slabs },
    whole,
    () => Promise.resolve(),
    gone.signal,
  )
  gone.abort(new Error('gone'))
  await expect(run).rejects.toThrow('gone')
  slabs.release(held)
  expect(slabs.usedCount).toBe(0)
})

test('a buffer that an overtaken read may still fill is not used again', async () => {
  const slabs = new SlabPool(4 * SLAB_BYTES)
  const targets = new Set<Uint8Array>()
  const overtaken: typeof read = async (range, target) => {
    expect(targets.has(target)).toBe(false)
    targets.add(target)
    const { bytes } = await read(range, Buffer.alloc(target.byteLength))
    return { bytes, isTargetLost: true }
  }
  const pieces: Buffer[] = []
  const send = async (piece: Uint8Array) => void pieces.push(Buffer.from(piece))
  await sendChunkRange({ sources: { read: overtaken }, slabs }, whole, send, NEVER)
  expect(Buffer.compare(Buffer.concat(pieces), content.subarray(5))).toBe(0)
  expect(slabs.usedCount).toBe(0)
  for (const { bytes } of await slabs.acquire(4)) expect(targets.has(bytes)).toBe(false)
})
