/**
 * What the operator asks of the Kubernetes API: seven calls, and a cluster or memory behind them.
 *
 * Errors are `KubernetesStatusError` for an answer that is no success (409: somebody else was faster, 422: the object
 * is refused) and `KubernetesUnreachableError` for none; both are reasons to try again later.
 *
 * @module
 */

import { KubernetesStatusError } from '@granary/storage-node/kubernetes/api-client'
import type { KubernetesObject, ObjectName, ResourceType } from '../resources/kubernetes-object.ts'

/** Objects of one kind: all of them, or some. */
export interface Selection {
  /** Undefined: those of all namespaces. */
  readonly namespace?: string
  /** Labels that an object must have, with these values. */
  readonly labels?: Readonly<Record<string, string>>
}

/** An object as it should be: what it names, it owns. */
export type Applied<T extends KubernetesObject> = Pick<T, 'metadata'> & Partial<T>

/** Refuses a deletion unless the object is still the one that was looked at. */
export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

/** What a watch calls. Nothing is told out of order for one object, but it may be told late or twice. */
export interface WatchListener {
  changed(object: KubernetesObject): void
  removed(object: KubernetesObject): void
}

export interface Watch {
  /** Resolves once everything that there was has been told. */
  readonly listed: Promise<void>
  stop(): void
}

export interface KubernetesApi {
  /** As a quorum of the cluster's store has it; undefined: there is none. */
  get<T extends KubernetesObject>(type: ResourceType<T>, name: ObjectName): Promise<T | undefined>

  /** Page by page, all of one revision. */
  list<T extends KubernetesObject>(
    type: ResourceType<T>,
    selection?: Selection,
  ): Promise<readonly T[]>

  /** Undefined: there is one of that name. */
  create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Applied<T>,
  ): Promise<T | undefined>

  /**
   * Server-side apply under `FIELD_MANAGER`, by force: makes the object, or sets the fields that are named and
   * removes those that were named last time and are not now. With a `uid` or a `resourceVersion` it is refused
   * with 409 for any other object; without a `uid` one that somebody has just deleted is made again.
   */
  apply<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>): Promise<T>

  /** The same for `status`; 404 when there is no such object. */
  applyStatus<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>): Promise<T>

  /**
   * Deletes in the background. Finalizers may hold the object back, and what it owns follows. An object that is
   * not there is deleted; with preconditions another one is refused with 409.
   */
  delete(
    type: ResourceType<KubernetesObject>,
    name: ObjectName,
    preconditions?: Preconditions,
  ): Promise<void>

  /** Follows objects for as long as it is not stopped, over everything that may break. */
  watch(type: ResourceType<KubernetesObject>, selection: Selection, listener: WatchListener): Watch
}

/** Somebody else was faster, or the object is another one by now: look again. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubernetesStatusError && error.status === 409
}

/** The API server does not take the object: no retry changes that. */
export function isRefused(error: unknown): boolean {
  return error instanceof KubernetesStatusError && error.status === 422
}

/** The path of a kind, in a namespace or in all of them. */
export function collectionPath(
  { apiVersion, plural }: ResourceType<KubernetesObject>,
  namespace: string | undefined,
): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`
}
