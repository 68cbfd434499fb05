/**
 * The resources of ours, in the order in which people meet them.
 *
 * @module
 */

import { accessKeys } from './access-key.ts'
import { buckets } from './bucket.ts'
import type { ResourceDefinition } from './definition.ts'
import { partitions } from './partition.ts'
import { placementMaps } from './placement-map.ts'
import { regions } from './region.ts'
import { storageNodes } from './storage-node.ts'

/** Those that people write. */
export const userResources: readonly ResourceDefinition[] = [regions, buckets, accessKeys]

/** All of them. */
export const allResources: readonly ResourceDefinition[] = [
  ...userResources,
  ...[partitions, storageNodes, placementMaps],
]
