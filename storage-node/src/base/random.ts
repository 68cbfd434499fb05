/**
 * Chance as a collaborator.
 *
 * @module
 */

import { randomFillSync } from 'node:crypto'

/** A source of random bytes; the simulator's is seeded. */
export interface Random {
  /** Returns `count` fresh bytes. */
  bytes(count: number): Uint8Array
}

const POOL_BYTES = 4096
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

/** Cryptographically strong bytes, drawn from a pool: one system call for hundreds of identifiers. */
export const systemRandom: Random = {
  bytes(count) {
    if (count > POOL_BYTES) return randomFillSync(new Uint8Array(count))
    if (used + count > POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    used += count
    return pool.slice(used - count, used)
  },
}
