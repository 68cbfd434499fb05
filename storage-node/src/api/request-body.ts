/**
 * The body of a request, read from a socket by raw events: no stream objects, no promise per piece.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { assert } from '../base/assert.ts'
import type { Pacer } from '../base/pacer.ts'
import type { OssError } from '../model/errors.ts'
import type { TakePiece } from '../services/body.ts'
import type { HeaderValues } from '../wire/oss/request-head.ts'
import type { BodyFraming, RequestBodySource } from './http-message.ts'

/** Bytes that are read and thrown away to keep a connection whose request was refused. */
export const DRAIN_SIZE_BYTES_MAX = 256 * 1024

/** One request's body. `Expect: 100-continue` is answered by the first read, so not before the checks. */
export class RequestBody implements RequestBodySource {
  readonly framing: BodyFraming
  readonly lengthBytes: number | undefined
  readonly givesPiecesAway = true
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #continueIsDue: boolean
  #receivedBytes = 0
  #isOver: boolean
  #failure: OssError | undefined
  #finish: ((error?: unknown) => void) | undefined
  #isPaused = false
  /** Bytes are taken no faster than this allows: the socket's window keeps the client back. */
  pacer: Pacer | undefined

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    headers: HeaderValues,
    expectsContinue: boolean,
  ) {
    this.#request = request
    this.#response = response
    const announced = headers['content-length']
    if (headers['transfer-encoding'] !== undefined) this.framing = 'chunked'
    else this.framing = announced === undefined ? 'none' : 'length'
    this.lengthBytes = this.framing === 'chunked' ? undefined : Number(announced ?? 0)
    this.#isOver = this.lengthBytes === 0
    this.#continueIsDue = expectsContinue && !this.#isOver
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** True while the next byte has to come from the client. */
  get isWaitingForClient(): boolean {
    return this.#finish !== undefined && !this.#isPaused
  }

  /** True when the whole body has arrived. */
  get isOver(): boolean {
    return this.#isOver || this.#request.complete
  }

  /** True when no more of the body can be read. */
  get isBroken(): boolean {
    return this.#failure !== undefined
  }

  /** True when what is left of the body is little enough to be read for nothing. */
  get mayBeDrained(): boolean {
    if (this.isOver) return true
    if (this.#failure !== undefined || this.#continueIsDue || this.lengthBytes === undefined) {
      return false
    }
    // Clients announce a body with a read and send none: their next request would be taken for it.
    if (this.#request.method === 'GET' || this.#request.method === 'HEAD') return false
    return this.lengthBytes - this.#receivedBytes <= DRAIN_SIZE_BYTES_MAX
  }

  read(take: TakePiece): Promise<void> {
    assert(this.#finish === undefined, 'a body is read once')
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#isOver) return Promise.resolve()
    if (this.#continueIsDue) {
      this.#continueIsDue = false
      this.#response.writeContinue()
    }
    return new Promise((resolve, reject) => {
      this.#finish = (error) => {
        this.#finish = undefined
        this.#request.removeAllListeners('data')
        if (error === undefined) return resolve()
        this.#request.pause()
        reject(error as Error)
      }
      this.#request.on('data', (piece: Uint8Array) => this.#onPiece(piece, take))
      this.#request.once('end', () => this.#onEnd())
    })
  }

  /** Ends a read under way, and every later one: the client has gone or broken its framing. */
  fail(error: OssError): void {
    if (this.isOver) return
    this.#failure ??= error
    this.#finish?.(error)
  }

  /** Reads up to `DRAIN_SIZE_BYTES_MAX` of the rest for nothing, then no more; `whenOver` if it ends before. */
  drain(whenOver: () => void): void {
    if (this.isOver) return whenOver()
    let drainedBytes = 0
    this.#request.removeAllListeners('data')
    this.#request.on('data', (piece: Uint8Array) => {
      drainedBytes += piece.byteLength
      if (drainedBytes > DRAIN_SIZE_BYTES_MAX) this.#request.pause()
    })
    this.#request.once('end', whenOver)
    this.#request.resume()
  }

  #onPiece(piece: Uint8Array, take: TakePiece): void {
    this.#receivedBytes += piece.byteLength
    let taken: Promise<void> | undefined
    try {
      taken = this.pacer === undefined ? take(piece) : takePaced(piece, take, this.pacer)
    } catch (error) {
      return this.#finish?.(error)
    }
    if (taken === undefined) return
    this.#isPaused = true
    this.#request.pause()
    taken.then(
      () => this.#goOn(),
      (error: unknown) => this.#finish?.(error),
    )
  }

  #goOn(): void {
    this.#isPaused = false
    if (this.#finish === undefined) return
    if (this.#isOver) return this.#finish()
    this.#request.resume()
    // A silent client is noticed by the socket's idle timer, which ran out unheeded if we were slow.
    const { socket } = this.#request
    socket.setTimeout(socket.timeout ?? 0)
  }

  #onEnd(): void {
    this.#isOver = true
    // Node ends a stream right behind its last buffered piece, even when that piece paused it.
    if (!this.#isPaused) this.#finish?.()
  }
}

function takePaced(piece: Uint8Array, take: TakePiece, pacer: Pacer): Promise<void> | undefined {
  // Whoever takes a piece may free its memory at once.
  const { byteLength } = piece
  const taken = take(piece)
  const wait = pacer.moved(byteLength)
  if (taken === undefined || wait === undefined) return taken ?? wait
  return Promise.all([taken, wait]).then(() => undefined)
}
