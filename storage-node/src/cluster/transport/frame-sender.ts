/**
 * Puts frames onto a socket: what is sent in a turn leaves in one write, and when the socket is
 * full nothing is written before it has drained.
 *
 * @module
 */

import type { Socket } from 'node:net'
import { afterTurn } from '../../base/turn.ts'
import type { Codec } from '../../wire/peer/codec.ts'
import type { FrameHead } from '../../wire/peer/frames.ts'
import { FrameWriter } from '../../wire/peer/frames.ts'

/** A batch is not allowed to grow beyond this before it is queued. */
const BATCH_BYTES_MAX = 256 * 1024

/** Frames on their way: one buffer of small ones, or one frame and its bulk. */
interface Batch {
  readonly buffers: readonly Uint8Array[]
  nextIndex: number
  readonly onSent: (() => void) | undefined
}

/** A frame with bulk that may not be written yet. */
export interface Outgoing {
  /** True when the frame has been taken back before any of it was written. */
  withdraw(): boolean
}

export class FrameSender {
  readonly #socket: Socket
  readonly #queue: Batch[] = []
  #open: FrameWriter | undefined
  #sizeGuess = 1024
  #queuedBytes = 0
  #isBlocked = false
  #isFlushDue = false
  /** Whether the socket has taken anything since `takeProgress` was called. */
  #hasProgress = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('drain', () => {
      this.#isBlocked = false
      this.#hasProgress = true
      this.#pump()
    })
  }

  /** Bytes that wait here or in the socket. */
  get waitingBytes(): number {
    return this.#queuedBytes + (this.#open?.length ?? 0) + this.#socket.writableLength
  }

  /** Appends a frame without bulk; throws `ProtocolError` if it is beyond a limit. */
  append<T>(head: FrameHead, codec: Codec<T>, value: T): void {
    this.#open ??= new FrameWriter(this.#sizeGuess)
    this.#open.append(head, codec, value)
    if (this.#open.length >= BATCH_BYTES_MAX) this.#closeBatch()
    this.#flushLater()
  }

  /**
   * Appends a frame that may have bulk. Its bytes must not change before `onSent` is called, which
   * does not happen if the frame is withdrawn or the connection ends.
   */
  appendBulk<T>(head: FrameHead, codec: Codec<T>, value: T, onSent?: () => void): Outgoing {
    this.#closeBatch()
    const writer = new FrameWriter()
    writer.append(head, codec, value)
    const batch = { buffers: [writer.finish(), ...writer.bulk], nextIndex: 0, onSent }
    this.#enqueue(batch)
    this.#flushLater()
    return { withdraw: () => this.#withdraw(batch) }
  }

  /** Whether the socket has taken anything since the last call. */
  takeProgress(): boolean {
    const hadProgress = this.#hasProgress
    this.#hasProgress = false
    return hadProgress
  }

  #flushLater(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    afterTurn(() => {
      this.#isFlushDue = false
      this.#closeBatch()
      this.#pump()
    })
  }

  #closeBatch(): void {
    if (this.#open === undefined || this.#open.length === 0) return
    this.#sizeGuess = Math.min(Math.max(this.#open.length, 1024), 64 * 1024)
    this.#enqueue({ buffers: [this.#open.finish()], nextIndex: 0, onSent: undefined })
    this.#open = undefined
  }

  #enqueue(batch: Batch): void {
    this.#queue.push(batch)
    for (const buffer of batch.buffers) this.#queuedBytes += buffer.byteLength
  }

  #withdraw(batch: Batch): boolean {
    const index = this.#queue.indexOf(batch)
    if (index === -1 || batch.nextIndex > 0) return false
    this.#queue.splice(index, 1)
    for (const buffer of batch.buffers) this.#queuedBytes -= buffer.byteLength
    return true
  }

  #pump(): void {
    while (!this.#isBlocked && !this.#socket.destroyed) {
      const batch = this.#queue[0]
      if (batch === undefined) return
      const buffer = batch.buffers[batch.nextIndex++]!
      const isLast = batch.nextIndex === batch.buffers.length
      if (isLast) this.#queue.shift()
      this.#queuedBytes -= buffer.byteLength
      this.#isBlocked = !this.#socket.write(buffer, isLast ? sentCallback(batch) : undefined)
    }
  }
}

function sentCallback({ onSent }: Batch): ((error?: Error | null) => void) | undefined {
  return onSent && ((error) => (error ? undefined : onSent()))
}
