/**
 * All that goes to one other store and is of one sort: small messages, or bulk.
 *
 * Connections are made when something is to be sent, or soon will be, by whichever side comes
 * first, and are used by both. After a failure the lane rests for a while: what is asked of it then
 * fails at once, so that callers turn to somebody else.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { PeerMessage } from '../../wire/peer/messages.ts'
import { PeerUnreachableError } from '../peer-network.ts'
import type { Exchange, ExchangeHolder } from './exchange.ts'
import type { PeerConnection } from './peer-connection.ts'

const REST_MS_MIN = 50
const REST_MS_MAX = 1000
/** Messages kept while a connection is being made. */
const BACKLOG_COUNT_MAX = 256
/** Requests that wait for credit: who asks for more is told so. */
const WAITING_COUNT_MAX = 8192
/** Connections from one store that are kept: an older one is dead if there are more. */
const CONNECTION_COUNT_MAX = 8

export interface LaneOptions {
  readonly to: StoreId
  readonly clock: Clock
  /** Connections that this side makes sure of. */
  readonly connectionCount: number
  /** Makes a connection and hands it to `add`; rejects if there is none to be had. */
  readonly dial: () => Promise<void>
}

export class PeerLane implements ExchangeHolder {
  readonly #options: LaneOptions
  readonly #connections: PeerConnection[] = []
  #waiting: Exchange[] = []
  #backlog: PeerMessage[] = []
  #dialingCount = 0
  #restUntilMs = 0
  #restMs = REST_MS_MIN

  constructor(options: LaneOptions) {
    this.#options = options
  }

  send(message: PeerMessage): void {
    const [connection] = this.#connections
    if (connection !== undefined) return connection.send(message)
    if (!this.#connect()) return
    if (this.#backlog.length < BACKLOG_COUNT_MAX) this.#backlog.push(message)
  }

  request(exchange: Exchange): void {
    if (!this.#connect() && this.#connections.length === 0) {
      exchange.fail(this.#unreachable('the last attempt to connect has just failed'))
    } else if (this.#waiting.length >= WAITING_COUNT_MAX) {
      exchange.fail(this.#unreachable('too many requests wait for it'))
    } else {
      exchange.moveTo(this)
      this.#waiting.push(exchange)
      this.pump()
    }
  }

  abandon(exchange: Exchange, error: Error): void {
    this.#waiting = this.#waiting.filter((other) => other !== exchange)
    exchange.fail(error)
  }

  /** Makes connections for what will come: the first request would wait for a name and two handshakes. */
  warm(): void {
    this.#connect()
  }

  /** Takes a connection that either side has made. */
  add(connection: PeerConnection): void {
    this.#restMs = REST_MS_MIN
    this.#restUntilMs = 0
    this.#connections.push(connection)
    if (this.#connections.length > CONNECTION_COUNT_MAX) {
      this.#connections[0]?.close(new Error('a newer connection has taken its place'))
    }
    const backlog = this.#backlog
    this.#backlog = []
    for (const message of backlog) connection.send(message)
    this.pump()
  }

  remove(connection: PeerConnection): void {
    const index = this.#connections.indexOf(connection)
    if (index === -1) return
    this.#connections.splice(index, 1)
    if (this.#waiting.length > 0) this.#connect()
  }

  /** Starts what waits, as far as there is credit. */
  pump(): void {
    let startedCount = 0
    for (const exchange of this.#waiting) {
      const connection = this.#leastLoaded()
      if (connection === undefined) break
      startedCount++
      startOn(connection, exchange)
    }
    if (startedCount > 0) this.#waiting.splice(0, startedCount)
  }

  /** Makes sure of enough connections; false while the lane rests. */
  #connect(): boolean {
    const missing = this.#options.connectionCount - this.#connections.length - this.#dialingCount
    if (missing <= 0) return true
    if (this.#options.clock.monotonicMs() < this.#restUntilMs) return false
    for (let left = missing; left > 0; left--) void this.#dial()
    return true
  }

  async #dial(): Promise<void> {
    this.#dialingCount++
    try {
      await this.#options.dial()
    } catch (error) {
      this.#rest(error as Error)
    } finally {
      this.#dialingCount--
    }
  }

  #rest(error: Error): void {
    this.#restUntilMs = this.#options.clock.monotonicMs() + this.#restMs
    this.#restMs = Math.min(this.#restMs * 2, REST_MS_MAX)
    if (this.#connections.length > 0) return
    this.#backlog = []
    const waiting = this.#waiting
    this.#waiting = []
    for (const exchange of waiting) exchange.fail(this.#unreachable(error.message, error))
  }

  #leastLoaded(): PeerConnection | undefined {
    let best: PeerConnection | undefined
    for (const connection of this.#connections) {
      if (!connection.hasCredit()) continue
      if (best === undefined || connection.load < best.load) best = connection
    }
    return best
  }

  #unreachable(why: string, cause?: Error): PeerUnreachableError {
    return new PeerUnreachableError(`Store ${this.#options.to} cannot be reached: ${why}`, {
      cause,
    })
  }
}

/** A request that cannot be written at all fails alone. */
function startOn(connection: PeerConnection, exchange: Exchange): void {
  if (exchange.isOver) return
  try {
    connection.start(exchange)
  } catch (error) {
    exchange.fail(error as Error)
  }
}
