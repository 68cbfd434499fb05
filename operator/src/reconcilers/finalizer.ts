/**
 * Holds a resource until the operator has cleaned up behind it.
 *
 * @module
 */

import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts'
import type { KubernetesObject, ResourceType } from '../resources/kubernetes-object.ts'
import { FINALIZER } from '../resources/names.ts'

/** Adds the operator's finalizer, or takes it away, unless it is so already. */
export async function holdWithFinalizer(
  api: KubernetesApi,
  type: ResourceType<KubernetesObject>,
  { metadata }: KubernetesObject,
  isHeld: boolean,
): Promise<void> {
  const { name, namespace, uid, finalizers = [] } = metadata
  if (finalizers.includes(FINALIZER) === isHeld) return
  await api.apply(type, {
    apiVersion: type.apiVersion,
    kind: type.kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      // The same object, not one of the same name made since.
      ...(uid !== undefined && { uid }),
      ...(isHeld && { finalizers: [FINALIZER] }),
    },
  })
}
