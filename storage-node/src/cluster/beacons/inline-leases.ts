/**
 * Leases whose beacons are sent by the main loop: for stores that share a process, for tests and
 * for the simulator.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Member } from '../../contract/configuration.ts'
import type { Ballot, Incarnation, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { BeaconStatus } from '../../wire/peer/beacon-codec.ts'
import type { LeaseView, Leases } from '../leases.ts'
import type { BeaconChannel } from '../transport/beacon-channel.ts'
import { BeaconExchange, type BeaconHost } from './beacon-exchange.ts'
import { GrantsGiven } from './grants-given.ts'
import { GrantsHeld } from './grants-held.ts'
import { MemoryLeaseBoard } from './lease-board.ts'
import { GRAY_FAILURE_MS } from './lease-times.ts'
import { PeerLives } from './peer-lives.ts'

export interface InlineLeasesOptions {
  readonly self: StoreId
  readonly incarnation: Incarnation
  readonly clock: Clock
  readonly channel: BeaconChannel
  readonly logger: Logger
  /** The highest incarnation of each store that was on record when this process started. */
  readonly incarnations: ReadonlyMap<StoreId, Incarnation>
  /** The other stores of the region. */
  readonly peers: readonly StoreId[]
  /** Asked before each beacon. */
  readonly status: () => BeaconStatus
  /** When the last sync that succeeded was begun, by the monotonic clock. */
  readonly lastSyncMs: () => number
}

type RefusedListener = (partition: PartitionId, member: StoreId, promised: Ballot) => void
type HeardListener = (from: StoreId, status: BeaconStatus) => void

export class InlineLeases implements Leases {
  readonly #clock: Clock
  readonly #given: GrantsGiven
  readonly #held: GrantsHeld
  readonly #exchange: BeaconExchange
  readonly #board: MemoryLeaseBoard
  readonly #refusedListeners: RefusedListener[] = []
  readonly #heardListeners: HeardListener[] = []
  #isSendDue = false

  constructor(options: InlineLeasesOptions) {
    const { clock, logger, channel, incarnation } = options
    this.#clock = clock
    const board = new MemoryLeaseBoard(clock)
    const given = new GrantsGiven(board)
    const held = new GrantsHeld(board)
    const lives = new PeerLives(options.incarnations, board)
    const host = this.#host(options)
    this.#board = board
    this.#given = given
    this.#held = held
    const parts = { given, held, lives, board, host }
    this.#exchange = new BeaconExchange({ clock, logger, channel, incarnation, ...parts })
    this.#exchange.setPeers(options.peers)
  }

  get view(): LeaseView {
    return this.#board
  }

  allow(partition: PartitionId, ballot: Ballot, to: StoreId): void {
    this.#given.allow(partition, ballot, to)
  }

  async revoke(partition: PartitionId): Promise<number> {
    return this.#given.revoke(partition)
  }

  hold(partition: PartitionId, ballot: Ballot, members: readonly Member[]): void {
    const stores = members.map(({ store }) => store)
    this.#held.hold(partition, ballot, stores, this.#clock.monotonicMs())
    this.#sendSoon()
  }

  async stop(partition: PartitionId): Promise<void> {
    this.#held.stop(partition)
  }

  onRefused(listener: RefusedListener): void {
    this.#refusedListeners.push(listener)
  }

  /** Called with what each beacon says of its sender. */
  onHeard(listener: HeardListener): void {
    this.#heardListeners.push(listener)
  }

  setPeers(stores: readonly StoreId[]): void {
    this.#exchange.setPeers(stores)
  }

  /** Ends the beacons. */
  close(): void {
    this.#exchange.stop()
  }

  /** Partitions that are held in one turn go into one beacon. */
  #sendSoon(): void {
    if (this.#isSendDue) return
    this.#isSendDue = true
    void Promise.resolve().then(() => {
      this.#isSendDue = false
      this.#exchange.sendNow()
    })
  }

  #host({ clock, status, lastSyncMs }: InlineLeasesOptions): BeaconHost {
    return {
      status,
      isAlive: () => clock.monotonicMs() - lastSyncMs() <= GRAY_FAILURE_MS,
      heard: (...news) => this.#heardListeners.forEach((listener) => listener(...news)),
      refused: (...refusal) => this.#refusedListeners.forEach((listener) => listener(...refusal)),
    }
  }
}
