/**
 * Chance that repeats itself: the same seed draws the same bytes, so that a failure can be replayed.
 *
 * @module
 */

import type { Random } from './random.ts'

/** Taken once: in a sandbox such as jest's each look at a global costs a hundred multiplications. */
const { imul, min } = Math

/** A `Random` whose bytes follow from `seed` alone. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  // Mulberry32: one multiplication chain a draw, and no bad seeds.
  const drawU32 = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    bytes(count) {
      const drawn = Buffer.alloc(count)
      for (let at = 0; at < count; at += 4) {
        drawn.writeUIntLE(drawU32() % 256 ** min(4, count - at), at, min(4, count - at))
      }
      return drawn
    },
  }
}

/** Decisions drawn from a `Random`. */
export class Dice {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** A whole number from 0 to `end` - 1; `end` is at most 2^32. */
  below(end: number): number {
    const bytes = this.#random.bytes(4)
    return Math.floor((Buffer.from(bytes).readUInt32LE(0) / 2 ** 32) * end)
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.below(2 ** 32) < probability * 2 ** 32
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0]
  }
}
