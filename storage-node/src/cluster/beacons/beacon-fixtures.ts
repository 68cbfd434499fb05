/**
 * Stores that exchange beacons over a network and by clocks that tests move.
 *
 * @module
 */

import type { Clock, Timer } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import type { ManualClock } from '../../base/manual-clock.ts'
import type { Zone } from '../../contract/configuration.ts'
import type {
  Ballot,
  Epoch,
  Incarnation,
  PartitionId,
  StoreId,
} from '../../contract/identifiers.ts'
import type { BeaconStatus } from '../../wire/peer/beacon-codec.ts'
import type { BeaconChannel } from '../transport/beacon-channel.ts'
import { InlineLeases } from './inline-leases.ts'

export const P1 = 1 as PartitionId
export const P2 = 2 as PartitionId
export const [A, B, C] = ['a', 'b', 'c'].map(
  (letter) => `00000000-0000-4000-8000-00000000000${letter}`,
) as [StoreId, StoreId, StoreId]
export const members = [A, B, C].map((store) => ({ store, zone: store as string as Zone }))

export const idleStatus: BeaconStatus = {
  hybridMs: 0,
  diskUsedPercent: 0,
  loadPercent: 0,
  syncedGroup: 0,
  mapVersion: 0,
}

export function ballot(epoch: number, activation = 1): Ballot {
  return { epoch: epoch as Epoch, activation }
}

/** A machine's clocks: the monotonic one goes at a rate of its own, the wall clock may be set. */
export class MachineClock implements Clock {
  readonly #time: ManualClock
  readonly #rate: number
  readonly #originMs: number
  wallOffsetMs = 0
  /** The monotonic clock stood still for so long. */
  lostMs = 0
  #isRunning = true

  constructor(time: ManualClock, rate: number, originMs: number) {
    this.#time = time
    this.#rate = rate
    this.#originMs = originMs
  }

  nowMs(): number {
    return this.#time.nowMs() + this.wallOffsetMs
  }

  monotonicMs(): number {
    return this.#originMs + this.#time.monotonicMs() * this.#rate - this.lostMs
  }

  schedule(delayMs: number, callback: () => void): Timer {
    return this.#time.schedule(delayMs / this.#rate, () => {
      if (this.#isRunning) callback()
    })
  }

  /** Its process has ended. */
  end(): void {
    this.#isRunning = false
  }
}

/** What becomes of a beacon on its way: after how many milliseconds it arrives, perhaps often. */
export type Fate = (from: StoreId, to: StoreId) => readonly number[]

/** Carries beacons between the processes that run now. */
export class BeaconNetwork {
  readonly #time: ManualClock
  readonly #listeners = new Map<StoreId, (from: StoreId, bytes: Uint8Array) => void>()
  fate: Fate = () => [1]
  sentCount = 0
  sentBytes = 0

  constructor(time: ManualClock) {
    this.#time = time
  }

  join(self: StoreId): BeaconChannel {
    return {
      send: (to, bytes) => this.#send(self, to, bytes),
      onBeacon: (listener) => void this.#listeners.set(self, listener),
    }
  }

  leave(self: StoreId): void {
    this.#listeners.delete(self)
  }

  #send(from: StoreId, to: StoreId, bytes: Uint8Array): void {
    this.sentCount++
    this.sentBytes += bytes.byteLength
    for (const delayMs of this.fate(from, to)) {
      this.#time.schedule(delayMs, () => this.#listeners.get(to)?.(from, bytes))
    }
  }
}

export interface InlineStoreOptions {
  readonly time: ManualClock
  readonly network: BeaconNetwork
  readonly self: StoreId
  readonly incarnation?: number
  readonly known?: ReadonlyMap<StoreId, Incarnation>
  readonly clock?: Clock
  readonly lastSyncMs?: () => number
}

/** One process of a store. */
export function openInlineLeases(options: InlineStoreOptions): InlineLeases {
  const clock = options.clock ?? options.time
  return new InlineLeases({
    self: options.self,
    incarnation: (options.incarnation ?? 1) as Incarnation,
    incarnations: options.known ?? new Map(),
    clock,
    channel: options.network.join(options.self),
    logger: silentLogger,
    peers: [A, B, C].filter((store) => store !== options.self),
    status: () => idleStatus,
    lastSyncMs: options.lastSyncMs ?? (() => clock.monotonicMs()),
  })
}
