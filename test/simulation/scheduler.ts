/**
 * Virtual time: everything that happens in a simulated region is an event in this queue.
 *
 * Product code runs between two events, until nothing is left of it but promises that a later event
 * resolves; so the order of events, and with it the whole run, follows from the seed alone. The
 * hash over all events is what two runs of one seed are compared by.
 *
 * @module
 */

import { waitingTurnCount } from '@granary/storage-node/base/turn'
import type { Host } from './host.ts'

/** What an event is, for the trace. */
export const EVENT_KINDS = {
  timer: 1,
  message: 2,
  disk: 3,
  engine: 4,
  config: 5,
  fault: 6,
  client: 7,
  check: 8,
} as const
export type EventKind = keyof typeof EVENT_KINDS

/** Something that will happen, unless it is cancelled or its process ends before. */
export interface SimulatedEvent {
  timeMs: number
  /** Orders events of the same time. */
  order: number
  readonly kind: EventKind
  /** Where it happens; undefined: outside of all machines. */
  readonly host: Host | undefined
  /** The process it belongs to; 0: whichever runs there by then. */
  readonly life: number
  action: (() => void) | undefined
}

/** The queue and the clock that it drives. */
export class Scheduler {
  readonly #heap = new EventHeap()
  readonly #hash = new TraceHash()
  /** Called with what an event has thrown, as an uncaught exception of a process is. */
  onError: (host: Host | undefined, error: unknown) => void = rethrow
  #nowMs = 0
  #order = 0
  #eventCount = 0

  /** Milliseconds since the run began, as nobody within the region can read them. */
  get nowMs(): number {
    return this.#nowMs
  }

  get eventCount(): number {
    return this.#eventCount
  }

  /** Equal for two runs in which the same happened at the same times. */
  get traceHash(): string {
    return this.#hash.text
  }

  /** Makes something of what happens part of the trace. */
  note(value: number): void {
    this.#hash.mix(value)
  }

  /** In `delayMs`, outside of all machines. */
  after(delayMs: number, kind: EventKind, action: () => void): SimulatedEvent {
    return this.#add(delayMs, kind, undefined, 0, action)
  }

  /** In `delayMs`, in whichever process runs on the machine by then. */
  afterOn(host: Host, delayMs: number, kind: EventKind, action: () => void): SimulatedEvent {
    return this.#add(delayMs, kind, host, 0, action)
  }

  /** In `delayMs`, in the process that runs on the machine now. */
  afterIn(host: Host, delayMs: number, kind: EventKind, action: () => void): SimulatedEvent {
    return this.#add(delayMs, kind, host, host.life, action)
  }

  /** Lets everything happen until `untilMs`, or until `isOver`. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      const next = this.#heap.first
      if (next === undefined || next.timeMs > untilMs || isOver()) break
      this.#heap.removeFirst()
      if (this.#isDue(next)) await this.#happen(next)
    }
    if (!isOver()) this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  #add(
    delayMs: number,
    kind: EventKind,
    host: Host | undefined,
    life: number,
    action: () => void,
  ): SimulatedEvent {
    const timeMs = this.#nowMs + Math.max(0, delayMs)
    const event = { timeMs, order: this.#order++, kind, host, life, action }
    this.#heap.add(event)
    return event
  }

  /** A machine that stands still gets its events when it goes on, in their order. */
  #isDue(event: SimulatedEvent): boolean {
    const { host, life } = event
    if (event.action === undefined) return false
    if (host === undefined) return true
    if (host.life === 0 ? life !== 0 : life !== 0 && life !== host.life) return false
    if (host.readyMs <= event.timeMs) return true
    event.timeMs = host.readyMs
    event.order = this.#order++
    this.#heap.add(event)
    return false
  }

  async #happen(event: SimulatedEvent): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, event.timeMs)
    this.#eventCount++
    this.#hash.mixEvent(EVENT_KINDS[event.kind], event.host?.index ?? -1, this.#nowMs)
    event.host?.work(this.#nowMs)
    try {
      event.action?.()
    } catch (error) {
      this.onError(event.host, error)
    }
    do await new Promise<void>(nextTurn)
    while (waitingTurnCount() > 0)
  }
}

/** Takes an event back. */
export function cancel(event: SimulatedEvent): void {
  event.action = undefined
}

function rethrow(_host: Host | undefined, error: unknown): never {
  throw error
}

function nextTurn(resolve: () => void): void {
  setImmediate(resolve)
}

/** A binary heap by time, then by order. */
class EventHeap {
  readonly #events: SimulatedEvent[] = []

  get first(): SimulatedEvent | undefined {
    return this.#events[0]
  }

  add(event: SimulatedEvent): void {
    const events = this.#events
    let at = events.length
    events.push(event)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = events[parentAt] as SimulatedEvent
      if (!isBefore(event, parent)) break
      events[at] = parent
      at = parentAt
    }
    events[at] = event
  }

  removeFirst(): void {
    const events = this.#events
    const last = events.pop()
    if (last === undefined || events.length === 0) return
    let at = 0
    for (;;) {
      let childAt = at * 2 + 1
      if (childAt >= events.length) break
      const right = events[childAt + 1]
      if (right !== undefined && isBefore(right, events[childAt] as SimulatedEvent)) childAt++
      const child = events[childAt] as SimulatedEvent
      if (!isBefore(child, last)) break
      events[at] = child
      at = childAt
    }
    events[at] = last
  }
}

function isBefore(a: SimulatedEvent, b: SimulatedEvent): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order)
}

/** A running hash of 64 bits; not for secrets. */
class TraceHash {
  readonly #number = new Float64Array(1)
  readonly #words = new Uint32Array(this.#number.buffer)
  #low = 0x811c9dc5
  #high = 0x9e3779b9

  get text(): string {
    return [this.#high, this.#low].map((word) => word.toString(16).padStart(8, '0')).join('')
  }

  mixEvent(kind: number, host: number, timeMs: number): void {
    this.#mixWord(kind * 64 + host)
    this.mix(timeMs)
  }

  mix(value: number): void {
    this.#number[0] = value
    this.#mixWord(this.#words[0] ?? 0)
    this.#mixWord(this.#words[1] ?? 0)
  }

  #mixWord(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193) >>> 0
    this.#high = Math.imul(this.#high ^ (this.#low >>> 15), 0x85ebca6b) >>> 0
  }
}
