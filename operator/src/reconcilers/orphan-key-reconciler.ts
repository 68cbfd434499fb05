/**
 * Removes pairs from a region that no AccessKey claims any more.
 *
 * An AccessKey that is deleted while its Region is away has nobody to tell. When the Region is made again
 * over the same volumes, its pair must not work again.
 *
 * @module
 */

import { claimedKeyIds } from '../decisions/claimed-keys.ts'
import { accessKeys } from '../resources/access-key.ts'
import { keyOf, nameOfKey } from '../resources/kubernetes-object.ts'
import { regions } from '../resources/region.ts'
import type { Again, Controller } from '../runtime/controller.ts'
import type { ReconcilerParts } from './parts.ts'
import { openRegion } from './region-access.ts'
import { regionKeyOf, settledRegionSource } from './region-dependents.ts'

const RESYNC_MS = 300_000
const RETRY_MS = 5_000

/** Looks when a Region becomes ready, and now and then. */
export function orphanKeyController(parts: ReconcilerParts): Controller {
  return {
    name: 'orphan-key',
    sources: [settledRegionSource(parts.api)],
    reconcile: (key) => reconcile(parts, key),
  }
}

async function reconcile(parts: ReconcilerParts, key: string): Promise<Again | undefined> {
  const { api, logger } = parts
  const region = await api.get(regions, nameOfKey(key))
  if (region === undefined || region.metadata.deletionTimestamp !== undefined) return undefined
  if (region.status?.partitionsCreated !== true) return { afterMs: RETRY_MS }
  const open = await openRegion(parts, region)
  // In this order: what is put after the first is claimed before the second.
  const held = await open?.connection.listAccessKeys()
  if (open === undefined || held?.kind !== 'ok') return { afterMs: RETRY_MS }
  const all = await api.list(accessKeys)
  const ours = all.filter((each) => regionKeyOf(each, parts) === keyOf(region.metadata))
  const claimed = claimedKeyIds(ours)
  for (const accessKeyId of held.value) {
    if (claimed.has(accessKeyId)) continue
    const answer = await open.connection.deleteAccessKey(accessKeyId)
    if (answer.kind !== 'ok') return { afterMs: RETRY_MS }
    logger.info('A pair that no AccessKey claims is removed', { accessKeyId, region: key })
  }
  return { afterMs: RESYNC_MS }
}
