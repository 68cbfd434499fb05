/**
 * The two halves of a message between storage nodes: the values, and the bulk behind them.
 *
 * Bulk is object bytes: it is sent from where it lies and received where it will be used, so that
 * the values only say how long it is.
 *
 * @module
 */

import { totalLength } from '../../base/bytes.ts'
import { BinaryReader, BinaryWriter } from '../stored/binary.ts'
import { ProtocolError } from './protocol-error.ts'

/** A message on its way out. The bulk is whoever wrote it's: it must not change before it is sent. */
export interface MessageBytes {
  readonly values: Uint8Array
  readonly bulk: readonly Uint8Array[]
}

/** Appends values, and bulk. */
export class MessageWriter extends BinaryWriter {
  readonly bulk: Uint8Array[] = []

  /** Appends to the bulk; nothing is copied. */
  appendBulk(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.bulk.push(bytes)
  }
}

/** Takes values, and bulk, both in order. */
export class MessageReader extends BinaryReader {
  readonly #bulk: readonly Uint8Array[]
  #bulkRemaining: number
  /** The piece that the next bytes of the bulk are in, and where in it they begin. */
  #piece = 0
  #offset = 0

  constructor({ values, bulk }: MessageBytes) {
    super(values)
    this.#bulk = bulk
    this.#bulkRemaining = totalLength(bulk)
  }

  /** The next `count` bytes of the bulk as they lie: views of the buffers they were received in. */
  takeBulk(count: number): Uint8Array[] {
    if (count > this.#bulkRemaining) throw new ProtocolError('Bulk ends too early')
    this.#bulkRemaining -= count
    const taken: Uint8Array[] = []
    let wanted = count
    while (wanted > 0) {
      const view = this.#takeFromPiece(wanted)
      if (view.byteLength > 0) taken.push(view)
      wanted -= view.byteLength
    }
    return taken
  }

  #takeFromPiece(countMax: number): Uint8Array {
    const piece = this.#bulk[this.#piece]!
    const view = piece.subarray(this.#offset, this.#offset + countMax)
    this.#offset += view.byteLength
    if (this.#offset === piece.byteLength) {
      this.#piece++
      this.#offset = 0
    }
    return view
  }
}
