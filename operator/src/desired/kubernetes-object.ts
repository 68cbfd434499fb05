/**
 * The form of a Kubernetes object that the operator makes: what every kind has, and fields of its own.
 *
 * @module
 */

import type { KubernetesObject, ObjectMetadata } from '../resources/kubernetes-object.ts'

/** An object as it should be; only the fields that are named here are the operator's. */
export interface DesiredObject extends KubernetesObject {
  readonly metadata: ObjectMetadata & { readonly namespace: string }
  readonly [field: string]: unknown
}
