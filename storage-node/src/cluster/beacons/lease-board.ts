/**
 * Where beacons write down what they bring, and replicas look it up.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { LeaseView } from '../leases.ts'
import { CLOCK_JUMP_MS } from './lease-times.ts'

/** Times are of the monotonic clock, in milliseconds; 0 for never. */
export interface LeaseBoard {
  heard(store: StoreId, ms: number): void
  held(partition: PartitionId, member: StoreId, untilMs: number): void
  /** No grant for the partition counts any more. */
  nothingHeld(partition: PartitionId): void
  granted(partition: PartitionId, untilMs: number): void
  /** The store runs with a higher incarnation than was known. */
  restarted(store: StoreId, ms: number): void
  /** Wall clock minus monotonic clock, looked at again with every beacon. */
  clockOffset(offsetMs: number): void
}

/** The board of a process that runs its beacons itself. */
export class MemoryLeaseBoard implements LeaseBoard, LeaseView {
  readonly #clock: Clock
  readonly #heardMs = new Map<StoreId, number>()
  readonly #heldMs = new Map<PartitionId, Map<StoreId, number>>()
  readonly #restartedMs = new Map<StoreId, number>()
  readonly #grantedMs = new Map<PartitionId, number>()
  #clockOffsetMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#clockOffsetMs = clockOffsetMs(clock)
  }

  heard(store: StoreId, ms: number): void {
    this.#heardMs.set(store, ms)
  }

  held(partition: PartitionId, member: StoreId, untilMs: number): void {
    let members = this.#heldMs.get(partition)
    if (members === undefined) this.#heldMs.set(partition, (members = new Map()))
    members.set(member, untilMs)
  }

  nothingHeld(partition: PartitionId): void {
    this.#heldMs.delete(partition)
  }

  granted(partition: PartitionId, untilMs: number): void {
    this.#grantedMs.set(partition, untilMs)
  }

  restarted(store: StoreId, ms: number): void {
    this.#restartedMs.set(store, ms)
  }

  clockOffset(offsetMs: number): void {
    this.#clockOffsetMs = offsetMs
  }

  heardMs(store: StoreId): number {
    return this.#heardMs.get(store) ?? 0
  }

  heldUntilMs(partition: PartitionId, member: StoreId): number {
    if (hasClockJumped(this.#clock, this.#clockOffsetMs)) return 0
    return this.#heldMs.get(partition)?.get(member) ?? 0
  }

  grantedUntilMs(partition: PartitionId): number {
    return this.#grantedMs.get(partition) ?? 0
  }

  restartedMs(store: StoreId): number {
    return this.#restartedMs.get(store) ?? 0
  }
}

export function clockOffsetMs(clock: Clock): number {
  return clock.nowMs() - clock.monotonicMs()
}

/**
 * True when one of the clocks has stood still or jumped since `offsetMs` was taken. Where a machine
 * was suspended and its monotonic clock with it, what was granted before is over.
 */
export function hasClockJumped(clock: Clock, offsetMs: number): boolean {
  return Math.abs(clockOffsetMs(clock) - offsetMs) > CLOCK_JUMP_MS
}
