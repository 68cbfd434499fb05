/**
 * What the operator asks of one storage node: how it is, and to lead nothing before it is restarted.
 *
 * @module
 */

import type { Router } from 'express'
import type { Configuration } from '../contract/configuration.ts'
import type { StoreId } from '../contract/identifiers.ts'
import { configurationFields } from '../contract/kubernetes-records.ts'

/** A replica, as the operator sees it. */
export interface ShownReplica {
  readonly partition: number
  /** The newest that it knows. */
  readonly configuration: Configuration | undefined
  /** Whether it is the active primary. */
  readonly isActive: boolean
  readonly appliedSeq: number
  readonly endSeq: number
  /** Of a primary: the oldest entry that some member has not acknowledged. */
  readonly lacking: number | undefined
}

/** What of a storage node the operator asks for. */
export interface AdminNode {
  readonly store: { readonly storeId: StoreId }
  readonly replicas: { all(): readonly ShownReplica[] }
  handOver(): Promise<void>
}

/** What a storage node says of itself that its process alone knows. */
export interface NodeFacts {
  readonly isReady: boolean
  readonly isDraining: boolean
  readonly version: string
  readonly protocolVersion: number
  readonly recordVersion: number
  readonly capacityBytes: number
  readonly usedBytes: number
  /** Its wall clock. */
  readonly clockMs: number
  /** Ids of the keys that it can open secrets with, in their order. */
  readonly ringKeys: readonly string[]
}

export interface NodeRoutesOptions {
  readonly node: AdminNode
  /** Of the storage node: its pod's. */
  readonly name: string
  readonly zone: string
  readonly facts: () => Promise<NodeFacts>
}

export function addNodeRoutes(router: Router, options: NodeRoutesOptions): void {
  const { node, name, zone, facts } = options
  router.get('/v1/status', async (_request, response) => {
    const { storeId } = node.store
    const partitions = node.replicas.all().map(shownReplica)
    response.json({ name, storeId, zone, ...(await facts()), partitions })
  })
  router.post('/v1/hand-over', async (_request, response) => {
    await node.handOver()
    const partitionsLeft = node.replicas.all().filter(({ isActive }) => isActive).length
    response.json({ partitionsLeft })
  })
}

/**
 * Of a primary, `lag` is what the slowest of its members lacks; of another, what its rows lack. The
 * configuration is told with the `lineage` that it belongs to: an object that was lost is made of it.
 */
export function shownReplica(replica: ShownReplica) {
  const { partition: id, configuration, isActive, appliedSeq, endSeq, lacking } = replica
  const behindOf = isActive ? (lacking ?? endSeq + 1) : appliedSeq + 1
  return {
    id,
    epoch: configuration?.epoch ?? 0,
    role: isActive ? 'Primary' : 'Secondary',
    lag: Math.max(0, endSeq + 1 - behindOf),
    ...(configuration !== undefined && {
      configuration: { lineage: configuration.uid, ...configurationFields(configuration) },
    }),
  }
}
