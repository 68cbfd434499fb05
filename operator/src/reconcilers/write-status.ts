/**
 * Writes what is known of a resource into its status, when it is news.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util'
import { KubernetesStatusError } from '@granary/storage-node/kubernetes/api-client'
import type { ConditionChange, Condition } from '../resources/conditions.ts'
import { setConditions } from '../resources/conditions.ts'
import type { KubernetesObject, ResourceType } from '../resources/kubernetes-object.ts'
import type { ReconcilerParts } from './parts.ts'

type WithStatus = KubernetesObject & {
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined
}

/** Fields of a status, and conditions that are to be said. */
export interface StatusChange {
  readonly conditions: readonly ConditionChange[]
  readonly fields?: Readonly<Record<string, unknown>>
  /** Everything of this generation was looked at. */
  readonly isWhole?: boolean
}

/**
 * Applies the whole status: fields that are not named any more would go. Nothing is written when
 * nothing has changed, so that a status does not wake the one who writes it. Returns the object as it
 * is then.
 */
export async function writeStatus<T extends WithStatus>(
  { api, clock }: ReconcilerParts,
  type: ResourceType<T>,
  object: T,
  { conditions, fields = {}, isWhole = true }: StatusChange,
): Promise<T> {
  const { name, namespace, uid, generation } = object.metadata
  const present = object.status ?? {}
  const said = conditions.map((condition) => ({ ...condition, observedGeneration: generation }))
  const status = withoutUndefined({
    ...present,
    ...fields,
    conditions: setConditions(present.conditions, said, clock.nowMs()),
    ...(isWhole && { observedGeneration: generation }),
  })
  if (isDeepStrictEqual(status, present)) return object
  const metadata = { name, ...(namespace !== undefined && { namespace }), ...(uid && { uid }) }
  const { apiVersion, kind } = type
  const written: KubernetesObject = { apiVersion, kind, metadata, status }
  try {
    return await api.applyStatus(type, written as T)
  } catch (error) {
    // It was deleted meanwhile.
    if (error instanceof KubernetesStatusError && error.status === 404) return object
    throw error
  }
}

/** As JSON would have it, so that it can be compared with what was read. */
function withoutUndefined(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object
}
