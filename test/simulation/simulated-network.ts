/**
 * The network between simulated machines: every message may be lost, doubled, overtaken or late.
 *
 * @module
 */

import type { StoreId } from '@granary/storage-node/contract/identifiers'
import { PeerFailure, PeerTimeoutError, PeerUnreachableError } from '@granary/storage-node/testing'
import type {
  BeaconChannel,
  PeerAnswer,
  PeerMessage,
  PeerNetwork,
  PeerRequest,
  PeerRequestKind,
  RequestOptions,
} from '@granary/storage-node/testing'
import type { SeededRandom } from '../crash/seeded-random.ts'
import { Greetings, type Endpoint, type GreetedLane, type Greeter } from './greetings.ts'
import type { Host } from './host.ts'
import { Link } from './link.ts'
import { carryAnswer, carryMessage, carryRequest } from './peer-codec.ts'
import type { Scheduler, SimulatedEvent } from './scheduler.ts'
import { cancel } from './scheduler.ts'

/** Of requests to a machine on which nothing listens: the sender is told, as by a refused connection. */
const REFUSAL_PROBABILITY = 0.7
const REFUSAL_MS = 1

/** Hears everything as it is sent, before anything is lost. */
export interface NetworkTap {
  /** Two stores may talk to each other. */
  agreed(lane: GreetedLane, stores: readonly [StoreId, StoreId]): void
  /** `process` tells one process of the store from another. */
  sent(from: StoreId, process: string, message: PeerMessage): void
  asked(from: StoreId, request: PeerRequest): void
  answered(from: StoreId, request: PeerRequest, answer: PeerAnswer<PeerRequestKind>): void
}

/** One message, and what is done with it. */
interface Words {
  readonly sizeBytes: number
  arrive(target: Endpoint): void
  /** Called when nobody takes it. */
  fail(why: string): void
}

/** What a store's process sees of the network. */
export interface NetworkAccess {
  readonly peers: PeerNetwork
  readonly beacons: BeaconChannel
}

/** All machines and the links between each two of them. */
export class SimulatedNetwork {
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #hosts = new Map<StoreId, Host>()
  readonly #endpoints = new Map<Host, Endpoint>()
  readonly #links: readonly (readonly Link[])[]
  readonly #greetings: Greetings
  tap: NetworkTap | undefined

  constructor(scheduler: Scheduler, random: SeededRandom, hostCount: number) {
    this.#scheduler = scheduler
    this.#random = random
    const indexes = Array.from({ length: hostCount }, (_, index) => index)
    this.#links = indexes.map(() => indexes.map(() => new Link()))
    this.#greetings = new Greetings(scheduler, {
      carry: (from, to, sizeBytes, arrive) => this.#transmit(from, to, sizeBytes, arrive),
      isRefused: (to) => this.#isRefused(to),
      agreed: (lane, stores) => this.tap?.agreed(lane, stores),
    })
  }

  link(from: number, to: number): Link {
    const link = this.#links[from]?.[to]
    if (link === undefined) throw new Error(`There is no link from ${from} to ${to}`)
    return link
  }

  /** Every link but those of a machine to itself. */
  *links(): Iterable<{ from: number; to: number; link: Link }> {
    for (const [from, row] of this.#links.entries()) {
      for (const [to, link] of row.entries()) if (from !== to) yield { from, to, link }
    }
  }

  /** Connects the process that runs on `host` now; without a greeter it talks to whoever is there. */
  join(host: Host, self: StoreId, greeter: Greeter | undefined): NetworkAccess {
    this.#hosts.set(self, host)
    const endpoint: Endpoint = {
      ...{ self, host, greeter, life: host.life },
      ...{ acquaintances: new Map(), handler: undefined, onBeacon: undefined },
    }
    this.#endpoints.set(host, endpoint)
    return {
      peers: {
        self,
        send: (to, message) => this.#send(endpoint, to, message),
        request: (to, request, options) => this.#request(endpoint, { to, request, options }),
        serve(handler) {
          endpoint.handler = handler
        },
      },
      beacons: {
        send: (to, bytes) => this.#sendBeacon(endpoint, to, bytes.slice()),
        onBeacon(listener) {
          endpoint.onBeacon = listener
        },
      },
    }
  }

  #send(from: Endpoint, to: StoreId, message: PeerMessage): void {
    const { host, life, self } = from
    if (host.life !== life) return
    this.tap?.sent(self, `${self}#${life}`, message)
    const carried = carryMessage(message)
    this.#say(from, to, {
      sizeBytes: carried.sizeBytes,
      arrive: ({ handler }) => handler?.message(self, carried.read()),
      fail() {},
    })
  }

  #sendBeacon(from: Endpoint, to: StoreId, bytes: Uint8Array): void {
    const fail = () => undefined
    const go = () =>
      this.#transmit(from, to, bytes.byteLength, (target) => {
        if (this.#greetings.isTaken(target, from, 'beacon')) target.onBeacon?.(from.self, bytes)
      })
    this.#greetings.whenAgreed(from, to, 'beacon', { go, fail })
  }

  /** Sends to a process that has agreed to that, as soon as there is one. */
  #say(from: Endpoint, to: StoreId, { sizeBytes, arrive, fail }: Words): void {
    const go = () =>
      this.#transmit(from, to, sizeBytes, (target) => {
        if (this.#greetings.isTaken(target, from, 'control')) arrive(target)
      })
    this.#greetings.whenAgreed(from, to, 'control', { go, fail })
  }

  /** Calls `arrive` for each copy that reaches a living process. */
  #transmit(
    { host, life }: Endpoint,
    to: StoreId,
    sizeBytes: number,
    arrive: (endpoint: Endpoint) => void,
  ): void {
    const target = this.#hosts.get(to)
    if (target === undefined || host.life !== life) return
    this.#scheduler.note(sizeBytes)
    for (const delayMs of this.link(host.index, target.index).draw(this.#random)) {
      this.#scheduler.afterOn(target, delayMs, 'message', () => {
        const endpoint = this.#living(target)
        if (endpoint !== undefined) arrive(endpoint)
      })
    }
  }

  #living(host: Host): Endpoint | undefined {
    const endpoint = this.#endpoints.get(host)
    return endpoint !== undefined && host.life === endpoint.life ? endpoint : undefined
  }

  #request<K extends PeerRequestKind>(
    from: Endpoint,
    call: {
      readonly to: StoreId
      readonly request: PeerRequest<K>
      readonly options: RequestOptions
    },
  ): Promise<PeerAnswer<K>> {
    const { host, life, self } = from
    if (host.life !== life) return new Promise(() => {})
    const { to, request, options } = call
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(this.#scheduler, host, options, resolve, reject)
      if (exchange.isOver) return
      this.tap?.asked(self, request as PeerRequest)
      const carried = carryRequest(request as PeerRequest)
      const unreachable = (why: string) =>
        exchange.reject(new PeerUnreachableError(`Store ${to} cannot be reached: ${why}`))
      if (this.#isRefused(to)) {
        this.#scheduler.afterIn(host, REFUSAL_MS, 'message', () =>
          unreachable('nothing listens there'),
        )
        return
      }
      const arrive = (target: Endpoint) => {
        const answerTo = (send: () => void) => {
          if (target.host.life === target.life) send()
        }
        target.handler?.request(self, carried.read()).then(
          (answer) =>
            answerTo(() => {
              this.tap?.answered(to, request as PeerRequest, answer)
              this.#answer(to, host, request.kind, answer, exchange)
            }),
          (error: unknown) => answerTo(() => this.#fail(to, host, error, exchange)),
        )
      }
      this.#say(from, to, { sizeBytes: carried.sizeBytes, arrive, fail: unreachable })
    })
  }

  #isRefused(to: StoreId): boolean {
    const target = this.#hosts.get(to)
    const isDown = target === undefined || this.#living(target) === undefined
    return isDown && this.#random.chance(REFUSAL_PROBABILITY)
  }

  #answer<K extends PeerRequestKind>(
    from: StoreId,
    asker: Host,
    kind: K,
    answer: PeerAnswer<PeerRequestKind>,
    exchange: Exchange<PeerAnswer<K>>,
  ): void {
    const carried = carryAnswer(kind, answer as PeerAnswer<K>)
    this.#transmitBack(from, asker, carried.sizeBytes, () => exchange.resolve(carried.read()))
  }

  #fail(from: StoreId, asker: Host, cause: unknown, exchange: Exchange<never>): void {
    this.#transmitBack(from, asker, 0, () => exchange.reject(new PeerFailure(from, cause)))
  }

  #transmitBack(from: StoreId, asker: Host, sizeBytes: number, arrive: () => void): void {
    const host = this.#hosts.get(from)
    if (host === undefined) return
    this.#scheduler.note(sizeBytes)
    for (const delayMs of this.link(host.index, asker.index).draw(this.#random)) {
      this.#scheduler.afterIn(asker, delayMs, 'message', arrive)
    }
  }
}

/** A request that waits for its answer, its deadline or its asker's patience. */
class Exchange<T> {
  isOver = false
  readonly #resolve: (answer: T) => void
  readonly #reject: (error: Error) => void
  readonly #signal: AbortSignal | undefined
  readonly #deadline: SimulatedEvent
  readonly #onAbort = () => this.reject(this.#signal?.reason as Error)

  constructor(
    scheduler: Scheduler,
    host: Host,
    { deadlineMs, signal }: RequestOptions,
    resolve: (answer: T) => void,
    reject: (error: Error) => void,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
    this.#deadline = scheduler.afterIn(host, deadlineMs, 'timer', () =>
      this.reject(new PeerTimeoutError(`No answer within ${deadlineMs} ms`)),
    )
    if (signal?.aborted) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort)
  }

  resolve(answer: T): void {
    if (this.#end()) this.#resolve(answer)
  }

  reject(error: Error): void {
    if (this.#end()) this.#reject(error)
  }

  #end(): boolean {
    if (this.isOver) return false
    this.isOver = true
    cancel(this.#deadline)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    return true
  }
}
