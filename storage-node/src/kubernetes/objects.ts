/**
 * Lists and watches of the Kubernetes API as far as they are looked at.
 *
 * @module
 */

import type { KubernetesObject } from '../contract/kubernetes-object.ts'

/** A page of objects. */
export interface ObjectList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: readonly KubernetesObject[]
}

/** A line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  /** With `ERROR` a status with its code. */
  readonly object: KubernetesObject & { readonly code?: number; readonly message?: string }
}

/** All objects of one kind in a namespace, or those with labels or a name. */
export interface ObjectSelection {
  /** For example `/apis/granary.dev/v1alpha1/namespaces/granary/partitions`. */
  readonly path: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}
