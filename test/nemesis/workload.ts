/**
 * What the clients of a run use: buckets, keys, contents.
 *
 * A bucket lies in one partition as long as ranges are not split, so many buckets with few keys
 * each reach most partitions.
 *
 * @module
 */

import type { SeededRandom } from '../crash/seeded-random.ts'
import { blockOf } from '../simulation/contents.ts'

const KIB = 1024
export const PART_BYTES_MIN = 100 * KIB
const PLAIN_KEY_COUNT = 8
const APPENDED_KEY_COUNT = 2
const LASTING_BUCKET_COUNT = 18
const SIZES_BYTES: readonly (readonly [min: number, max: number])[] = [
  ...Array.from({ length: 20 }, () => [16, 200] as const),
  ...Array.from({ length: 4 }, () => [KIB, 4 * KIB] as const),
  [5 * KIB, 20 * KIB],
  [60 * KIB, 100 * KIB],
]

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`)

/** There from the beginning to the end. */
export const LASTING_BUCKETS = numbered('lasting-', LASTING_BUCKET_COUNT)
/** Made and deleted again and again. */
export const BRIEF_BUCKETS = numbered('brief-', 2)
export const PLAIN_KEYS = numbered('k', PLAIN_KEY_COUNT)
/** Appended to and never put, so that most calls of both kinds succeed. */
export const APPENDED_KEYS = numbered('append', APPENDED_KEY_COUNT)

/** One piece of content; no other has its number. */
export interface Block {
  readonly block: number
  readonly bytes: Uint8Array
}

/** What all clients of a run share. */
export class Workload {
  /** Of objects that are appended to: their lengths, as last heard. */
  readonly lengths = new Map<string, number>()
  #blockCount = 0

  newBlock(random: SeededRandom, sizeBytes?: number): Block {
    const [min, max] = random.pick(SIZES_BYTES)
    const block = this.#blockCount++
    return { block, bytes: blockOf(block, sizeBytes ?? random.between(min, max)) }
  }
}
