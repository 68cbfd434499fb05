/**
 * Compares what the replicas of a partition keep (I13, I18).
 *
 * @module
 */

import { crc32 } from '@granary/storage-node/base/checksums'
import type { Configuration } from '@granary/storage-node/contract/configuration'
import type { PartitionId, StoreId } from '@granary/storage-node/contract/identifiers'
import type { MemoryEngine } from '@granary/storage-node/testing'
import { findRowFaults } from './counted-rows.ts'
import type { Accuse, LogWatch } from './log-watch.ts'
import type { RowFault } from './replica-rows.ts'

/** First bytes of the rows that are cut by ranges (replication.md 2.2). */
const RANGED_NAMESPACES = new Set([...'OIVMDGKSFBAP'].map((name) => name.charCodeAt(0)))
const APPLIED_NAMESPACE = 'H'.charCodeAt(0)
const EVERYTHING = { start: new Uint8Array(), end: new Uint8Array([0xff]) }
const APPLIED_KEY_BYTES = 5
const SEQ_BYTES = 6

/** The rows of one store, as of now. */
export interface StoreRows {
  readonly store: StoreId
  readonly engine: MemoryEngine
}

/** What one replica has come to. */
export interface ReplicaState {
  readonly store: StoreId
  readonly applied: number
  readonly hash: number
  /** What the replica's rows say against each other. */
  readonly findFaults: () => RowFault[]
}

/** Reads every replica of the given partitions from the engines' rows. */
export async function readReplicas(
  configurations: readonly Configuration[],
  stores: readonly StoreRows[],
): Promise<Map<number, ReplicaState[]>> {
  const found = new Map<number, ReplicaState[]>()
  for (const { store, engine } of stores) {
    const rows = await engine.scan(EVERYTHING, { limit: Infinity })
    for (const configuration of configurations) {
      if (!configuration.members.some((member) => member.store === store)) continue
      const states = found.get(configuration.partition) ?? []
      found.set(configuration.partition, states)
      states.push({ store, ...stateOf(rows, configuration) })
    }
  }
  return found
}

/** How far the partition has been applied on a store. */
export async function readApplied(engine: MemoryEngine, partition: PartitionId): Promise<number> {
  const key = Buffer.alloc(APPLIED_KEY_BYTES)
  key[0] = APPLIED_NAMESPACE
  key.writeUInt32BE(partition, 1)
  const [row] = await engine.getMany([key])
  return row === undefined ? 0 : seqOf(row)
}

/** Replicas that have applied the same hold the same bytes (I18), and none says two things (I19, B8). */
export function checkAlike(
  replicas: ReadonlyMap<number, readonly ReplicaState[]>,
  accuse: Accuse,
): void {
  for (const [partition, states] of replicas) {
    const hashes = new Map<number, ReplicaState>()
    for (const state of states) {
      for (const { rule, detail } of state.findFaults()) {
        accuse(rule, `partition ${partition}: ${state.store}: ${detail}`)
      }
      const other = hashes.get(state.applied)
      if (other === undefined) hashes.set(state.applied, state)
      else if (other.hash !== state.hash) {
        const names = `${other.store} and ${state.store}`
        accuse('I18', `partition ${partition}: ${names} differ at ${state.applied}`)
      }
    }
  }
}

/** Nothing is applied that no primary has called committed (I13); the primary's own may be ahead. */
export function checkCommitted(
  configurations: readonly Configuration[],
  replicas: ReadonlyMap<number, readonly ReplicaState[]>,
  logOf: (partition: PartitionId) => LogWatch,
  accuse: Accuse,
): void {
  for (const { partition, primary, members } of configurations) {
    if (members.length === 1) continue
    const { committed } = logOf(partition)
    for (const { store, applied } of replicas.get(partition) ?? []) {
      if (store === primary || applied <= committed) continue
      accuse('I13', `partition ${partition}: ${store} has applied ${applied} of ${committed}`)
    }
  }
}

type Rows = Awaited<ReturnType<MemoryEngine['scan']>>
type KeyValue = Rows[number]

function stateOf(rows: Rows, { partition, range }: Configuration) {
  let applied = 0
  let hash = 0
  const within: KeyValue[] = []
  for (const row of rows) {
    const { key, value } = row
    if (key[0] === APPLIED_NAMESPACE) {
      const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
      const isWhole = name.byteLength === APPLIED_KEY_BYTES
      if (isWhole && name.readUInt32BE(1) === partition) applied = seqOf(value)
    } else if (RANGED_NAMESPACES.has(key[0] ?? 0) && isWithin(key.subarray(1), range)) {
      hash = crc32(value, crc32(key, hash))
      within.push(row)
    }
  }
  return { applied, hash, findFaults: () => findRowFaults(within) }
}

function isWithin(position: Uint8Array, { start, end }: Configuration['range']): boolean {
  return (
    Buffer.compare(position, start) >= 0 &&
    (end.byteLength === 0 || Buffer.compare(position, end) < 0)
  )
}

function seqOf(value: Uint8Array): number {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).readUIntLE(1, SEQ_BYTES)
}
