/**
 * Cuts what a socket brings into frames.
 *
 * A frame's length is checked before anything is allocated for it, and nothing is copied but what
 * arrives in several pieces. Bulk is copied straight into buffers that whoever reads provides once
 * the values in front of it are known, or taken as it comes. After a `ProtocolError` the reader is of no use: the
 * beginning of the next frame is lost.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { crc32 } from '../../base/checksums.ts'
import type { FrameHead, FrameKind } from './frames.ts'
import {
  BULK_LENGTH_BYTES,
  CRC_AT,
  FLAG_BULK,
  FRAME_HEADER_BYTES,
  FRAME_KINDS,
  HELLO_FRAME_BYTES_MAX,
  NO_PROTOCOL,
} from './frames.ts'
import type { MessageBytes } from './message-bytes.ts'
import { ProtocolError } from './protocol-error.ts'

export interface Frame extends FrameHead, MessageBytes {}

/** What can be said about the bytes that have arrived. */
export type Received =
  | { readonly stage: 'whole'; readonly frame: Frame }
  /** The bulk of this frame comes next: `land` or `takeAsItComes`. */
  | { readonly stage: 'bulkComes'; readonly frame: Frame; readonly sizeBytes: number }

const KINDS_BY_NUMBER = Object.entries(FRAME_KINDS).reduce<(FrameKind | undefined)[]>(
  (kinds, [kind, number]) => {
    kinds[number] = kind as FrameKind
    return kinds
  },
  [],
)

/** Pieces below this are copied together: a view costs more than a few bytes. */
const VIEW_BYTES_MIN = 4096
const MERGED_BYTES_MAX = 64 * 1024

/** Bulk on its way in. */
interface Bulk {
  readonly frame: Frame
  readonly buffers: Uint8Array[]
  /** Bytes that are still to come, if they are taken as they come. */
  comingBytes: number
  /** The buffer that is being filled, and how far. */
  index: number
  filledBytes: number
}

export class FrameReader {
  #protocol = NO_PROTOCOL
  #frameBytesMax = HELLO_FRAME_BYTES_MAX
  /** What has arrived and is not taken yet; `#at` is the place in the first of it. */
  readonly #chunks: Buffer[] = []
  #at = 0
  /** Whether a frame has views of the first of it. */
  #isViewed = false
  readonly #onCopied: (chunk: Buffer) => void
  /** The beginning of a frame whose bytes arrive in several pieces, and how much of it is there. */
  #partial: Buffer | undefined
  #filledBytes = 0
  #awaitsLanding: Frame | undefined
  #bulk: Bulk | undefined

  /** `onCopied` hears of chunks of which no frame has a view when all of them is taken. */
  constructor(onCopied: (chunk: Buffer) => void = () => undefined) {
    this.#onCopied = onCopied
  }

  /** From now on frames are of `protocol` and may have up to `frameBytesMax` bytes. */
  agree(protocol: number, frameBytesMax: number): void {
    this.#protocol = protocol
    this.#frameBytesMax = frameBytesMax
  }

  /** Takes what a socket brought; frames may keep views of it. */
  push(chunk: Buffer): void {
    if (chunk.byteLength > 0) this.#chunks.push(chunk)
  }

  /** The next frame, as far as it is there; throws `ProtocolError` and nothing else. */
  next(): Received | undefined {
    if (this.#awaitsLanding !== undefined) return undefined
    if (this.#bulk !== undefined) return this.#nextOfBulk(this.#bulk)
    const header = this.#front(FRAME_HEADER_BYTES)
    if (header === undefined) return undefined
    const { head, frameBytes } = this.#readHeader(header)
    return head.hasBulk ? this.#nextWithBulk(head, frameBytes) : this.#nextPlain(head, frameBytes)
  }

  /** Answers `bulkComes`: buffers of just the size of the bulk together. */
  land(buffers: Uint8Array[]): void {
    this.#expectBulk(buffers, 0)
  }

  /** Answers `bulkComes`: the bulk is views of what the socket brings. */
  takeAsItComes(sizeBytes: number): void {
    this.#expectBulk([], sizeBytes)
  }

  #expectBulk(buffers: Uint8Array[], comingBytes: number): void {
    assert(this.#awaitsLanding !== undefined, 'a frame waits for its bulk')
    const frame = { ...this.#awaitsLanding, bulk: buffers }
    this.#awaitsLanding = undefined
    this.#bulk = { frame, buffers, comingBytes, index: 0, filledBytes: 0 }
  }

  #nextPlain(head: FrameHead, frameBytes: number): Received | undefined {
    const bytes = this.#front(frameBytes)
    if (bytes === undefined) return undefined
    const values = verified(bytes).subarray(FRAME_HEADER_BYTES)
    this.#consume(frameBytes)
    return { stage: 'whole', frame: { ...head, values, bulk: [] } }
  }

  #nextWithBulk(head: FrameHead, frameBytes: number): Received | undefined {
    const front = this.#front(FRAME_HEADER_BYTES + BULK_LENGTH_BYTES)
    if (front === undefined) return undefined
    const sizeBytes = front.readUInt32LE(FRAME_HEADER_BYTES)
    const plainBytes = frameBytes - sizeBytes
    if (plainBytes < front.byteLength) throw new ProtocolError('Bulk is longer than its frame')
    const bytes = this.#front(plainBytes)
    if (bytes === undefined) return undefined
    const values = verified(bytes).subarray(FRAME_HEADER_BYTES + BULK_LENGTH_BYTES)
    this.#consume(plainBytes)
    const frame = { ...head, values, bulk: [] }
    if (sizeBytes === 0) return { stage: 'whole', frame }
    this.#awaitsLanding = frame
    return { stage: 'bulkComes', frame, sizeBytes }
  }

  #nextOfBulk(bulk: Bulk): Received | undefined {
    while (bulk.comingBytes > 0) if (!this.#takePiece(bulk)) return undefined
    while (bulk.index < bulk.buffers.length) {
      const buffer = bulk.buffers[bulk.index]!
      bulk.filledBytes += this.#pull(buffer, bulk.filledBytes, buffer.byteLength)
      if (bulk.filledBytes < buffer.byteLength) return undefined
      bulk.index++
      bulk.filledBytes = 0
    }
    this.#bulk = undefined
    return { stage: 'whole', frame: bulk.frame }
  }

  /** Takes a view of what has arrived, or prepares a buffer for several small pieces. */
  #takePiece(bulk: Bulk): boolean {
    const first = this.#chunks[0]
    if (first === undefined) return false
    const view = first.subarray(this.#at, this.#at + bulk.comingBytes)
    const last = bulk.buffers[bulk.index]
    const isMerging = last !== undefined && bulk.filledBytes < last.byteLength
    if (isMerging) {
      const taken = this.#pull(last, bulk.filledBytes, last.byteLength)
      bulk.filledBytes += taken
      bulk.comingBytes -= taken
      if (bulk.filledBytes === last.byteLength) nextBuffer(bulk)
    } else if (view.byteLength < VIEW_BYTES_MIN && view.byteLength < bulk.comingBytes) {
      bulk.buffers.push(Buffer.allocUnsafeSlow(Math.min(bulk.comingBytes, MERGED_BYTES_MAX)))
    } else {
      this.#isViewed = true
      bulk.buffers.push(view)
      bulk.comingBytes -= view.byteLength
      this.#advance(view.byteLength)
      nextBuffer(bulk)
    }
    return true
  }

  #readHeader(header: Buffer): { readonly head: FrameHead; readonly frameBytes: number } {
    const frameBytes = FRAME_HEADER_BYTES + header.readUInt32LE(0)
    const kind = KINDS_BY_NUMBER[header[4]!]
    const flags = header[5]!
    const protocol = header.readUInt16LE(6)
    if (frameBytes > this.#frameBytesMax) {
      throw new ProtocolError(`Frame must have at most ${this.#frameBytesMax} bytes`)
    }
    if (kind === undefined) throw new ProtocolError(`Unknown kind of frame ${header[4]}`)
    if (flags > FLAG_BULK) throw new ProtocolError(`Unknown flags ${flags}`)
    if (protocol !== this.#protocol) {
      throw new ProtocolError(`Frame must be of protocol ${this.#protocol}, is of ${protocol}`)
    }
    const [id, partition] = [header.readUInt32LE(8), header.readUInt32LE(12)]
    const deadlineMs = header.readUInt32LE(16)
    const hasBulk = flags === FLAG_BULK
    if (hasBulk && frameBytes < FRAME_HEADER_BYTES + BULK_LENGTH_BYTES) {
      throw new ProtocolError('Frame ends before the length of its bulk')
    }
    return { head: { kind, protocol, id, partition, deadlineMs, hasBulk }, frameBytes }
  }

  /** The first `count` bytes of the frame in one piece, not taken yet; undefined until they are there. */
  #front(count: number): Buffer | undefined {
    if (this.#partial === undefined) {
      const first = this.#chunks[0]
      if (first === undefined) return undefined
      if (first.byteLength - this.#at >= count) return first.subarray(this.#at, this.#at + count)
      this.#partial = Buffer.allocUnsafeSlow(count)
      this.#filledBytes = 0
    } else if (this.#partial.byteLength < count) {
      const larger = Buffer.allocUnsafeSlow(count)
      larger.set(this.#partial.subarray(0, this.#filledBytes))
      this.#partial = larger
    }
    this.#filledBytes += this.#pull(this.#partial, this.#filledBytes, count)
    return this.#filledBytes >= count ? this.#partial.subarray(0, count) : undefined
  }

  /** Takes what `#front` showed. */
  #consume(count: number): void {
    if (this.#partial !== undefined) {
      assert(this.#filledBytes === count, 'a partial frame holds nothing of the next one')
      this.#partial = undefined
    } else {
      this.#isViewed = true
      this.#advance(count)
    }
  }

  /** Copies what has arrived into `target` from `from` up to `end`; returns how much that was. */
  #pull(target: Uint8Array, from: number, end: number): number {
    let at = from
    while (at < end) {
      const first = this.#chunks[0]
      if (first === undefined) break
      const part = first.subarray(this.#at, this.#at + end - at)
      target.set(part, at)
      at += part.byteLength
      this.#advance(part.byteLength)
    }
    return Math.max(at - from, 0)
  }

  #advance(count: number): void {
    this.#at += count
    const first = this.#chunks[0]!
    if (this.#at < first.byteLength) return
    this.#chunks.shift()
    this.#at = 0
    if (!this.#isViewed) this.#onCopied(first)
    this.#isViewed = false
  }
}

function nextBuffer(bulk: Bulk): void {
  bulk.index++
  bulk.filledBytes = 0
}

/** The frame, if its checksum is that of its header and values. The checksum itself is overwritten. */
function verified(frame: Buffer): Buffer {
  const crc = frame.readUInt32LE(CRC_AT)
  frame.writeUInt32LE(0, CRC_AT)
  if (crc32(frame) !== crc) throw new ProtocolError('Frame has a wrong checksum')
  return frame
}
