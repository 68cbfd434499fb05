/**
 * One HTTP/1.1 connection of the load generator: sends a request, counts the answer, says so.
 *
 * It knows as much of HTTP as the answers of a benchmark need: a status, a length, a body.
 *
 * @module
 */

import { connect } from 'node:net'
import type { Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'
/** How much of a refusal is kept for the error message. */
const REFUSAL_BYTES_MAX = 1000
/** Repeated for larger bodies. */
const PIECE = Buffer.alloc(1024 ** 2, 'Granary keeps what it is given. ')

/** Who waits for an answer: gets the length of its body. */
export interface AnswerListener {
  onAnswer(bodyBytes: number): void
  onFailure(error: Error): void
}

/** A connection with at most one request under way. */
export class LoadConnection {
  readonly #socket: Socket
  readonly #listener: AnswerListener
  #head = ''
  #status = ''
  #bodyBytes = 0
  #remainingBytes: number | undefined
  #refusal = ''
  #unsentBytes = 0
  #tail = ''
  #frames: Iterator<Buffer> | undefined

  constructor(port: number, host: string, listener: AnswerListener) {
    this.#listener = listener
    this.#socket = connect({ port, host, noDelay: true })
    this.#socket.on('data', (bytes) => this.#onData(bytes))
    this.#socket.on('drain', () => this.#sendBody())
    this.#socket.on('error', (error) => listener.onFailure(error))
    this.#socket.on('end', () => listener.onFailure(new Error('The server closed a connection')))
  }

  /** Sends a request, so many bytes of its body, and what ends it: all, or it never ends. */
  send(head: string, bodyBytes: number, tail = ''): void {
    this.#unsentBytes = bodyBytes
    this.#tail = tail
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    this.#sendBody()
    this.#socket.uncork()
  }

  /** Sends a request whose body is at hand in pieces. */
  sendFrames(head: string, frames: Iterable<Buffer>): void {
    this.#frames = frames[Symbol.iterator]()
    this.send(head, 0)
  }

  close(): void {
    this.#socket.destroy()
  }

  #sendBody(): void {
    if (this.#frames !== undefined && this.#sendFrames(this.#frames)) return
    while (this.#unsentBytes > 0) {
      const piece = PIECE.subarray(0, Math.min(this.#unsentBytes, PIECE.length))
      this.#unsentBytes -= piece.length
      if (!this.#socket.write(piece)) return
    }
    const tail = this.#tail
    this.#tail = ''
    if (tail !== '') this.#socket.write(tail, 'latin1')
  }

  /** As many at once as of other bodies; true: there are more. */
  #sendFrames(frames: Iterator<Buffer>): boolean {
    this.#socket.cork()
    try {
      for (let sentBytes = 0; sentBytes < PIECE.length;) {
        const { value, done } = frames.next()
        if (done === true) {
          this.#frames = undefined
          return false
        }
        sentBytes += value.length
        this.#socket.write(value)
      }
      return true
    } finally {
      this.#socket.uncork()
    }
  }

  #onData(bytes: Buffer): void {
    let body = bytes
    if (this.#remainingBytes === undefined) {
      const before = this.#head.length
      this.#head += bytes.toString('latin1')
      const end = this.#head.indexOf(HEAD_END)
      if (end === -1) return
      body = bytes.subarray(end + HEAD_END.length - before)
      this.#readHead(this.#head.slice(0, end))
    }
    this.#readBody(body)
  }

  #readHead(head: string): void {
    this.#head = ''
    this.#status = head.slice(9, 12)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    // 204 has neither length nor body.
    if (length === undefined && this.#status !== '204') {
      throw new Error(`An answer without a length: ${head}`)
    }
    this.#bodyBytes = Number(length ?? 0)
    this.#remainingBytes = this.#bodyBytes
  }

  get #isGood(): boolean {
    return this.#status === '200' || this.#status === '204'
  }

  #readBody(bytes: Buffer): void {
    if (!this.#isGood) {
      this.#refusal += bytes.toString('utf8', 0, REFUSAL_BYTES_MAX)
    }
    this.#remainingBytes = (this.#remainingBytes ?? 0) - bytes.length
    if (this.#remainingBytes > 0) return
    this.#remainingBytes = undefined
    if (this.#isGood) return this.#listener.onAnswer(this.#bodyBytes)
    this.#listener.onFailure(new Error(`Answered ${this.#status}: ${this.#refusal}`))
  }
}
