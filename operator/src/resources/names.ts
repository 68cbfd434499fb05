/**
 * Names and labels of what belongs to a Region.
 *
 * @module
 */

import { createHash } from 'node:crypto'

/** Writes every field that the operator applies. */
export const FIELD_MANAGER = 'granary-operator'
/** Holds resources until the operator has cleaned up behind them. */
export const FINALIZER = 'granary.dev/operator'

export const REGION_LABEL = 'granary.dev/region'
export const ZONE_LABEL = 'granary.dev/zone'
export const APP_NAME = 'granary'
export const STORAGE_NODE_COMPONENT = 'storage-node'

const HASH_LENGTH = 6
/** A StatefulSet's name gets a dash and ten characters behind it in a label of its pods. */
const STATEFUL_SET_NAME_LENGTH_MAX = 52

/** On everything of a region. */
export function regionLabels(region: string): Readonly<Record<string, string>> {
  return { [REGION_LABEL]: region }
}

/** On pods of storage nodes, and what their Services and budgets select. */
export function storageNodeLabels(region: string): Readonly<Record<string, string>> {
  return {
    ...regionLabels(region),
    'app.kubernetes.io/name': APP_NAME,
    'app.kubernetes.io/component': STORAGE_NODE_COMPONENT,
  }
}

/** The same for one zone. */
export function zoneLabels(region: string, zone: string): Readonly<Record<string, string>> {
  return { ...storageNodeLabels(region), [ZONE_LABEL]: zone }
}

/** Names of the objects that a Region is made of. */
export function regionNames(region: string) {
  return {
    peersService: `${region}-peers`,
    gatewayService: `oss-${region}-gateway`,
    bucketsService: `oss-${region}`,
    keysSecret: `${region}-keys`,
    authoritySecret: `${region}-authority`,
    operatorCertificate: `${region}-operator-certificate`,
    gatewayCertificate: `${region}-gateway-certificate`,
    storageNodeAccount: `${region}-storage-node`,
    disruptionBudget: region,
    placementMap: region,
    statefulSet: (zone: string) => statefulSetName(region, zone),
    pod: (zone: string, ordinal: number) => `${statefulSetName(region, zone)}-${ordinal}`,
    zoneCertificates: (zone: string) => `${statefulSetName(region, zone)}-certificates`,
  }
}

/** Host names of a region inside of its cluster. */
export function regionHosts(region: string, namespace: string) {
  const host = `${regionNames(region).bucketsService}.${namespace}.svc`
  return { internal: host, bucket: (name: string) => `${name}.${host}` }
}

/** Zones with different names never share one, whatever a name may hold and however long it is. */
function statefulSetName(region: string, zone: string): string {
  const label = zone.replace(/[^a-z0-9-]+/g, '-')
  const name = `${region}-${label}`
  if (label === zone && name.length <= STATEFUL_SET_NAME_LENGTH_MAX) return name
  const digits = createHash('sha256').update(zone).digest('hex').slice(0, HASH_LENGTH)
  const length = STATEFUL_SET_NAME_LENGTH_MAX - HASH_LENGTH - 1
  return `${name.slice(0, length).replace(/-+$/, '')}-${digits}`
}
