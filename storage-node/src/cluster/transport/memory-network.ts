/**
 * The network between storage nodes of one process: what is sent arrives at the end of the turn,
 * through the same bytes as over sockets.
 *
 * Nodes come and go, as processes do: what is under way to one that left is lost, and what was
 * asked of it fails. A node that joins again under its name is another life.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { totalLength } from '../../base/bytes.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { SlabPool } from '../../base/slabs.ts'
import { afterTurn } from '../../base/turn.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { MessageBytes } from '../../wire/peer/message-bytes.ts'
import {
  decodeAnswer,
  decodeMessage,
  decodeRequest,
  encodeAnswer,
  encodeMessage,
  encodeRequest,
} from '../../wire/peer/message-codecs.ts'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '../../wire/peer/messages.ts'
import type { PeerHandler, PeerNetwork, RequestOptions } from '../peer-network.ts'
import { PeerFailure, PeerTimeoutError, PeerUnreachableError } from '../peer-network.ts'
import type { BeaconChannel } from './beacon-channel.ts'
import type { Landing } from './bulk-landing.ts'
import { fill, needsSlabs, plainLanding, pooledLanding } from './bulk-landing.ts'

export interface MemoryNodeOptions {
  readonly self: StoreId
  readonly clock: Clock
  /** For large bodies of requests; without a pool each gets memory of its own. */
  readonly slabs?: SlabPool
}

/** All nodes that can reach each other. */
export class MemoryNetwork {
  readonly #nodes = new Map<StoreId, MemoryNode>()
  #arrivals: (() => void)[] = []

  /** Connects a node. Its name must be free. */
  join(options: MemoryNodeOptions): MemoryNode {
    const { self } = options
    assert(!this.#nodes.has(self), 'a store joins once at a time')
    const node = new MemoryNode(options, {
      find: (store) => this.#nodes.get(store),
      leave: (leaving) => this.#leave(leaving),
      deliver: (arrival) => this.#deliver(arrival),
    })
    this.#nodes.set(self, node)
    return node
  }

  #leave(node: MemoryNode): void {
    this.#nodes.delete(node.self)
    for (const other of this.#nodes.values()) other.forget(node)
  }

  /** All that is sent in a turn arrives together, in order. */
  #deliver(arrival: () => void): void {
    this.#arrivals.push(arrival)
    if (this.#arrivals.length > 1) return
    afterTurn(() => {
      const arrivals = this.#arrivals
      this.#arrivals = []
      for (const arrive of arrivals) arrive()
    })
  }
}

/** How a node reaches the others. */
interface Surface {
  find(store: StoreId): MemoryNode | undefined
  leave(node: MemoryNode): void
  deliver(arrival: () => void): void
}

/** A request that waits for its answer. */
interface Asked {
  readonly of: MemoryNode
  readonly finish: (settle: () => void) => void
  readonly fail: (error: Error) => void
}

/** One storage node's side of the network. */
export class MemoryNode implements PeerNetwork {
  readonly self: StoreId
  readonly beacons: BeaconChannel
  readonly #clock: Clock
  readonly #slabs: SlabPool | undefined
  readonly #surface: Surface
  readonly #asked = new Set<Asked>()
  #handler: PeerHandler | undefined
  #onBeacon: ((from: StoreId, bytes: Uint8Array) => void) | undefined
  #hasLeft = false

  constructor({ self, clock, slabs }: MemoryNodeOptions, surface: Surface) {
    this.self = self
    this.#clock = clock
    this.#slabs = slabs
    this.#surface = surface
    this.beacons = {
      send: (to, bytes) => this.#sendBeacon(to, bytes),
      onBeacon: (listener) => {
        this.#onBeacon = listener
      },
    }
  }

  serve(handler: PeerHandler): void {
    this.#handler = handler
  }

  send(to: StoreId, message: PeerMessage): void {
    const target = this.#target(to)
    if (target === undefined) return
    const bytes = encodeMessage(message)
    this.#surface.deliver(() => target.#handlerNow()?.message(this.self, decodeMessage(bytes)))
  }

  request<K extends PeerRequestKind>(
    to: StoreId,
    request: PeerRequest<K>,
    { deadlineMs, signal }: RequestOptions,
  ): Promise<PeerAnswer<K>> {
    const target = this.#target(to)
    if (target === undefined) return Promise.reject(unreachable(to))
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    return new Promise((resolve, reject) => {
      const asked = this.#ask(target, { deadlineMs, ...(signal && { signal }) }, reject)
      target
        .#receive(this.self, request as PeerRequest, () => this.#asked.has(asked))
        .then(
          (bytes) => asked.finish(() => resolve(decodeAnswer(request.kind as K, bytes))),
          (error: Error) => asked.finish(() => reject(error)),
        )
    })
  }

  /** The process has ended: nothing more arrives here, or leaves. */
  leave(): void {
    this.#hasLeft = true
    this.#surface.leave(this)
    for (const { fail } of this.#asked) fail(unreachable(this.self))
  }

  /** `node` has ended: it answers nothing any more. */
  forget(node: MemoryNode): void {
    for (const { of, fail } of this.#asked) if (of === node) fail(unreachable(node.self))
  }

  #ask(
    of: MemoryNode,
    { deadlineMs, signal }: RequestOptions,
    reject: (error: Error) => void,
  ): Asked {
    const finish = (settle: () => void) => {
      if (!this.#asked.delete(asked)) return
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const asked: Asked = { of, finish, fail: (error) => finish(() => reject(error)) }
    const onAbort = () => asked.fail(signal?.reason as Error)
    const timer: Timer = this.#clock.schedule(deadlineMs, () =>
      asked.fail(new PeerTimeoutError(`Store ${of.self} did not answer within ${deadlineMs} ms`)),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#asked.add(asked)
    return asked
  }

  /** Answers a request of `from`; encoded here already, while its bytes are sure to be there. */
  async #receive(
    from: StoreId,
    request: PeerRequest,
    isWanted: () => boolean,
  ): Promise<MessageBytes> {
    const { values, bulk } = encodeRequest(request)
    const landing = await this.#land(bulk, isWanted)
    try {
      await this.#arrival()
      const handler = this.#handlerNow()
      if (handler === undefined) throw unreachable(this.self)
      const received = decodeRequest({ values, bulk: landing.buffers })
      const bytes = encodeAnswer(request.kind, await this.#handle(handler, from, received))
      return { values: bytes.values, bulk: copied(bytes.bulk) }
    } finally {
      landing.release()
      await this.#arrival()
    }
  }

  async #handle(
    handler: PeerHandler,
    from: StoreId,
    request: PeerRequest,
  ): Promise<PeerAnswer<PeerRequestKind>> {
    try {
      return await handler.request(from, request)
    } catch (error) {
      throw new PeerFailure(this.self, error)
    }
  }

  async #land(bulk: readonly Uint8Array[], isWanted: () => boolean): Promise<Landing> {
    const size = totalLength(bulk)
    if (this.#slabs === undefined || !needsSlabs(size)) {
      const landing = plainLanding(size)
      fill(landing.buffers, bulk)
      return landing
    }
    const landing = await pooledLanding(this.#slabs, size)
    // Who has given up waiting may have put other bytes into its buffers by now.
    if (!isWanted()) {
      landing.release()
      throw new PeerUnreachableError('Nobody waits for the answer any more')
    }
    fill(landing.buffers, bulk)
    return landing
  }

  #sendBeacon(to: StoreId, bytes: Uint8Array): void {
    const target = this.#target(to)
    const copy = Uint8Array.from(bytes)
    this.#surface.deliver(() => {
      if (target !== undefined && !target.#hasLeft) target.#onBeacon?.(this.self, copy)
    })
  }

  #target(to: StoreId): MemoryNode | undefined {
    return this.#hasLeft ? undefined : this.#surface.find(to)
  }

  #handlerNow(): PeerHandler | undefined {
    return this.#hasLeft ? undefined : this.#handler
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => this.#surface.deliver(resolve))
  }
}

function copied(bulk: readonly Uint8Array[]): readonly Uint8Array[] {
  const { buffers } = plainLanding(totalLength(bulk))
  fill(buffers, bulk)
  return buffers
}

function unreachable(store: StoreId): PeerUnreachableError {
  return new PeerUnreachableError(`Store ${store} cannot be reached`)
}
