/**
 * Where a storage node runs: what differs between a process of `npm start` and a pod.
 *
 * @module
 */

import type { ExchangeObserver } from './api/http-server.ts'
import type { Clock } from './base/clock.ts'
import type { Fatal } from './base/crash.ts'
import type { Logger } from './base/logger.ts'
import type { Random } from './base/random.ts'
import type { ConfigStore } from './cluster/config-store.ts'
import type { PlacementMap, StoreEntry } from './contract/placement-map.ts'
import type { StorageNode } from './storage-node.ts'
import type { Store } from './storage/store.ts'

export interface PlaceParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly fatal: Fatal
  /** Whether this storage node is one that clients should come to. */
  readonly isReady: () => boolean
}

export interface NodePlace {
  readonly configs: ConfigStore
  /** Placement groups of the region, as in the keys of stored chunks. */
  readonly groupCount: number
  /** The placement map of before this start, for as long as the config store does not answer. */
  keptPlacement(): Promise<PlacementMap | undefined>
  /** Its store is open, and others can connect: the region can be founded on it. */
  announce(store: Store, entry: StoreEntry): void
  /** Serves clients. */
  serve(node: StorageNode, observer: ExchangeObserver): Promise<ServedApi>
  /** It serves, and grants leases. */
  becameReady(ports: { readonly httpPort: number; readonly probePort: number }): void
  /** It is about to end: clients should go elsewhere. Resolves when they had time to. */
  drain(): Promise<void>
  /** Nothing of it is used any more. */
  close(): Promise<void>
}

/** The API of one storage node. */
export interface ServedApi {
  readonly port: number
  /** Drains requests and closes connections. */
  stop(): Promise<void>
}
