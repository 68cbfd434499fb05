/**
 * The log of a partition, as whoever evaluates commands sees it.
 *
 * @module
 */

import type { Effects } from '../wire/stored/effects.ts'

/** Orders effects, makes them durable and applies them. */
export interface PartitionLog {
  /**
   * Resolves once the effects are durable on a write quorum and applied here. Entries take effect in
   * the order of the calls. Never rejects for a failed disk: that ends the process.
   */
  propose(opId: Uint8Array, effects: Effects): Promise<void>
}
