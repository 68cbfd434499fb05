/**
 * Reads ranges of a body that lies in chunks, and sends them on.
 *
 * Two slabs go round: while one is being sent, the other is being read. Every byte has been checked
 * against the checksum of its block before it is sent (B6).
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import { SLAB_BYTES } from '../base/slabs.ts'
import type { SlabPool } from '../base/slabs.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../model/identifiers.ts'
import type { DataId } from '../model/identifiers.ts'
import type { ChunkStore } from '../storage/chunks/chunk-store.ts'

/** Ranges up to this size get a buffer of their own: most objects are small, slabs are few. */
const SMALL_RANGE_BYTES_MAX = 256 * 1024

export interface ChunkReaderParts {
  readonly chunks: Pick<ChunkStore, 'read'>
  readonly slabs: SlabPool
}

/** Part of a body: bytes `start` to `end` (exclusive) of what `dataId` names. */
export interface ChunkRange {
  readonly dataId: DataId
  readonly start: number
  readonly end: number
}

/** Takes bytes; resolves when they may be overwritten. */
export type Send = (piece: Uint8Array) => Promise<void>

/** Sends a range, verified, in order; rejects when a byte of it is missing or damaged. */
export async function sendChunkRange(
  parts: ChunkReaderParts,
  range: ChunkRange,
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const lengthBytes = range.end - range.start
  if (lengthBytes <= 0) return
  if (lengthBytes <= SMALL_RANGE_BYTES_MAX) {
    const size = alignedBytes(range.start, lengthBytes)
    return sendThrough(parts, range, [Buffer.allocUnsafe(size)], send, signal)
  }
  const slabs = await parts.slabs.acquire(2, signal)
  try {
    const buffers = slabs.map(({ bytes }) => bytes)
    await sendThrough(parts, range, buffers, send, signal)
  } finally {
    parts.slabs.release(slabs)
  }
}

async function sendThrough(
  { chunks }: ChunkReaderParts,
  { dataId, start, end }: ChunkRange,
  buffers: readonly Uint8Array[],
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const sending: Promise<void>[] = buffers.map(() => Promise.resolve())
  let turn = 0
  try {
    for (let at = start; at < end; turn = (turn + 1) % buffers.length) {
      const buffer = buffers[turn]
      assert(buffer !== undefined, 'there is a buffer to read into')
      await sending[turn]
      signal.throwIfAborted()
      const count = stepBytes(at, end, buffer.byteLength)
      const [index, offset] = [Math.floor(at / CHUNK_SIZE_BYTES), at % CHUNK_SIZE_BYTES]
      const bytes = await chunks.read(dataId, index, offset, count, buffer)
      const sent = send(bytes)
      // It is awaited when its buffer's turn comes; until then a failure is nobody's surprise.
      sent.catch(() => undefined)
      sending[turn] = sent
      at += count
    }
    await Promise.all(sending)
  } finally {
    // Slabs go back only when the socket has let go of them, also after a failure.
    await Promise.allSettled(sending)
  }
}

/** How far one read goes: to the end of range, chunk, or what the buffer holds in whole blocks. */
function stepBytes(at: number, end: number, bufferBytes: number): number {
  const chunkEnd = at - (at % CHUNK_SIZE_BYTES) + CHUNK_SIZE_BYTES
  const blockStart = at - (at % CHECK_BLOCK_BYTES)
  return Math.min(end, chunkEnd, blockStart + Math.min(bufferBytes, SLAB_BYTES)) - at
}

/** Bytes of all blocks that a range touches. */
function alignedBytes(start: number, lengthBytes: number): number {
  const from = start - (start % CHECK_BLOCK_BYTES)
  return Math.ceil((start + lengthBytes - from) / CHECK_BLOCK_BYTES) * CHECK_BLOCK_BYTES
}
