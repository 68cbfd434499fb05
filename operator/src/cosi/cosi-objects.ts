/**
 * The resources that stand for what COSI asked for: a Bucket for a bucket, an AccessKey for an access.
 *
 * Their names are those that COSI gave, and an annotation says by what words they were asked for.
 *
 * @module
 */

import { accessKeys, type AccessKey } from '../resources/access-key.ts'
import { buckets, type Bucket } from '../resources/bucket.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import type { Texts } from './cosi-messages.ts'

/** Writes every field that the driver applies. */
export const COSI_MANAGER = 'granary-cosi'
/** What a resource was asked for by; one without it is not the driver's. */
const REQUEST_ANNOTATION = 'granary.dev/cosi-request'

/** It stays when its resource goes, unless COSI asks for its end. */
export function desiredBucket(
  namespace: string,
  name: string,
  spec: Bucket['spec'],
  request: Texts,
): Bucket {
  const { apiVersion, kind } = buckets
  const kept = { ...spec, deletionPolicy: 'Retain', deleteContents: false } as const
  const metadata = metadataOf(namespace, name, request)
  return { apiVersion, kind, metadata, spec: withoutNulls(kept) }
}

/** The same Bucket, whose bucket goes with it. */
export function removedBucket({ metadata, spec }: Bucket, deleteContents: boolean): Bucket {
  const { apiVersion, kind } = buckets
  const { name, namespace, labels = {}, annotations = {}, uid } = metadata
  const place = { name, ...(namespace !== undefined && { namespace }) }
  const removed = { ...spec, deletionPolicy: 'Delete', deleteContents } as const
  return {
    ...{ apiVersion, kind, spec: withoutNulls(removed) },
    metadata: { ...place, labels, annotations, ...(uid !== undefined && { uid }) },
  }
}

export function desiredAccessKey(
  namespace: string,
  name: string,
  spec: AccessKey['spec'],
  request: Texts,
): AccessKey {
  const { apiVersion, kind } = accessKeys
  return {
    apiVersion,
    kind,
    metadata: metadataOf(namespace, name, request),
    spec: withoutNulls(spec),
  }
}

/** Whether COSI asked for the object at all. */
export function isOfCosi({ metadata }: KubernetesObject): boolean {
  return metadata.annotations?.[REQUEST_ANNOTATION] !== undefined
}

/** Whether it was asked for by the same words. */
export function isSameRequest({ metadata }: KubernetesObject, desired: KubernetesObject): boolean {
  const of = ({ annotations }: KubernetesObject['metadata']) => annotations?.[REQUEST_ANNOTATION]
  return of(metadata) === of(desired.metadata)
}

/** What is read has a null where nothing is said, and an apply must not have it. */
function withoutNulls<T extends object>(spec: T): T {
  const text = JSON.stringify(spec, (_name, value: unknown) => value ?? undefined)
  return JSON.parse(text) as T
}

function metadataOf(namespace: string, name: string, request: Texts) {
  const sorted = Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    ...{ name, namespace },
    labels: { 'app.kubernetes.io/managed-by': COSI_MANAGER },
    annotations: { [REQUEST_ANNOTATION]: JSON.stringify(Object.fromEntries(sorted)) },
  }
}
