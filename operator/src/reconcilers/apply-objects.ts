/**
 * Makes desired objects true in the cluster.
 *
 * @module
 */

import { assert } from '@granary/storage-node/base/assert'
import type { DesiredObject } from '../desired/kubernetes-object.ts'
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts'
import {
  configMaps,
  endpointSlices,
  networkPolicies,
  podDisruptionBudgets,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
} from '../resources/built-in.ts'
import type { KubernetesObject, ResourceType } from '../resources/kubernetes-object.ts'

const TYPES: readonly ResourceType<KubernetesObject>[] = [
  ...[serviceAccounts, roles, roleBindings, secrets, services, endpointSlices],
  ...[configMaps, networkPolicies, podDisruptionBudgets, statefulSets],
]

/** Applies them in their order: what others need stands first. */
export async function applyObjects(
  api: KubernetesApi,
  objects: readonly DesiredObject[],
): Promise<void> {
  for (const object of objects) await api.apply(typeOf(object), object)
}

function typeOf({ apiVersion, kind }: DesiredObject): ResourceType<KubernetesObject> {
  const type = TYPES.find((known) => known.kind === kind && known.apiVersion === apiVersion)
  assert(type !== undefined, `the operator makes objects of kind ${kind}`)
  return type
}
