/**
 * Messages over a stream socket: each is its length and its bytes.
 *
 * @module
 */

import { asBuffer, joinBytes } from '../../base/bytes.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import { CONFIG_MESSAGE_BYTES_MAX } from '../../wire/peer/config-messages.ts'

const LENGTH_BYTES = 4

/** The bytes that carry a message. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + message.byteLength)
  framed.writeUInt32LE(message.byteLength)
  framed.set(message, LENGTH_BYTES)
  return framed
}

/** Cuts what arrives into messages. */
export class MessageCutter {
  readonly #onMessage: (message: Uint8Array) => void
  #pieces: Uint8Array[] = []
  #byteCount = 0
  /** Of the message that is arriving, its length included; undefined before that has arrived. */
  #wanted: number | undefined

  constructor(onMessage: (message: Uint8Array) => void) {
    this.#onMessage = onMessage
  }

  /** Throws `ProtocolError` where a message is announced that is larger than any may be. */
  take(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#byteCount += bytes.byteLength
    while (this.#byteCount >= (this.#wanted ?? LENGTH_BYTES)) {
      const all = asBuffer(joinBytes(this.#pieces))
      if (this.#wanted === undefined) {
        this.#wanted = LENGTH_BYTES + checkedLength(all.readUInt32LE())
        this.#pieces = [all]
        continue
      }
      this.#onMessage(all.subarray(LENGTH_BYTES, this.#wanted))
      this.#pieces = [all.subarray(this.#wanted)]
      this.#byteCount -= this.#wanted
      this.#wanted = undefined
    }
  }
}

function checkedLength(length: number): number {
  if (length <= CONFIG_MESSAGE_BYTES_MAX) return length
  throw new ProtocolError(`A message has at most ${CONFIG_MESSAGE_BYTES_MAX} bytes, not ${length}`)
}
