/**
 * What Buckets and AccessKeys have in common: they are for a Region, and hear of its changes.
 *
 * @module
 */

import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts'
import { isTrue } from '../resources/conditions.ts'
import type { Condition } from '../resources/conditions.ts'
import type { KubernetesObject, ResourceType } from '../resources/kubernetes-object.ts'
import { keyOf } from '../resources/kubernetes-object.ts'
import { regions } from '../resources/region.ts'
import type { ControllerSource } from '../runtime/controller.ts'
import type { ReconcilerParts } from './parts.ts'
import { References } from './references.ts'
import { regionName, type RegionRef } from './region-access.ts'

/** All objects of a kind; each concerns itself. Who refers to which Region is noted on the way. */
export function dependentSource(
  parts: ReconcilerParts,
  type: ResourceType<KubernetesObject>,
  references: References,
): ControllerSource {
  return {
    watch: (listener) =>
      parts.api.watch(
        type,
        {},
        {
          changed(object) {
            references.set(keyOf(object.metadata), regionKeyOf(object, parts))
            listener.changed(object)
          },
          removed(object) {
            references.set(keyOf(object.metadata), undefined)
            listener.removed(object)
          },
        },
      ),
    keysOf: ({ metadata }) => [keyOf(metadata)],
  }
}

/** The key of the Region that an object is for. */
export function regionKeyOf(object: KubernetesObject, parts: ReconcilerParts): string {
  return keyOf(regionName(refOf(object), parts))
}

/** Regions, for those who refer to them: woken when a Region comes, goes or becomes ready or not. */
export function regionSource(api: KubernetesApi, references: References): ControllerSource {
  const seen = new Map<string, string>()
  return {
    watch: (listener) =>
      api.watch(
        regions,
        {},
        {
          changed(object) {
            const key = keyOf(object.metadata)
            const state = stateOf(object)
            // Its status changes all the time; what matters here seldom does.
            if (seen.get(key) === state) return
            seen.set(key, state)
            listener.changed(object)
          },
          removed(object) {
            seen.delete(keyOf(object.metadata))
            listener.removed(object)
          },
        },
      ),
    keysOf: ({ metadata }) => references.of(keyOf(metadata)),
  }
}

/** Regions themselves, for what depends on nothing else of them. */
export function settledRegionSource(api: KubernetesApi): ControllerSource {
  const source = regionSource(api, new References())
  return { watch: source.watch, keysOf: ({ metadata }) => [keyOf(metadata)] }
}

function stateOf({ metadata, status }: KubernetesObject): string {
  const { conditions } = (status ?? {}) as { conditions?: readonly Condition[] }
  const isGoing = metadata.deletionTimestamp !== undefined
  return `${metadata.uid} ${metadata.generation} ${isGoing} ${isTrue(conditions, 'Ready')}`
}

function refOf({ spec }: KubernetesObject): RegionRef {
  const { regionRef } = (spec ?? {}) as { regionRef?: { name: string; namespace?: string } | null }
  return regionRef ? { name: regionRef.name, namespace: regionRef.namespace ?? null } : null
}
