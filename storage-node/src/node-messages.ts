/**
 * What a storage node tells the process that started it, over Node's channel between the two.
 *
 * @module
 */

import type { StoreEntry } from './contract/placement-map.ts'

export type NodeMessage =
  /** Its store is open, and others can connect: the region can be founded on it. */
  | { readonly kind: 'opened'; readonly entry: StoreEntry }
  /** It serves. */
  | { readonly kind: 'ready'; readonly httpPort: number; readonly adminPort: number }
