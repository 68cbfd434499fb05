/**
 * The lease board of a beacon thread: only the thread writes it, only the main loop needs it.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { LeaseBoard } from './lease-board.ts'
import { MEMBER_SLOT_COUNT, wordAt, type SharedWords } from './shared-words.ts'
import type { BeaconPeer } from './thread-messages.ts'

export class SharedLeaseBoard implements LeaseBoard {
  readonly #words: SharedWords
  readonly #storeSlots = new Map<StoreId, number>()
  readonly #partitionSlots = new Map<PartitionId, number>()
  readonly #members = new Map<PartitionId, readonly StoreId[]>()

  constructor(words: SharedWords) {
    this.#words = words
  }

  placeStores(peers: readonly BeaconPeer[]): void {
    for (const { store, slot } of peers) this.#storeSlots.set(store, slot)
  }

  placePartition(partition: PartitionId, slot: number): void {
    this.#partitionSlots.set(partition, slot)
  }

  /** From now on the partition's held times are those of members in this order, for this `hold`. */
  openHold(partition: PartitionId, number: number, members: readonly StoreId[]): void {
    this.nothingHeld(partition)
    this.#members.set(partition, members)
    // Last: whoever sees the number sees no time of before.
    this.#words.writeNumber(wordAt.holdNumber(this.#slotOf(partition)), number)
  }

  heard(store: StoreId, ms: number): void {
    const slot = this.#storeSlots.get(store)
    if (slot !== undefined) this.#words.writeMs(wordAt.heard(slot), ms)
  }

  restarted(store: StoreId, ms: number): void {
    const slot = this.#storeSlots.get(store)
    if (slot !== undefined) this.#words.writeMs(wordAt.restarted(slot), ms)
  }

  held(partition: PartitionId, member: StoreId, untilMs: number): void {
    const index = this.#members.get(partition)?.indexOf(member) ?? -1
    if (index === -1 || index >= MEMBER_SLOT_COUNT) return
    this.#words.writeMs(wordAt.held(this.#slotOf(partition), index), untilMs)
  }

  nothingHeld(partition: PartitionId): void {
    const slot = this.#slotOf(partition)
    for (let index = 0; index < MEMBER_SLOT_COUNT; index++) {
      this.#words.writeMs(wordAt.held(slot, index), 0)
    }
  }

  granted(partition: PartitionId, untilMs: number): void {
    this.#words.writeMs(wordAt.granted(this.#slotOf(partition)), untilMs)
  }

  clockOffset(offsetMs: number): void {
    this.#words.writeMs(wordAt.clockOffset, offsetMs)
  }

  #slotOf(partition: PartitionId): number {
    const slot = this.#partitionSlots.get(partition)
    assert(slot !== undefined, 'the main loop has given the partition a slot')
    return slot
  }
}
