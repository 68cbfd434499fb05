/**
 * Finds the Region that a resource is for, and a way to its storage nodes.
 *
 * @module
 */

import { decoded } from '../desired/secrets.ts'
import { mayNotUse } from '../decisions/allowed-namespace.ts'
import type { Refusal } from '../decisions/refusal.ts'
import { namespaces, secrets } from '../resources/built-in.ts'
import type { ObjectName } from '../resources/kubernetes-object.ts'
import { REGION_LABEL, regionNames } from '../resources/names.ts'
import { regions, type Region } from '../resources/region.ts'
import { storageNodes, type StorageNode } from '../resources/storage-node.ts'
import type { AdminAddress } from '../storage-nodes/admin-request.ts'
import type { ReconcilerParts, RegionConnection } from './parts.ts'

/** How a resource names its Region. */
export type RegionRef = { readonly name: string; readonly namespace: string | null } | null

/** A way to a region's storage nodes, and who signs for them. */
export interface OpenRegion {
  readonly connection: RegionConnection
  /** PEM texts of everybody whom its clients may believe. */
  readonly authority: string
}

/** The Region that a reference means. */
export function regionName(
  ref: RegionRef,
  { defaultRegion }: ReconcilerParts,
): Required<ObjectName> {
  if (ref === null) return defaultRegion
  return { name: ref.name, namespace: ref.namespace ?? defaultRegion.namespace }
}

/** The Region, or undefined where there is none that stays. */
export async function findRegion(
  parts: ReconcilerParts,
  name: ObjectName,
): Promise<Region | undefined> {
  return parts.api.get(regions, name)
}

/** That a resource waits for a Region which is not there. */
export function regionMissing({ namespace, name }: ObjectName): Refusal {
  const message =
    `There is no Region ${namespace}/${name}: make it, or name another one in spec.regionRef ` +
    'of a new resource'
  return { reason: 'RegionNotFound', message }
}

/** Says why the namespace of a resource may not use the Region, or nothing. */
export async function namespaceRefusal(
  { api }: ReconcilerParts,
  region: Region,
  namespace: string,
): Promise<Refusal | undefined> {
  const isAsked = region.spec.allowedNamespaces.from === 'Selector'
  const found = isAsked ? await api.get(namespaces, { name: namespace }) : undefined
  return mayNotUse(region, namespace, found?.metadata.labels ?? {})
}

/** Opens the admin API of a Region; undefined: it has no certificates yet. */
export async function openRegion(
  parts: ReconcilerParts,
  { metadata }: Region,
): Promise<OpenRegion | undefined> {
  const { name, namespace = '' } = metadata
  const secret = await parts.api.get(secrets, {
    namespace,
    name: regionNames(name).operatorCertificate,
  })
  const texts = decoded(secret?.data)
  const [certificate, key, authority] = [texts['tls.crt'], texts['tls.key'], texts['ca.crt']]
  if (certificate === undefined || key === undefined || authority === undefined) return undefined
  const nodes = await listStorageNodes(parts, { name, namespace })
  const credentials = { certificate, key, authority }
  const addresses = [...nodes].sort(readyFirst).flatMap(adminAddress)
  return { connection: parts.openRegion({ region: name, addresses, credentials }), authority }
}

/** What the storage nodes of a Region wrote of themselves. */
export function listStorageNodes(
  { api }: ReconcilerParts,
  { name, namespace }: Required<ObjectName>,
): Promise<readonly StorageNode[]> {
  return api.list(storageNodes, { namespace, labels: { [REGION_LABEL]: name } })
}

function readyFirst(a: StorageNode, b: StorageNode): number {
  const isReady = ({ status }: StorageNode) => Number(status?.state === 'Ready')
  return isReady(b) - isReady(a)
}

function adminAddress({ spec }: StorageNode): AdminAddress[] {
  const colon = spec.adminAddress.lastIndexOf(':')
  const port = Number(spec.adminAddress.slice(colon + 1))
  return [{ pod: spec.pod, host: spec.adminAddress.slice(0, colon), port }]
}
