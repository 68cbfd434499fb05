/**
 * Kubernetes objects as the operator looks at them.
 *
 * @module
 */

import type {
  KubernetesObject as SharedObject,
  ObjectMetadata as SharedMetadata,
} from '@granary/storage-node/contract/kubernetes-object'

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface ObjectMetadata extends SharedMetadata {
  readonly generateName?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Names of those who have something to do before the object may go. */
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  /** Rises with each change of `spec`. */
  readonly generation?: number
  readonly creationTimestamp?: string
  /** Present: somebody deletes it, and only finalizers hold it. */
  readonly deletionTimestamp?: string
}

export interface KubernetesObject extends SharedObject {
  readonly metadata: ObjectMetadata
}

/** Where an object is found; without a namespace it belongs to the whole cluster. */
export interface ObjectName {
  readonly namespace?: string
  readonly name: string
}

/** A kind of objects: how the API server calls it, and how one of them is read. */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> {
  /** `granary.dev/v1alpha1`, or `v1` for the core group. */
  readonly apiVersion: string
  readonly kind: string
  /** As it stands in paths. */
  readonly plural: string
  readonly isNamespaced: boolean
  /** Checks the form and fills defaults in. Throws `InvalidResourceError`. */
  read(object: KubernetesObject): T
}

/** An object that is not of the form that its definition prescribes. */
export class InvalidResourceError extends Error {
  override readonly name = 'InvalidResourceError'
}

/** The key of an object in queues and logs: `namespace/name`, or the name alone. */
export function keyOf({ namespace, name }: ObjectName): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** What `keyOf` was made of. */
export function nameOfKey(key: string): ObjectName {
  const slash = key.indexOf('/')
  return slash === -1
    ? { name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
