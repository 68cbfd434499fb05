/**
 * What storage nodes say to each other goes through here, over sockets, in memory or simulated.
 *
 * Everything may be lost, duplicated, reordered or delayed without bound; nothing is sent again by
 * itself. Messages to the own store are delivered like all others.
 *
 * @module
 */

import type { StoreId } from '../contract/identifiers.ts'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '../wire/peer/messages.ts'

export interface RequestOptions {
  /** How long the answer may take. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

/**
 * How this storage node answers the others. A rejection becomes a `PeerFailure` over there. Bulk
 * bytes of a request lie in buffers that are used again once it is answered.
 */
export interface PeerHandler {
  message(from: StoreId, message: PeerMessage): void
  request(from: StoreId, request: PeerRequest): Promise<PeerAnswer<PeerRequestKind>>
}

export interface PeerNetwork {
  /** This storage node's store. */
  readonly self: StoreId
  /** One way; dropped when there is no connection or too much waits. */
  send(to: StoreId, message: PeerMessage): void
  /** Rejects with `PeerUnreachableError`, `PeerTimeoutError` or what the other side rejected with. */
  request<K extends PeerRequestKind>(
    to: StoreId,
    request: PeerRequest<K>,
    options: RequestOptions,
  ): Promise<PeerAnswer<K>>
  /** Called once, before the first message is due. */
  serve(handler: PeerHandler): void
}

/** There is no connection: the request was not sent, or nobody knows whether it arrived. */
export class PeerUnreachableError extends Error {
  override readonly name = 'PeerUnreachableError'
}

/** No answer within the deadline. */
export class PeerTimeoutError extends Error {
  override readonly name = 'PeerTimeoutError'
}

/** The other side could not answer: what it rejected with. */
export class PeerFailure extends Error {
  override readonly name = 'PeerFailure'

  constructor(store: StoreId, reason: unknown) {
    super(`Store ${store} failed: ${reason instanceof Error ? reason.message : String(reason)}`)
  }
}
