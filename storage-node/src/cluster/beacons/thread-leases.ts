/**
 * Leases whose beacons are sent by a thread of their own, so that a busy main loop does not lose
 * them (replication.md L6).
 *
 * The thread alone owns the grants given; what it holds and hears it writes into shared memory.
 *
 * @module
 */

import { Worker } from 'node:worker_threads'
import { unreachable } from '../../base/assert.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Fatal } from '../../base/crash.ts'
import type { Logger } from '../../base/logger.ts'
import type { Member } from '../../contract/configuration.ts'
import type { Ballot, Incarnation, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { BeaconStatus } from '../../wire/peer/beacon-codec.ts'
import type { LeaseView, Leases } from '../leases.ts'
import { SharedLeaseView, writePulse } from './shared-view.ts'
import { SharedWords } from './shared-words.ts'
import type {
  BeaconCall,
  BeaconNotice,
  BeaconPeer,
  BeaconThreadSettings,
} from './thread-messages.ts'

export interface ThreadLeasesOptions extends Omit<BeaconThreadSettings, 'memory'> {
  /** Program of the thread. */
  readonly program: URL | string
  readonly clock: Clock
  readonly logger: Logger
  /** A thread that dies is fatal: nobody knows any more what was granted. */
  readonly fatal: Fatal
  /** Makes a store's higher incarnation durable (D6). */
  readonly remember: (store: StoreId, incarnation: Incarnation) => Promise<void>
  /** Asked for every beat of the main loop. */
  readonly status: () => BeaconStatus
  /** When the last sync that succeeded was begun, by the monotonic clock. */
  readonly lastSyncMs: () => number
}

/** So often the main loop shows that it lives. */
const PULSE_INTERVAL_MS = 250

type Notice<K extends BeaconNotice['kind']> = Extract<BeaconNotice, { kind: K }>
type RefusedListener = (partition: PartitionId, member: StoreId, promised: Ballot) => void
type HeardListener = (from: StoreId, status: BeaconStatus) => void

export class ThreadLeases implements Leases {
  readonly #options: ThreadLeasesOptions
  readonly #words = new SharedWords()
  readonly #view: SharedLeaseView
  readonly #worker: Worker
  readonly #waiting = new Map<number, (untilMs: number) => void>()
  readonly #refusedListeners: RefusedListener[] = []
  readonly #heardListeners: HeardListener[] = []
  readonly #listening: Promise<number>
  #onListening: (port: number) => void = () => {}
  #pulse: Timer | undefined
  #lastToken = 0
  #isClosing = false

  constructor(options: ThreadLeasesOptions) {
    const { self, incarnation, incarnations, sockets, program, clock } = options
    this.#options = options
    this.#view = new SharedLeaseView(this.#words, clock)
    this.#listening = new Promise((resolve) => (this.#onListening = resolve))
    this.#beat()
    const { memory } = this.#words
    const workerData = { memory, self, incarnation, incarnations, sockets }
    this.#worker = new Worker(program, { workerData })
    this.#worker.on('message', (notice: BeaconNotice) => this.#onNotice(notice))
    this.#worker.on('error', (cause) => {
      options.fatal(new Error('The beacon thread failed', { cause }))
    })
    this.#worker.on('exit', () => {
      if (!this.#isClosing) options.fatal(new Error('The beacon thread ended'))
    })
    this.#worker.unref()
  }

  /** The port that takes beacons, once it does. */
  listening(): Promise<number> {
    return this.#listening
  }

  get view(): LeaseView {
    return this.#view
  }

  allow(partition: PartitionId, ballot: Ballot, to: StoreId): void {
    const slot = this.#view.slotOfPartition(partition)
    this.#call({ kind: 'allow', partition, slot, ballot, to })
  }

  revoke(partition: PartitionId): Promise<number> {
    return this.#ask((token) => ({ kind: 'revoke', token, partition }))
  }

  hold(partition: PartitionId, ballot: Ballot, members: readonly Member[]): void {
    const slot = this.#view.slotOfPartition(partition)
    const stores = members.map(({ store }) => store)
    const number = this.#view.openHold(partition, stores)
    this.#call({ kind: 'hold', partition, slot, number, ballot, members: stores })
  }

  async stop(partition: PartitionId): Promise<void> {
    this.#view.endHold(partition)
    await this.#ask((token) => ({ kind: 'stop', token, partition }))
  }

  onRefused(listener: RefusedListener): void {
    this.#refusedListeners.push(listener)
  }

  /** Called with what each beacon says of its sender. */
  onHeard(listener: HeardListener): void {
    this.#heardListeners.push(listener)
  }

  /** From now on these are the other stores of the region. */
  setPeers(others: readonly Omit<BeaconPeer, 'slot'>[]): void {
    const peers = others.map((peer) => ({ ...peer, slot: this.#view.slotOfStore(peer.store) }))
    this.#call({ kind: 'peers', peers })
  }

  /** Ends the thread; calls under way are never answered. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#pulse?.cancel()
    await this.#worker.terminate()
  }

  #beat(): void {
    const { clock, lastSyncMs, status } = this.#options
    const pulse = { tickMs: clock.monotonicMs(), lastSyncMs: lastSyncMs(), status: status() }
    writePulse(this.#words, pulse)
    this.#pulse = clock.schedule(PULSE_INTERVAL_MS, () => this.#beat())
  }

  #call(call: BeaconCall): void {
    this.#worker.postMessage(call)
  }

  #ask(callOf: (token: number) => BeaconCall): Promise<number> {
    return new Promise((resolve) => {
      const token = ++this.#lastToken
      this.#waiting.set(token, resolve)
      this.#call(callOf(token))
    })
  }

  #answer(token: number, untilMs: number): void {
    this.#waiting.get(token)?.(untilMs)
    this.#waiting.delete(token)
  }

  #onNotice(notice: BeaconNotice): void {
    switch (notice.kind) {
      case 'listening':
        return this.#onListening(notice.port)
      case 'revoked':
        return this.#answer(notice.token, notice.untilMs)
      case 'stopped':
        return this.#answer(notice.token, 0)
      case 'refused': {
        const { partition, member, promised } = notice
        return this.#refusedListeners.forEach((listener) => listener(partition, member, promised))
      }
      case 'heard':
        return this.#heardListeners.forEach((listener) => listener(notice.from, notice.status))
      case 'remember':
        return void this.#remember(notice)
      case 'log':
        return this.#options.logger[notice.level](notice.message, notice.fields)
      default:
        unreachable(notice)
    }
  }

  /** A journal that cannot be written ends the process by itself: the Hello stays unanswered. */
  async #remember({ token, store, incarnation }: Notice<'remember'>): Promise<void> {
    await this.#options.remember(store, incarnation)
    this.#call({ kind: 'remembered', token })
  }
}
