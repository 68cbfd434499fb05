/**
 * How two simulated processes come to talk: each says Hello, and the product's own admission decides whether it may
 * stay. Until both have agreed nothing else passes, as over a socket.
 *
 * A message from a process that has not agreed is answered by a reset, as of a connection that is not there any more.
 *
 * @module
 */

import type { StoreId } from '@granary/storage-node/contract/identifiers'
import {
  decodePeerValue,
  encodePeerValue,
  hello,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  refusal,
} from '@granary/storage-node/testing'
import type {
  Hello,
  HelloRefusal,
  OwnName,
  PeerAdmission,
  PeerHandler,
} from '@granary/storage-node/testing'
import type { Host } from './host.ts'
import type { Scheduler } from './scheduler.ts'
import { cancel } from './scheduler.ts'

const HANDSHAKE_MS_MAX = 5000
const REFUSAL_MS = 1
const REST_MS_MIN = 50
const REST_MS_MAX = 1000
const WAITING_COUNT_MAX = 256

/** Beacons have connections of their own. */
export type GreetedLane = 'control' | 'beacon'

/** Who a process is, and whom it lets in. */
export interface Greeter {
  readonly name: OwnName
  readonly admissions: Readonly<Record<GreetedLane, PeerAdmission>>
}

/** What a process has connected to the network. */
export interface Endpoint {
  readonly self: StoreId
  readonly host: Host
  readonly life: number
  /** Undefined: in this region nobody says Hello. */
  readonly greeter: Greeter | undefined
  readonly acquaintances: Map<string, Acquaintance>
  handler: PeerHandler | undefined
  onBeacon: ((from: StoreId, bytes: Uint8Array) => void) | undefined
}

/** What lies below: bytes from process to process. */
export interface Wire {
  /** Calls `arrive` for each copy that reaches a living process of the store. */
  carry(from: Endpoint, to: StoreId, sizeBytes: number, arrive: (target: Endpoint) => void): void
  /** Nothing listens there, and whoever connects is told so. */
  isRefused(to: StoreId): boolean
  /** Both have said Hello, and nobody has refused. */
  agreed(lane: GreetedLane, stores: readonly [StoreId, StoreId]): void
}

interface Waiting {
  go(): void
  fail(why: string): void
}

/** How one process stands with another store. */
class Acquaintance {
  /** The other's process; undefined: none. */
  agreedLife: number | undefined
  isDialing = false
  restUntilMs = 0
  #restMs = REST_MS_MIN
  #waiting: Waiting[] = []

  wait(waiting: Waiting): void {
    if (this.#waiting.length < WAITING_COUNT_MAX) this.#waiting.push(waiting)
    else waiting.fail('too much waits for it')
  }

  agree(life: number): void {
    this.agreedLife = Math.max(this.agreedLife ?? 0, life)
    this.restUntilMs = 0
    this.#restMs = REST_MS_MIN
    for (const { go } of this.#takeWaiting()) go()
  }

  /** What the process `life` has to say of the connection: there is none. */
  reset(life: number): void {
    if (this.agreedLife !== undefined && this.agreedLife <= life) this.agreedLife = undefined
  }

  rest(nowMs: number, why: string): void {
    if (this.agreedLife !== undefined) return
    this.restUntilMs = nowMs + this.#restMs
    this.#restMs = Math.min(this.#restMs * 2, REST_MS_MAX)
    for (const { fail } of this.#takeWaiting()) fail(why)
  }

  #takeWaiting(): Waiting[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting
  }
}

/** All greetings of a region. */
export class Greetings {
  readonly #scheduler: Scheduler
  readonly #wire: Wire

  constructor(scheduler: Scheduler, wire: Wire) {
    this.#scheduler = scheduler
    this.#wire = wire
  }

  /** Calls `go` once the process may talk to one of `to`, or `fail` when it does not come to that. */
  whenAgreed(from: Endpoint, to: StoreId, lane: GreetedLane, waiting: Waiting): void {
    if (from.greeter === undefined || to === from.self) return waiting.go()
    const known = acquaintance(from, to, lane)
    if (known.agreedLife !== undefined) return waiting.go()
    if (!known.isDialing && this.#scheduler.nowMs < known.restUntilMs) {
      return waiting.fail('the last attempt to connect has just failed')
    }
    known.wait(waiting)
    if (!known.isDialing) this.#dial(from, to, lane)
  }

  /** Whether there is a connection over which the process `from` may say something to `target`. */
  isTaken(target: Endpoint, from: Endpoint, lane: GreetedLane): boolean {
    if (target.greeter === undefined || target.self === from.self) return true
    if (acquaintance(target, from.self, lane).agreedLife === from.life) return true
    this.#reset(target, from, lane)
    return false
  }

  #reset(from: Endpoint, to: Endpoint, lane: GreetedLane): void {
    this.#wire.carry(from, to.self, 0, (target) => {
      if (target === to) acquaintance(target, from.self, lane).reset(from.life)
    })
  }

  #dial(from: Endpoint, to: StoreId, lane: GreetedLane): void {
    const known = acquaintance(from, to, lane)
    let isOver = false
    const end = (outcome: { readonly life: number } | { readonly why: string }) => {
      if (isOver) return
      isOver = true
      cancel(deadline)
      known.isDialing = false
      if ('life' in outcome) known.agree(outcome.life)
      else known.rest(this.#scheduler.nowMs, outcome.why)
    }
    const deadline = this.#scheduler.afterIn(from.host, HANDSHAKE_MS_MAX, 'timer', () =>
      end({ why: `no Hello within ${HANDSHAKE_MS_MAX} ms` }),
    )
    known.isDialing = true
    if (this.#wire.isRefused(to)) {
      const why = 'nothing listens there'
      this.#scheduler.afterIn(from.host, REFUSAL_MS, 'message', () => end({ why }))
      return
    }
    const own = ownHello(from, lane, to)
    const said = encodePeerValue(hello, own)
    this.#wire.carry(from, to, said.values.byteLength, (target) => {
      void this.#welcome(target, from, decodePeerValue(hello, said), (answer) => {
        if (!isOver) void this.#hearAnswer({ from, target, own }, answer).then(end)
      })
    })
  }

  /** The side that was connected to; `answer` is called where the other side hears it. */
  async #welcome(
    target: Endpoint,
    from: Endpoint,
    said: Hello,
    answer: (answer: Hello | HelloRefusal) => void,
  ): Promise<void> {
    const lane = said.lane as GreetedLane
    if (target.greeter === undefined) return
    const refused = await target.greeter.admissions[lane].admit(said, said.store)
    if (!lives(target)) return
    const words =
      refused === undefined
        ? encodePeerValue(hello, ownHello(target, lane, said.store))
        : encodePeerValue(refusal, refused)
    if (refused === undefined) acquaintance(target, said.store, lane).agree(from.life)
    this.#wire.carry(target, from.self, words.values.byteLength, (asker) => {
      if (asker !== from) return
      answer(
        refused === undefined ? decodePeerValue(hello, words) : decodePeerValue(refusal, words),
      )
    })
  }

  async #hearAnswer(
    {
      from,
      target,
      own,
    }: { readonly from: Endpoint; readonly target: Endpoint; readonly own: Hello },
    answer: Hello | HelloRefusal,
  ): Promise<{ readonly life: number } | { readonly why: string }> {
    const lane = own.lane as GreetedLane
    const admission = from.greeter?.admissions[lane]
    if (admission === undefined) return { why: 'it says no Hello' }
    if ('why' in answer) {
      admission.hearRefusal(answer, target.self, target.self)
      return { why: `refused there: ${answer.why}` }
    }
    const refused = await admission.admit(answer, target.self)
    const isOutdated = admission.known(target.self).incarnation !== own.known.incarnation
    if (refused === undefined && !isOutdated) {
      this.#wire.agreed(lane, [from.self, target.self])
      return { life: target.life }
    }
    if (lives(from)) this.#reset(from, target, lane)
    return refused ?? { why: 'it has started again' }
  }
}

function acquaintance(of: Endpoint, store: StoreId, lane: GreetedLane): Acquaintance {
  const name = `${store} ${lane}`
  const known = of.acquaintances.get(name) ?? new Acquaintance()
  of.acquaintances.set(name, known)
  return known
}

function lives({ host, life }: Endpoint): boolean {
  return host.life === life
}

function ownHello({ greeter }: Endpoint, lane: GreetedLane, to: StoreId): Hello {
  if (greeter === undefined) throw new Error('Who says no Hello greets nobody')
  const { name, admissions } = greeter
  const protocols = { protocolMin: PROTOCOL_VERSION_MIN, protocolMax: PROTOCOL_VERSION }
  return { ...name, ...protocols, lane, to, known: admissions[lane].known(to) }
}
