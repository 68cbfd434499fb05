/**
 * Times in memory that the main loop and the beacon thread share.
 *
 * Both read the same monotonic clock (`process.hrtime`), so a time that one of them writes down
 * means the same to the other. Each word is written by one side only.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'

/** Stores that beacons are exchanged with. */
export const STORE_SLOT_COUNT = 1_024
/** Partitions that a store has replicas of. */
export const PARTITION_SLOT_COUNT = 4_096
/** Members whose grants are noted; those of a member beyond never count. */
export const MEMBER_SLOT_COUNT = 8

const MICROSECONDS = 1_000

/** Words of the thread, of the main loop, and then those of stores and partitions. */
const CLOCK_OFFSET = 0
const MAIN_TICK = 1
const LAST_SYNC = 2
const STATUS = 3
const STATUS_WORD_COUNT = 5
const STORES = STATUS + STATUS_WORD_COUNT
const STORE_WORD_COUNT = 2
const PARTITIONS = STORES + STORE_SLOT_COUNT * STORE_WORD_COUNT
const PARTITION_WORD_COUNT = 2 + MEMBER_SLOT_COUNT
const WORD_COUNT = PARTITIONS + PARTITION_SLOT_COUNT * PARTITION_WORD_COUNT

/** Where each word is. */
export const wordAt = {
  clockOffset: CLOCK_OFFSET,
  mainTick: MAIN_TICK,
  lastSync: LAST_SYNC,
  status: (index: number) => STATUS + index,
  heard: (store: number) => STORES + store * STORE_WORD_COUNT,
  restarted: (store: number) => STORES + store * STORE_WORD_COUNT + 1,
  granted: (partition: number) => PARTITIONS + partition * PARTITION_WORD_COUNT,
  /** Number of the `hold` that the held times belong to. */
  holdNumber: (partition: number) => PARTITIONS + partition * PARTITION_WORD_COUNT + 1,
  held: (partition: number, member: number) => {
    assert(member < MEMBER_SLOT_COUNT, 'the member has a word')
    return PARTITIONS + partition * PARTITION_WORD_COUNT + 2 + member
  },
} as const

/** Numbers that are read and written whole. */
export class SharedWords {
  readonly memory: SharedArrayBuffer
  readonly #words: BigInt64Array

  constructor(memory = new SharedArrayBuffer(WORD_COUNT * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#words = new BigInt64Array(memory)
  }

  readNumber(at: number): number {
    return Number(Atomics.load(this.#words, at))
  }

  writeNumber(at: number, value: number): void {
    Atomics.store(this.#words, at, BigInt(value))
  }

  readMs(at: number): number {
    return this.readNumber(at) / MICROSECONDS
  }

  writeMs(at: number, ms: number): void {
    this.writeNumber(at, Math.round(ms * MICROSECONDS))
  }
}
