/**
 * Kubernetes objects as far as the storage node looks at them.
 *
 * @module
 */

export interface ObjectMetadata {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly labels?: Readonly<Record<string, string>>
}

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMetadata
  readonly spec?: unknown
  readonly status?: unknown
}

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
