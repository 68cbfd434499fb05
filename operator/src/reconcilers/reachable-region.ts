/**
 * The way from a Bucket or an AccessKey to the storage nodes of its Region, with everything that may
 * stand in it.
 *
 * @module
 */

import type { Refusal } from '../decisions/refusal.ts'
import { findCondition } from '../resources/conditions.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import type { Region } from '../resources/region.ts'
import type { ReconcilerParts } from './parts.ts'
import {
  findRegion,
  namespaceRefusal,
  openRegion,
  regionMissing,
  regionName,
  type OpenRegion,
  type RegionRef,
} from './region-access.ts'

export type RegionWay =
  | ({ readonly kind: 'open'; readonly region: Region } & OpenRegion)
  /** There is none, or it takes its data along: nothing of it can or need be undone. */
  | { readonly kind: 'gone'; readonly refusal: Refusal }
  /** It has never had storage nodes that could have taken anything. */
  | { readonly kind: 'unfounded'; readonly refusal: Refusal }
  /** It does not allow the namespace; what is there can be reached all the same. */
  | ({
      readonly kind: 'forbidden'
      readonly region: Region
      readonly refusal: Refusal
    } & OpenRegion)

/** Looks for the way. */
export async function findWay(
  parts: ReconcilerParts,
  { metadata }: KubernetesObject,
  ref: RegionRef,
): Promise<RegionWay> {
  const name = regionName(ref, parts)
  const region = await findRegion(parts, name)
  if (region === undefined) return { kind: 'gone', refusal: regionMissing(name) }
  if (region.metadata.deletionTimestamp !== undefined) {
    return { kind: 'gone', refusal: regionGoing(region) }
  }
  const open = await openRegion(parts, region)
  if (open === undefined || region.status?.partitionsCreated !== true) {
    return { kind: 'unfounded', refusal: regionNotReady(region) }
  }
  const refusal = await namespaceRefusal(parts, region, metadata.namespace ?? '')
  if (refusal !== undefined) return { kind: 'forbidden', region, refusal, ...open }
  return { kind: 'open', region, ...open }
}

function regionGoing({ metadata }: Region): Refusal {
  const message = `Region ${metadata.namespace}/${metadata.name} is being deleted`
  return { reason: 'RegionDeleted', message }
}

function regionNotReady({ metadata, status }: Region): Refusal {
  const why = findCondition(status?.conditions, 'Ready')?.message ?? 'it was just made'
  const message = `Region ${metadata.namespace}/${metadata.name} is not ready: ${why}`
  return { reason: 'RegionNotReady', message }
}
