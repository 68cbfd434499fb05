/**
 * How one storage node reaches all partitions and the settings: the parts of it, put together.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { SYSTEM_PARTITION } from '../contract/founding-ranges.ts'
import type { PartitionId, StoreId } from '../contract/identifiers.ts'
import type { QuorumRule } from '../contract/quorum.ts'
import type { PeerAnswer, PeerRequest } from '../wire/peer/messages.ts'
import type { OperationRequests } from '../wire/peer/operation-messages.ts'
import type { ConfigStore } from './config-store.ts'
import type { LocalReplicas } from './local-replicas.ts'
import { OperationHandler } from './operation-handler.ts'
import type { OwnConfigurations } from './partition-table.ts'
import { PartitionTable } from './partition-table.ts'
import type { PeerNetwork } from './peer-network.ts'
import { PrimaryCalls } from './primary-calls.ts'
import { RegionPartitions } from './region-partitions.ts'
import { AccessKeyQuestions } from './settings/access-key-questions.ts'
import type { SystemReplica } from './settings/settings-authority.ts'
import { SettingsAuthority } from './settings/settings-authority.ts'
import { SettingsCache } from './settings/settings-cache.ts'
import { SettingsHandler } from './settings/settings-handler.ts'
import { SettingsQuestions } from './settings/settings-questions.ts'
import { StoreCalls } from './store-calls.ts'

export interface RoutingParts {
  readonly network: PeerNetwork
  readonly configs: ConfigStore
  readonly clock: Clock
  readonly random: Random
  /** This storage node's hybrid clock. */
  readonly hybridMs: () => number
  readonly quorum: QuorumRule
  /** This store's replicas; they may come and go. */
  readonly findReplica: (partition: PartitionId) => SystemReplica | undefined
  /** What they know of their partitions, for when the config store is down. Default: nothing. */
  readonly ownConfigurations?: OwnConfigurations
}

export type OperationRequestKind = keyof OperationRequests
export type OperationRequest = Extract<PeerRequest, { readonly kind: OperationRequestKind }>

export class Routing {
  readonly table: PartitionTable
  readonly partitions: RegionPartitions
  /** Records of buckets and access keys, for whoever serves requests. */
  readonly settings: SettingsCache
  readonly #parts: RoutingParts
  readonly #operations: OperationHandler
  readonly #settingsHandler: SettingsHandler
  readonly #questions: SettingsQuestions
  #authority: { readonly replica: SystemReplica; readonly of: SettingsAuthority } | undefined

  constructor(parts: RoutingParts) {
    const { network, configs, clock, random, hybridMs, quorum } = parts
    this.#parts = parts
    const replicas: LocalReplicas = { find: (partition) => this.#find(partition) }
    const table = new PartitionTable(configs, clock, parts.ownConfigurations)
    const calls = new PrimaryCalls(table, clock)
    const stores = new StoreCalls({ network, replicas, clock })
    this.table = table
    this.partitions = new RegionPartitions({ table, calls, stores, random, hybridMs })
    const fetch: SettingsCache['find'] = (name) => this.partitions.ask({ kind: 'bucket', name })
    const questions = new AccessKeyQuestions((accessKeyIds) => {
      return this.partitions.ask({ kind: 'accessKeys', accessKeyIds })
    })
    const fetchAccessKey = questions.find.bind(questions)
    this.settings = new SettingsCache({ clock, fetch, fetchAccessKey })
    this.#operations = new OperationHandler(replicas, table)
    const authority = () => this.#authorityNow()
    this.#settingsHandler = new SettingsHandler({ cache: this.settings, table, authority })
    this.#questions = new SettingsQuestions({ cache: this.settings, table, network, clock, quorum })
  }

  /** Begins to ask what becomes of the settings; before, each use of a record asks for it. */
  start(): void {
    this.#questions.start()
  }

  stop(): void {
    this.#questions.stop()
    this.table.stop()
  }

  /** Whether this store is to look after what nobody else does: deletions that were not ended. */
  get isSystemPrimary(): boolean {
    return this.#parts.findReplica(SYSTEM_PARTITION)?.activation !== undefined
  }

  /** Answers what another storage node asks. */
  request(from: StoreId, request: OperationRequest): Promise<PeerAnswer<OperationRequestKind>> {
    switch (request.kind) {
      case 'execute':
        return this.#operations.execute(request)
      case 'ask':
        return this.#operations.ask(request)
      case 'settings':
        return this.#settingsHandler.settings(from, request)
      case 'settingsChanged':
        return Promise.resolve(this.#settingsHandler.settingsChanged(request))
      case 'settingsWord':
        return Promise.resolve(this.#settingsHandler.settingsWord(request))
      default:
        return unreachable(request)
    }
  }

  /** Changes of settings go through the authority: it knows who has to hear of them. */
  #find(partition: PartitionId) {
    if (partition === SYSTEM_PARTITION) return this.#authorityNow()
    return this.#parts.findReplica(partition)
  }

  #authorityNow(): SettingsAuthority | undefined {
    const { network, clock, findReplica } = this.#parts
    const replica = findReplica(SYSTEM_PARTITION)
    if (replica === undefined) return undefined
    if (this.#authority?.replica !== replica) {
      this.#authority = { replica, of: new SettingsAuthority({ replica, network, clock }) }
    }
    return this.#authority.of
  }
}
