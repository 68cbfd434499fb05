/**
 * What a storage node tells of itself through the Kubernetes API: the object StorageNode.
 *
 * It is written at the start, on a change of state and every few minutes; it is no heartbeat.
 *
 * @module
 */

import type { Zone } from './configuration.ts'
import type { StoreId } from './identifiers.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { API_VERSION, REGION_LABEL } from './kubernetes-records.ts'
import type { StoreEntry } from './placement-map.ts'

/** Written by the storage node alone. */
export interface StorageNodeSpec {
  /** Of the store on its volume: another disk is another store. */
  readonly storeId: StoreId
  readonly pod: string
  readonly zone: Zone
  /** host:port where other storage nodes connect. */
  readonly address: string
  readonly beaconAddress: string
  /** host:port of the admin API. */
  readonly adminAddress: string
}

export type StorageNodeState = 'Starting' | 'Ready' | 'Draining'

export interface StorageNodeStatus {
  readonly state: StorageNodeState
  /** Of the program. */
  readonly version: string
  /** Of what storage nodes say to each other. */
  readonly protocolVersion: number
  /** Of what is stored. */
  readonly recordVersion: number
  /** Of the volume. */
  readonly capacityBytes: number
  readonly usedBytes: number
  /** When this was written, RFC 3339. */
  readonly at: string
}

/** The object, named as the pod; `status` is written apart from it. */
export function storageNodeObject(region: string, spec: StorageNodeSpec): KubernetesObject {
  const metadata = { name: spec.pod, labels: { [REGION_LABEL]: region } }
  return { apiVersion: API_VERSION, kind: 'StorageNode', metadata, spec }
}

/** How the placement map names the store of a storage node. */
export function storeEntryOf(spec: StorageNodeSpec): StoreEntry {
  const { storeId, pod, zone, address, beaconAddress } = spec
  return { store: storeId, zone, name: pod, address, beaconAddress }
}
