/**
 * What the reconcilers work with.
 *
 * @module
 */

import type { Clock } from '@granary/storage-node/base/clock'
import type { Logger } from '@granary/storage-node/base/logger'
import type { Random } from '@granary/storage-node/base/random'
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts'
import type { ObjectName } from '../resources/kubernetes-object.ts'
import type { PodAdmin, RegionAdmin } from '../storage-nodes/region-admin.ts'
import type { RegionClientOptions } from '../storage-nodes/region-client.ts'

/** The storage nodes of a region, as the operator talks to them. */
export type RegionConnection = RegionAdmin & PodAdmin

export interface ReconcilerParts {
  readonly api: KubernetesApi
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The image that storage nodes run. */
  readonly storageNodeImage: string
  /** The namespace that the operator runs in. */
  readonly operatorNamespace: string
  /** The Region of resources that name none. */
  readonly defaultRegion: Required<ObjectName>
  /** Placement groups of a new region. Default: `REGION_GROUP_COUNT`. */
  readonly groupCount?: number
  /** Length of the key that callbacks are signed with. Default: 2048. */
  readonly callbackKeyBits?: number
  /** Opens the admin API of a region. */
  readonly openRegion: (options: Omit<RegionClientOptions, 'clock'>) => RegionConnection
}
