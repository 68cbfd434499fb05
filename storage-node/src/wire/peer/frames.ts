/**
 * The frames that everything between storage nodes travels in (replication.md 3).
 *
 * A frame is a header of 24 bytes, values, and bulk. The header: length of what follows u32, kind
 * u8, flags u8, protocol u16, request id u32, partition u32, deadline in ms u32, CRC-32 u32 of
 * header (as if the checksum were 0) and values. In a frame that may have bulk the values begin
 * with its length, u32.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { crc32 } from '../../base/checksums.ts'
import type { Codec } from './codec.ts'
import { MessageWriter } from './message-bytes.ts'
import { ProtocolError } from './protocol-error.ts'

export const FRAME_HEADER_BYTES = 24
/** Header and everything behind it. */
export const FRAME_BYTES_MAX = 8 * 1024 ** 2
/** Before the other side has said who it is. */
export const HELLO_FRAME_BYTES_MAX = 4096

/** Protocol number of what is said before a protocol is agreed on. */
export const NO_PROTOCOL = 0

/** Numbers of the kinds of frames; never used again. */
export const FRAME_KINDS = {
  hello: 1,
  refusal: 2,
  message: 3,
  request: 4,
  answer: 5,
  failure: 6,
  ping: 7,
  pong: 8,
  beacon: 9,
} as const

export type FrameKind = keyof typeof FRAME_KINDS

export interface FrameHead {
  readonly kind: FrameKind
  readonly protocol: number
  /** Of a request, and of what answers it; chosen by who asks. 0 in others. */
  readonly id: number
  /** What it is about, for tools that look at frames; 0 when that is no partition. */
  readonly partition: number
  /** Of a request: how long the answer is waited for. */
  readonly deadlineMs: number
  /** The values begin with the length of the bulk. */
  readonly hasBulk: boolean
}

export const FLAG_BULK = 1
export const BULK_LENGTH_BYTES = 4
const EMPTY_HEADER = Buffer.alloc(FRAME_HEADER_BYTES)
const EMPTY_BULK_LENGTH = Buffer.alloc(BULK_LENGTH_BYTES)
export const CRC_AT = 20

/** Appends frames to one buffer: what is sent in a turn leaves in one write. */
export class FrameWriter {
  readonly #writer: MessageWriter

  /** `sizeBytes` is a guess that saves growing. */
  constructor(sizeBytes?: number) {
    this.#writer = new MessageWriter(sizeBytes)
  }

  get length(): number {
    return this.#writer.length
  }

  /** The bulk of all frames; it goes behind the buffer, so only a last frame may have any. */
  get bulk(): readonly Uint8Array[] {
    return this.#writer.bulk
  }

  /** Appends a frame; throws `ProtocolError`, and appends nothing, if it is beyond a limit. */
  append<T>(head: FrameHead, codec: Codec<T>, value: T): void {
    const writer = this.#writer
    assert(writer.bulk.length === 0, 'nothing follows a frame with bulk in the same buffer')
    const start = writer.length
    try {
      writer.raw(EMPTY_HEADER)
      if (head.hasBulk) writer.raw(EMPTY_BULK_LENGTH)
      codec.write(writer, value)
      this.#close(head, writer.written(start))
    } catch (error) {
      writer.truncate(start)
      writer.bulk.length = 0
      throw error
    }
  }

  /** What was appended, without the bulk. The writer must not be used afterwards. */
  finish(): Buffer {
    return this.#writer.finish()
  }

  #close(head: FrameHead, frame: Buffer): void {
    let bulkBytes = 0
    for (const piece of this.#writer.bulk) bulkBytes += piece.byteLength
    assert(head.hasBulk || bulkBytes === 0, 'bulk has its place in the frame')
    const length = frame.byteLength - FRAME_HEADER_BYTES + bulkBytes
    if (length > FRAME_BYTES_MAX - FRAME_HEADER_BYTES) {
      throw new ProtocolError(`Frame must have at most ${FRAME_BYTES_MAX} bytes, has ${length}`)
    }
    frame.writeUInt32LE(length, 0)
    frame[4] = FRAME_KINDS[head.kind]
    frame[5] = head.hasBulk ? FLAG_BULK : 0
    frame.writeUInt16LE(head.protocol, 6)
    frame.writeUInt32LE(head.id, 8)
    frame.writeUInt32LE(head.partition, 12)
    frame.writeUInt32LE(head.deadlineMs, 16)
    if (head.hasBulk) frame.writeUInt32LE(bulkBytes, FRAME_HEADER_BYTES)
    frame.writeUInt32LE(crc32(frame), CRC_AT)
  }
}

/** One frame by itself, without bulk. */
export function encodeFrame<T>(head: FrameHead, codec: Codec<T>, value: T): Buffer {
  const writer = new FrameWriter()
  writer.append(head, codec, value)
  return writer.finish()
}

/** The head of a frame that is about nothing in particular. */
export function plainHead(kind: FrameKind, protocol: number): FrameHead {
  return { kind, protocol, id: 0, partition: 0, deadlineMs: 0, hasBulk: false }
}
