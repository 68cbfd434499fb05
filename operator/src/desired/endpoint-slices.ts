/**
 * Names buckets inside the cluster: one endpoint a bucket, all at the address of the gateway's Service.
 *
 * A bucket stays in the slice where it is, so that a bucket made or deleted rewrites one slice of at
 * most 1,000 endpoints, not all of them.
 *
 * @module
 */

import { isIPv6 } from 'node:net'
import { API_GROUP } from '../resources/definition.ts'
import { regionNames } from '../resources/names.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { ownedMetadata, type RegionIdentity } from './region-metadata.ts'
import { HTTP_PORT, HTTPS_PORT } from './services.ts'

/** What the API server takes at most. */
export const SLICE_ENDPOINTS_MAX = 1_000
/**
 * Tells these slices from those that Kubernetes makes for the Services of the region: it gives them the
 * labels of their Service.
 */
export const SLICE_MANAGER = { 'endpointslice.kubernetes.io/managed-by': API_GROUP }

/** Which buckets a slice names, by its number. */
export type SliceAssignment = ReadonlyMap<number, readonly string[]>

/** The slices as they should be: number 0 is always there and names the bare endpoint too. */
export function desiredEndpointSlices(
  plan: RegionIdentity,
  gatewayAddress: string,
  assignment: SliceAssignment,
): DesiredObject[] {
  const numbers = new Set([0, ...assignment.keys()])
  return [...numbers].sort(ascending).map((number) => {
    const buckets = (assignment.get(number) ?? []).map((hostname) => ({ hostname }))
    const endpoints = number === 0 ? [{}, ...buckets] : buckets
    return desiredSlice(plan, number, gatewayAddress, endpoints)
  })
}

/** The name of a slice; `sliceNumber` reads it back. */
export function sliceName(region: string, number: number): string {
  return `${regionNames(region).bucketsService}-${number}`
}

/** The number of a slice of this region, or undefined for a slice that has another name. */
export function sliceNumber(region: string, name: string): number | undefined {
  const number = name.slice(`${regionNames(region).bucketsService}-`.length)
  return /^(0|[1-9]\d{0,6})$/.test(number) && sliceName(region, Number(number)) === name
    ? Number(number)
    : undefined
}

/**
 * Keeps every bucket that is still there where it is, and puts new ones into the first slices with
 * room. A slice that is left empty is not in the answer.
 */
export function assignBuckets(
  buckets: readonly string[],
  present: SliceAssignment,
): SliceAssignment {
  const left = new Set(buckets)
  const assignment = new Map<number, string[]>()
  for (const number of [...present.keys()].sort(ascending)) {
    const kept = (present.get(number) ?? []).filter((bucket) => left.delete(bucket))
    const fitting = kept.slice(0, capacityOf(number))
    for (const bucket of kept.slice(fitting.length)) left.add(bucket)
    if (fitting.length > 0) assignment.set(number, fitting)
  }
  let number = 0
  for (const bucket of [...left].sort()) {
    while ((assignment.get(number)?.length ?? 0) >= capacityOf(number)) number++
    const slice = assignment.get(number)
    if (slice === undefined) assignment.set(number, [bucket])
    else slice.push(bucket)
  }
  return assignment
}

/** The bare endpoint takes a place in the first slice. */
function capacityOf(number: number): number {
  return number === 0 ? SLICE_ENDPOINTS_MAX - 1 : SLICE_ENDPOINTS_MAX
}

function desiredSlice(
  plan: RegionIdentity,
  number: number,
  gatewayAddress: string,
  endpoints: readonly { readonly hostname?: string }[],
): DesiredObject {
  const metadata = ownedMetadata(plan, sliceName(plan.region, number))
  const labels = {
    ...metadata.labels,
    'kubernetes.io/service-name': regionNames(plan.region).bucketsService,
    ...SLICE_MANAGER,
  }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels },
    addressType: isIPv6(gatewayAddress) ? 'IPv6' : 'IPv4',
    ports: [
      { name: 'http', port: HTTP_PORT, protocol: 'TCP' },
      { name: 'https', port: HTTPS_PORT, protocol: 'TCP' },
    ],
    endpoints: endpoints.map((endpoint) => ({
      ...endpoint,
      addresses: [gatewayAddress],
      conditions: { ready: true },
    })),
  }
}

function ascending(a: number, b: number): number {
  return a - b
}
