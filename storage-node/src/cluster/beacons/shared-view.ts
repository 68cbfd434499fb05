/**
 * The main loop's side of the memory that it shares with the beacon thread: what beacons brought,
 * and its own pulse.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { BeaconStatus } from '../../wire/peer/beacon-codec.ts'
import type { LeaseView } from '../leases.ts'
import { hasClockJumped } from './lease-board.ts'
import { GRAY_FAILURE_MS } from './lease-times.ts'
import {
  MEMBER_SLOT_COUNT,
  PARTITION_SLOT_COUNT,
  STORE_SLOT_COUNT,
  wordAt,
  type SharedWords,
} from './shared-words.ts'

/** A `hold` that is in force. */
interface Hold {
  readonly number: number
  readonly members: ReadonlyMap<StoreId, number>
}

export class SharedLeaseView implements LeaseView {
  readonly #words: SharedWords
  readonly #clock: Clock
  readonly #stores = new Slots<StoreId>(STORE_SLOT_COUNT)
  readonly #partitions = new Slots<PartitionId>(PARTITION_SLOT_COUNT)
  readonly #holds = new Map<PartitionId, Hold>()
  #lastHold = 0

  constructor(words: SharedWords, clock: Clock) {
    this.#words = words
    this.#clock = clock
  }

  slotOfStore(store: StoreId): number {
    return this.#stores.take(store)
  }

  slotOfPartition(partition: PartitionId): number {
    return this.#partitions.take(partition)
  }

  /** From now on only held times of this call count; returns its number. */
  openHold(partition: PartitionId, members: readonly StoreId[]): number {
    const indexed = members
      .slice(0, MEMBER_SLOT_COUNT)
      .map((store, index) => [store, index] as const)
    const number = ++this.#lastHold
    this.#holds.set(partition, { number, members: new Map(indexed) })
    return number
  }

  endHold(partition: PartitionId): void {
    this.#holds.delete(partition)
  }

  heardMs(store: StoreId): number {
    const slot = this.#stores.find(store)
    return slot === undefined ? 0 : this.#words.readMs(wordAt.heard(slot))
  }

  restartedMs(store: StoreId): number {
    const slot = this.#stores.find(store)
    return slot === undefined ? 0 : this.#words.readMs(wordAt.restarted(slot))
  }

  heldUntilMs(partition: PartitionId, member: StoreId): number {
    const hold = this.#holds.get(partition)
    const index = hold?.members.get(member)
    if (hold === undefined || index === undefined) return 0
    const slot = this.#partitions.take(partition)
    // The thread may not have come to the latest call yet.
    if (this.#words.readNumber(wordAt.holdNumber(slot)) !== hold.number) return 0
    if (hasClockJumped(this.#clock, this.#words.readMs(wordAt.clockOffset))) return 0
    return this.#words.readMs(wordAt.held(slot, index))
  }

  grantedUntilMs(partition: PartitionId): number {
    const slot = this.#partitions.find(partition)
    return slot === undefined ? 0 : this.#words.readMs(wordAt.granted(slot))
  }
}

/** Numbers for names, so that words in shared memory can belong to them. */
class Slots<Name> {
  readonly #count: number
  readonly #numbers = new Map<Name, number>()

  constructor(count: number) {
    this.#count = count
  }

  /** The name's number; the next free one where it has none. */
  take(name: Name): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const next = this.#numbers.size
    assert(next < this.#count, `there are at most ${this.#count} of them`)
    this.#numbers.set(name, next)
    return next
  }

  find(name: Name): number | undefined {
    return this.#numbers.get(name)
  }
}

/** The main loop writes down that it lives, and what its beacons say of it (L6). */
export function writePulse(
  words: SharedWords,
  pulse: { readonly tickMs: number; readonly lastSyncMs: number; readonly status: BeaconStatus },
): void {
  const { hybridMs, diskUsedPercent, loadPercent, syncedGroup, mapVersion } = pulse.status
  const status = [hybridMs, diskUsedPercent, loadPercent, syncedGroup, mapVersion]
  status.forEach((value, index) => words.writeNumber(wordAt.status(index), Math.round(value)))
  words.writeMs(wordAt.lastSync, pulse.lastSyncMs)
  words.writeMs(wordAt.mainTick, pulse.tickMs)
}

/** The status of the last pulse. */
export function readStatus(words: SharedWords): BeaconStatus {
  const read = (index: number) => words.readNumber(wordAt.status(index))
  return {
    hybridMs: read(0),
    diskUsedPercent: read(1),
    loadPercent: read(2),
    syncedGroup: read(3),
    mapVersion: read(4),
  }
}

/** False when the main loop stands still, or its store has not synced anything for too long (L6). */
export function isPulseFresh(words: SharedWords, nowMs: number): boolean {
  const latest = Math.min(words.readMs(wordAt.mainTick), words.readMs(wordAt.lastSync))
  return nowMs - latest <= GRAY_FAILURE_MS
}
