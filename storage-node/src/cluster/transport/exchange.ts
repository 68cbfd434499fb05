/**
 * A request on its way: it waits for room on a connection, then for its answer.
 *
 * Its promise settles once, and not before the bytes that it sends are no longer needed.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { PeerAnswer, PeerRequest, PeerRequestKind } from '../../wire/peer/messages.ts'
import { bulkBytesOf } from '../../wire/peer/traffic.ts'
import { PeerTimeoutError } from '../peer-network.ts'
import type { RequestOptions } from '../peer-network.ts'

/** Whoever has the exchange in hand at the time. */
export interface ExchangeHolder {
  /** Nobody wants the answer any more: settles the exchange with `error`, at once or soon. */
  abandon(exchange: Exchange, error: Error): void
}

export class Exchange {
  readonly request: PeerRequest
  readonly deadlineMs: number
  /** Monotonic time of the deadline. */
  readonly expiresMs: number
  readonly bulkBytes: number
  readonly #resolve: (answer: PeerAnswer<PeerRequestKind>) => void
  readonly #reject: (error: Error) => void
  readonly #signal: AbortSignal | undefined
  readonly #onAbort: (() => void) | undefined
  #holder: ExchangeHolder | undefined
  #isOver = false

  constructor(
    request: PeerRequest,
    { deadlineMs, signal }: RequestOptions,
    nowMs: number,
    settle: {
      readonly resolve: (answer: PeerAnswer<PeerRequestKind>) => void
      readonly reject: (error: Error) => void
    },
  ) {
    this.request = request
    this.deadlineMs = deadlineMs
    this.expiresMs = nowMs + deadlineMs
    this.bulkBytes = bulkBytesOf(request)
    this.#resolve = settle.resolve
    this.#reject = settle.reject
    this.#signal = signal
    if (signal === undefined) return
    this.#onAbort = () => this.#abandon(signal.reason as Error)
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Hands the exchange to who cares for it from now on. */
  moveTo(holder: ExchangeHolder): void {
    this.#holder = holder
  }

  succeed(answer: PeerAnswer<PeerRequestKind>): void {
    if (this.#end()) this.#resolve(answer)
  }

  fail(error: Error): void {
    if (this.#end()) this.#reject(error)
  }

  /** The deadline has passed. */
  expire(): void {
    this.#abandon(
      new PeerTimeoutError(`No answer to ${this.request.kind} in ${this.deadlineMs} ms`),
    )
  }

  #abandon(error: Error): void {
    if (this.#isOver) return
    assert(this.#holder !== undefined, 'somebody cares for the exchange')
    this.#holder.abandon(this, error)
  }

  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort)
    return true
  }
}
