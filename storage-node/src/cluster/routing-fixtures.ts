/**
 * Three storage nodes that find and call each other's replicas, which answer from rows in memory, for
 * tests of routing.
 *
 * @module
 */

import { toHex } from '../base/bytes.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { afterTurn } from '../base/turn.ts'
import type { Member, PartitionRange, Zone } from '../contract/configuration.ts'
import type { Epoch, PartitionId, Seq, StoreId } from '../contract/identifiers.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { Answer, Query, QueryKind } from '../model/query.ts'
import { answerQuery } from '../storage/answer-query.ts'
import { MemoryEngine } from '../storage/memory-engine.ts'
import { PartitionRows } from '../storage/partition-rows.ts'
import type { PrimaryReply } from '../wire/peer/operation-messages.ts'
import { MemoryConfigStore } from './config-stores/memory-config-store.ts'
import type { PartitionTable } from './partition-table.ts'
import type { RegionPartitions } from './region-partitions.ts'
import { Routing } from './routing.ts'
import type { OperationRequest } from './routing.ts'
import type { SystemReplica } from './settings/settings-authority.ts'
import type { MemoryNode } from './transport/memory-network.ts'
import { MemoryNetwork } from './transport/memory-network.ts'

export const START_MS = Date.UTC(2030, 0, 1)
export const STORES = ['a', 'b', 'c'].map(
  (letter) => `00000000-0000-4000-8000-00000000000${letter}` as StoreId,
)
const MEMBERS: readonly Member[] = STORES.map((store, at) => ({ store, zone: `z${at}` as Zone }))

/** What a partition's primary does with a command; undefined: it never answers. */
export type Execute = (
  command: Command,
  opId: string,
  store: StoreId,
) => PrimaryReply<CommandResult> | undefined

/** A partition as its stores know it. */
export class FakePartition {
  readonly id: PartitionId
  readonly range: PartitionRange
  epoch = 1 as Epoch
  primary: StoreId
  /** Every try that reached the primary, as hex of its opId. */
  readonly tries: { readonly opId: string; readonly store: StoreId }[] = []
  execute: Execute = () => ({ kind: 'done', value: { kind: 'done' } })
  /** Questions that reached the primary. */
  questionCount = 0
  /** Awaited before they are answered. */
  turn: Promise<void> = Promise.resolve()
  /** Stores whose replica answers nothing. */
  readonly silent = new Set<StoreId>()
  readonly engine: MemoryEngine

  constructor(id: PartitionId, range: PartitionRange, primary: StoreId, engine: MemoryEngine) {
    this.id = id
    this.range = range
    this.primary = primary
    this.engine = engine
  }

  replicaOn(store: StoreId): SystemReplica {
    const ballot = () => ({ epoch: this.epoch, activation: 1 })
    const seq = () => (1 + this.tries.length) as Seq
    const isPrimary = () => this.primary === store && !this.silent.has(store)
    return {
      get activation() {
        return isPrimary() ? { ballot: ballot(), members: MEMBERS } : undefined
      },
      get appliedSeq() {
        return seq()
      },
      get promised() {
        return ballot()
      },
      get endSeq() {
        return seq()
      },
      mayRead: isPrimary,
      execute: async (opId, command) => {
        const refused = await this.#refusal(store)
        if (refused !== undefined) return refused
        this.tries.push({ opId: toHex(opId), store })
        return this.execute(command, toHex(opId), store) ?? never()
      },
      ask: async <K extends QueryKind>(query: Query<K>): Promise<PrimaryReply<Answer<K>>> => {
        const refused = await this.#refusal(store)
        if (refused !== undefined) return refused
        this.questionCount++
        await this.turn
        const rows = new PartitionRows(this.engine, this.range)
        return { kind: 'done', value: await answerQuery(query, rows) }
      },
    }
  }

  async #refusal(store: StoreId): Promise<PrimaryReply<never> | undefined> {
    if (this.silent.has(store)) await never()
    if (store === this.primary) return undefined
    return { kind: 'elsewhere', epoch: this.epoch, primary: this.primary }
  }
}

/** A storage node and what it has sent. */
export interface FakeNode {
  readonly store: StoreId
  readonly routing: Routing
  readonly table: PartitionTable
  readonly partitions: RegionPartitions
  readonly network: MemoryNode
}

/** A region of three stores; every store has a replica of every partition. */
export class FakeRegion {
  readonly clock = new ManualClock(START_MS)
  readonly configs = new MemoryConfigStore()
  readonly engine = new MemoryEngine()
  readonly partitions: readonly FakePartition[]
  readonly nodes: readonly FakeNode[]

  private constructor(ranges: readonly PartitionRange[]) {
    const network = new MemoryNetwork()
    this.partitions = ranges.map((range, at) => {
      return new FakePartition((at + 1) as PartitionId, range, STORES[at % 3]!, this.engine)
    })
    this.nodes = STORES.map((store, at) => this.#openNode(store, network, at))
  }

  /** Partitions are numbered from 1; their primaries go round the stores. */
  static async open(ranges: readonly PartitionRange[]): Promise<FakeRegion> {
    const region = new FakeRegion(ranges)
    for (const { id, range, primary } of region.partitions) {
      const desiredMembers = STORES
      await region.configs.create(id, {
        desiredMembers,
        preferredPrimary: primary,
        initialRange: range,
      })
      await region.configure(id, primary)
    }
    await region.turns()
    return region
  }

  partition(number: number): FakePartition {
    return this.partitions[number - 1]!
  }

  /** Makes the store primary, in the config store and at the replicas. */
  async configure(id: PartitionId, primary: StoreId): Promise<void> {
    const partition = this.partition(id)
    const found = await this.configs.get(id)
    if (found === undefined) throw new Error(`partition ${id} exists`)
    const epoch = ((found.configuration?.epoch ?? 0) + 1) as Epoch
    const { uid, version } = found
    const { range } = partition
    const configuration = { partition: id, uid, epoch, primary, members: MEMBERS, range }
    await this.configs.swap(id, version, configuration)
    Object.assign(partition, { epoch, primary })
  }

  /** Lets everything that needs no time happen. */
  async turns(count = 20): Promise<void> {
    for (let left = count; left > 0; left--) await new Promise<void>(afterTurn)
  }

  /** Lets time pass in small steps, and everything happen on the way. */
  async pass(ms: number, stepMs = 5): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs)
      await this.turns(6)
    }
  }

  #openNode(store: StoreId, memory: MemoryNetwork, at: number): FakeNode {
    const { clock, configs } = this
    const network = memory.join({ self: store, clock })
    const replicas = this.partitions.map((partition) => partition.replicaOn(store))
    const routing = new Routing({
      network,
      configs,
      clock,
      random: seededRandom(at + 1),
      hybridMs: () => clock.nowMs(),
      quorum: 'majority',
      findReplica: (id) => replicas[id - 1],
    })
    network.serve({
      message() {},
      request: (from, request) => routing.request(from, request as OperationRequest),
    })
    const { table, partitions } = routing
    return { store, routing, table, partitions, network }
  }
}

/** How a promise ends: its value, or what it was rejected with. */
export function settled<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const outcome: { value?: T; error?: unknown } = {}
  promise.then(
    (value) => (outcome.value = value),
    (error: unknown) => (outcome.error = error),
  )
  return outcome
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}
