/**
 * Every controller of the operator.
 *
 * @module
 */

import type { Controller } from '../runtime/controller.ts'
import { accessKeyController } from './access-key-reconciler.ts'
import { bucketController } from './bucket-reconciler.ts'
import { endpointController } from './endpoint-reconciler.ts'
import { orphanKeyController } from './orphan-key-reconciler.ts'
import type { ReconcilerParts } from './parts.ts'
import { regionController } from './region-reconciler.ts'

export function controllers(parts: ReconcilerParts): Controller[] {
  return [
    regionController(parts),
    bucketController(parts),
    accessKeyController(parts),
    endpointController(parts),
    orphanKeyController(parts),
  ]
}
