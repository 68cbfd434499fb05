/**
 * What a storage node tells the process that started it, over Node's channel between the two.
 *
 * @module
 */

import type { StoreEntry } from './contract/placement-map.ts'

export type NodeMessage =
  /** Its store is open, and others can connect: the region can be founded on it. */
  | {
      readonly kind: 'opened'
      readonly entry: StoreEntry
      /** Its store is from before there were ranges: all buckets are in a single one. */
      readonly isOlderThanRanges: boolean
    }
  /** It serves. */
  | { readonly kind: 'ready'; readonly httpPort: number; readonly adminPort: number }
