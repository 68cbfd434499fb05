/**
 * The network between storage nodes over TCP and TLS (replication.md 3).
 *
 * @module
 */

import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { SlabPool } from '../../base/slabs.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { sameBytes } from '../../base/bytes.ts'
import type { Hello, Lane } from '../../wire/peer/hello.ts'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '../../wire/peer/messages.ts'
import { laneOf } from '../../wire/peer/traffic.ts'
import type { PeerHandler, PeerNetwork, RequestOptions } from '../peer-network.ts'
import { PeerUnreachableError } from '../peer-network.ts'
import type { CredentialSource } from './credentials.ts'
import { Deadlines } from './deadlines.ts'
import { Exchange } from './exchange.ts'
import type { AgreedSocket, OwnName } from './handshake.ts'
import type { MemoryNode } from './memory-network.ts'
import { MemoryNetwork } from './memory-network.ts'
import type { PeerAdmission } from './peer-admission.ts'
import { PeerConnection } from './peer-connection.ts'
import { PeerLane } from './peer-lane.ts'
import type { ListenAddress, SocketParts } from './peer-sockets.ts'
import { dial, PeerListener } from './peer-sockets.ts'
import { QuietLog } from '../quiet-log.ts'

/** Connections to each other store. */
const CONNECTION_COUNTS = { control: 1, bulk: 2 } as const
const LOOK_MS = 1000

export interface SocketNetworkOptions {
  readonly self: OwnName
  readonly clock: Clock
  readonly logger: Logger
  readonly credentials: CredentialSource | undefined
  readonly admission: PeerAdmission
  readonly listen: ListenAddress
  /** Where a store's storage node is reached, host:port; undefined: nowhere, for all that is known. */
  readonly addressOf: (store: StoreId) => string | undefined
  /** For large bodies of requests; only receivers take from it. */
  readonly slabs: SlabPool
}

/** The lanes to one store. */
type Lanes = Readonly<Record<Exclude<Lane, 'beacon'>, PeerLane>>

export class SocketNetwork implements PeerNetwork {
  readonly self: StoreId
  readonly #options: SocketNetworkOptions
  readonly #lanes = new Map<StoreId, Lanes>()
  readonly #connections = new Set<PeerConnection>()
  readonly #deadlines: Deadlines
  readonly #refusals: QuietLog
  /** Messages to the own store. */
  readonly #own: MemoryNode
  #listener: PeerListener | undefined
  #handler: PeerHandler = notServing
  #looks: Timer | undefined
  #isClosed = false

  private constructor(options: SocketNetworkOptions) {
    const { self, clock, logger, slabs } = options
    this.self = self.store
    this.#options = options
    this.#deadlines = new Deadlines(clock)
    this.#refusals = new QuietLog(clock, logger)
    this.#own = new MemoryNetwork().join({ self: self.store, clock, slabs })
  }

  /** Listens; `serve` must follow before others ask for something. */
  static async open(options: SocketNetworkOptions): Promise<SocketNetwork> {
    const network = new SocketNetwork(options)
    network.#listener = await PeerListener.open(network.#socketParts(), options.listen, (agreed) =>
      network.#adopt(agreed),
    )
    return network
  }

  /** The port that others connect to. */
  get port(): number {
    return this.#listener?.port ?? 0
  }

  /** Connections that are open, for metrics and tests. */
  get connectionCount(): number {
    return this.#connections.size
  }

  serve(handler: PeerHandler): void {
    this.#handler = handler
    this.#own.serve(handler)
  }

  send(to: StoreId, message: PeerMessage): void {
    if (this.#isClosed) return
    if (to === this.self) this.#own.send(to, message)
    else this.#lanesOf(to).control.send(message)
  }

  request<K extends PeerRequestKind>(
    to: StoreId,
    request: PeerRequest<K>,
    options: RequestOptions,
  ): Promise<PeerAnswer<K>> {
    if (to === this.self) return this.#own.request(to, request, options)
    if (this.#isClosed) return Promise.reject(new PeerUnreachableError('The network is closed'))
    if (options.signal?.aborted) return Promise.reject(options.signal.reason as Error)
    return new Promise((resolve, reject) => {
      const nowMs = this.#options.clock.monotonicMs()
      const settle = { resolve: resolve as (answer: PeerAnswer<PeerRequestKind>) => void, reject }
      const exchange = new Exchange(request as PeerRequest, options, nowMs, settle)
      this.#lanesOf(to)[laneOf(request.kind)].request(exchange)
      if (!exchange.isOver) this.#deadlines.watch(exchange)
    })
  }

  /** Ends all connections; what is outstanding fails. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#looks?.cancel()
    for (const connection of this.#connections) connection.close(new Error('the network is closed'))
    this.#own.leave()
    await this.#listener?.close()
  }

  #lanesOf(to: StoreId): Lanes {
    let lanes = this.#lanes.get(to)
    if (lanes === undefined) {
      lanes = { control: this.#makeLane(to, 'control'), bulk: this.#makeLane(to, 'bulk') }
      this.#lanes.set(to, lanes)
    }
    return lanes
  }

  #makeLane(to: StoreId, lane: 'control' | 'bulk'): PeerLane {
    const { clock } = this.#options
    const connectionCount = CONNECTION_COUNTS[lane]
    return new PeerLane({ to, clock, connectionCount, dial: () => this.#dial(to, lane) })
  }

  async #dial(to: StoreId, lane: Lane): Promise<void> {
    const address = this.#options.addressOf(to)
    if (address === undefined) throw new Error('Its address is not known')
    try {
      this.#adopt(await dial(address, lane, to, this.#socketParts()))
      if (lane === 'control') this.#lanesOf(to).bulk.warm()
    } catch (error) {
      if ((error as Error).name === 'PeerRefusedError') {
        const { message } = error as Error
        this.#refusals.warn('A storage node cannot be talked to', { address }, message)
      }
      throw error
    }
  }

  #adopt(agreed: AgreedSocket): void {
    const { peer, socket } = agreed
    if (this.#isClosed || socket.destroyed || peer.lane === 'beacon') {
      socket.destroy()
      return
    }
    this.#endOlderLives(peer)
    const lane = this.#lanesOf(peer.store)[peer.lane]
    const connection = new PeerConnection({
      ...agreed,
      slabs: this.#options.slabs,
      handler: () => this.#handler,
      onClosed: (closed, reason) => this.#onClosed(closed, reason),
      onCredit: () => lane.pump(),
    })
    this.#connections.add(connection)
    this.#looks ??= this.#options.clock.schedule(LOOK_MS, () => this.#look())
    lane.add(connection)
    connection.open()
  }

  /** A store that has started again does not answer what its last process was asked. */
  #endOlderLives({ store, nonce }: Hello): void {
    for (const connection of this.#connections) {
      const { peer } = connection
      if (peer.store !== store || sameBytes(peer.nonce, nonce)) continue
      connection.close(new Error('it has started again'))
    }
  }

  #onClosed(connection: PeerConnection, reason: Error): void {
    const { store, lane } = connection.peer
    this.#connections.delete(connection)
    if (lane !== 'beacon') this.#lanes.get(store)?.[lane].remove(connection)
    if (reason.name === 'ProtocolError') {
      this.#refusals.warn('A storage node does not keep to the protocol', { store }, reason.message)
    }
  }

  #look(): void {
    for (const connection of this.#connections) connection.look()
    this.#looks =
      this.#connections.size > 0
        ? this.#options.clock.schedule(LOOK_MS, () => this.#look())
        : undefined
  }

  #socketParts(): SocketParts {
    const { self, clock, logger, credentials, admission } = this.#options
    return { self, clock, logger, credentials, admission }
  }
}

const notServing: PeerHandler = {
  message() {},
  request: () => Promise.reject(new Error('The storage node is still starting')),
}
