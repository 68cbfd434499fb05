/**
 * Reads ranges of a body that lies in chunks, and sends them on.
 *
 * Two slabs go round: while one is being sent, the other is being read. Every byte has been checked
 * against the checksum of its block before it is sent (B6).
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { SLAB_BYTES } from '../../base/slabs.ts'
import type { SlabPool } from '../../base/slabs.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import type { ChunkSources } from './chunk-sources.ts'

/** Ranges up to this size get a buffer of their own: most objects are small, slabs are few. */
const SMALL_RANGE_BYTES_MAX = 256 * 1024

export interface ChunkReaderParts {
  readonly sources: Pick<ChunkSources, 'read'>
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

/** Sends a range, verified, in order; rejects when a byte of it cannot be had as it was stored. */
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
    return new RangeSender(parts, range, send, signal).run([
      { bytes: Buffer.allocUnsafe(size), isLost: false },
    ])
  }
  const slabs = await parts.slabs.acquire(2, signal)
  const buffers = slabs.map((slab) => ({ bytes: slab.bytes, isLost: false, slab }))
  try {
    await new RangeSender(parts, range, send, signal).run(buffers)
  } finally {
    const kept = buffers.filter(({ isLost }) => !isLost)
    parts.slabs.release(kept.map(({ slab }) => slab))
    const lost = buffers.filter(({ isLost }) => isLost)
    if (lost.length > 0) parts.slabs.discard(lost.map(({ slab }) => slab))
  }
}

/** Where reads go to. */
interface ReadBuffer {
  bytes: Uint8Array
  /** A read that was overtaken may still write to what the buffer was at first. */
  isLost: boolean
}

/** What one read brought. */
interface Step {
  readonly bytes: Uint8Array
  readonly end: number
}

/** Reads ahead as far as there are buffers; sends in order. */
class RangeSender {
  readonly #parts: ChunkReaderParts
  readonly #range: ChunkRange
  readonly #send: Send
  readonly #signal: AbortSignal
  /** Up to where reads have been started. */
  #at: number

  constructor(parts: ChunkReaderParts, range: ChunkRange, send: Send, signal: AbortSignal) {
    this.#parts = parts
    this.#range = range
    this.#send = send
    this.#signal = signal
    this.#at = range.start
  }

  async run(buffers: readonly ReadBuffer[]): Promise<void> {
    const { end } = this.#range
    const sending: Promise<void>[] = []
    const reading = buffers.map((buffer) => quietly(this.#readNext(buffer)))
    try {
      for (let turn = 0, sentTo = this.#range.start; sentTo < end;) {
        const [buffer, read] = [buffers[turn], reading[turn]]
        assert(buffer !== undefined, 'there is a buffer to read into')
        const step = await read
        assert(step !== undefined, 'a read is under way for what is not sent yet')
        const sent = this.#send(step.bytes)
        sending[turn] = sent
        reading[turn] = quietly(sent.then(() => this.#readNext(buffer)))
        sentTo = step.end
        turn = (turn + 1) % buffers.length
      }
      await Promise.all(sending)
    } finally {
      // Slabs go back only when socket and disk have let go of them, also after a failure.
      await Promise.allSettled([...sending, ...reading])
    }
  }

  /** Resolves to nothing when everything is read. */
  async #readNext(buffer: ReadBuffer): Promise<Step | undefined> {
    const { sources } = this.#parts
    const { dataId, end } = this.#range
    const at = this.#at
    if (at >= end) return undefined
    this.#signal.throwIfAborted()
    const length = stepBytes(at, end, buffer.bytes.byteLength)
    this.#at += length
    const [index, offset] = [Math.floor(at / CHUNK_SIZE_BYTES), at % CHUNK_SIZE_BYTES]
    const range = { dataId, index, offset, length }
    const { bytes, isTargetLost } = await sources.read(range, buffer.bytes, this.#signal)
    if (isTargetLost) {
      buffer.isLost = true
      buffer.bytes = Buffer.allocUnsafe(buffer.bytes.byteLength)
    }
    return { bytes, end: at + length }
  }
}

/** It is awaited when its turn comes; until then a failure is nobody's surprise. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
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
