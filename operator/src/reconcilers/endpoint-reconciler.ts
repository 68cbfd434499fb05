/**
 * Names the buckets of a region inside the cluster.
 *
 * @module
 */

import {
  assignBuckets,
  desiredEndpointSlices,
  SLICE_MANAGER,
  sliceNumber,
  type SliceAssignment,
} from '../desired/endpoint-slices.ts'
import { buckets } from '../resources/bucket.ts'
import { endpointSlices, services } from '../resources/built-in.ts'
import { nameOfKey, type KubernetesObject } from '../resources/kubernetes-object.ts'
import { REGION_LABEL, regionNames } from '../resources/names.ts'
import { regions, type Region } from '../resources/region.ts'
import type { Again, Controller } from '../runtime/controller.ts'
import { applyObjects } from './apply-objects.ts'
import type { ReconcilerParts, RegionConnection } from './parts.ts'
import { openRegion } from './region-access.ts'
import { regionKeyOf, settledRegionSource } from './region-dependents.ts'
import { regionOwner } from './region-plans.ts'

/** Buckets that are made through the REST API have their name this soon. */
const RESYNC_MS = 30_000
const PAGE_BUCKETS = 1_000

/** Woken by Buckets, and now and then for those that have no resource. */
export function endpointController(parts: ReconcilerParts): Controller {
  return {
    name: 'endpoint',
    sources: [
      settledRegionSource(parts.api),
      {
        watch: (listener) => parts.api.watch(buckets, {}, listener),
        keysOf: (bucket) => [regionKeyOf(bucket, parts)],
      },
    ],
    reconcile: (key) => reconcile(parts, key),
  }
}

async function reconcile(parts: ReconcilerParts, key: string): Promise<Again | undefined> {
  const region = await parts.api.get(regions, nameOfKey(key))
  if (region === undefined || region.metadata.deletionTimestamp !== undefined) return undefined
  const address = await gatewayAddress(parts, region)
  const open = await openRegion(parts, region)
  if (address === undefined || open === undefined) return { afterMs: RESYNC_MS }
  const names = await listBuckets(open.connection)
  // Without an answer every name stays as it is.
  if (names !== undefined) await applySlices(parts, region, address, names)
  return { afterMs: RESYNC_MS }
}

async function applySlices(
  { api }: ReconcilerParts,
  region: Region,
  address: string,
  names: readonly string[],
): Promise<void> {
  const { name, namespace = '' } = region.metadata
  const labels = { [REGION_LABEL]: name, ...SLICE_MANAGER }
  const present = await api.list(endpointSlices, { namespace, labels })
  const numbered = new Map(
    present.flatMap((slice) => {
      const number = sliceNumber(name, slice.metadata.name)
      return number === undefined ? [] : [[number, slice.endpoints ?? []] as const]
    }),
  )
  const assignment = assignBuckets(names, assignmentOf(numbered))
  const plan = { region: name, namespace, owner: regionOwner(region) }
  const desired = desiredEndpointSlices(plan, address, assignment)
  await applyObjects(api, desired)
  const wanted = new Set(desired.map(({ metadata }) => metadata.name))
  for (const { metadata } of present) {
    if (!wanted.has(metadata.name)) await api.delete(endpointSlices, metadata)
  }
}

function assignmentOf(
  slices: ReadonlyMap<number, readonly { readonly hostname?: string | undefined }[]>,
): SliceAssignment {
  const hostnames = (endpoints: readonly { readonly hostname?: string | undefined }[]) =>
    endpoints.flatMap(({ hostname }) => hostname ?? [])
  return new Map([...slices].map(([number, endpoints]) => [number, hostnames(endpoints)]))
}

async function gatewayAddress(
  { api }: ReconcilerParts,
  { metadata }: KubernetesObject,
): Promise<string | undefined> {
  const { name, namespace = '' } = metadata
  const service = await api.get(services, { namespace, name: regionNames(name).gatewayService })
  return service?.spec?.clusterIP
}

/** Every bucket of the region; undefined: it did not answer. */
async function listBuckets(connection: RegionConnection): Promise<readonly string[] | undefined> {
  const names: string[] = []
  for (;;) {
    const answer = await connection.listBuckets(names.at(-1) ?? '', PAGE_BUCKETS)
    if (answer.kind !== 'ok') return undefined
    names.push(...answer.value)
    if (answer.value.length < PAGE_BUCKETS) return names
  }
}
