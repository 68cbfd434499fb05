/**
 * Gives one store the replicas it is meant to have: those it has kept, those that the config store
 * names it for, and new ones whose first configuration it writes. Hands over what it leads when the
 * store ends.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Fatal } from '../../base/crash.ts'
import type { Logger } from '../../base/logger.ts'
import type { Configuration, Member, Zone } from '../../contract/configuration.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { Store } from '../../storage/store.ts'
import type { ConfigStore } from '../config-store.ts'
import type { PartitionConfig } from '../../contract/partition-record.ts'
import { GRANT_MS } from '../beacons/lease-times.ts'
import { firstConfigurationOf, writeFirstConfiguration } from '../first-configuration.ts'
import type { Leases } from '../leases.ts'
import type { PartitionReplica } from './partition-replica.ts'
import type { PartitionReplicas } from './partition-replicas.ts'
import type { PeerNetwork } from '../peer-network.ts'

/** How long a store that ends waits for others to take over what it leads. */
const HAND_OVER_MS_MAX = 1_000
const HAND_OVER_LOOK_MS = 10

export interface ReplicaKeeperParts {
  readonly replicas: PartitionReplicas
  readonly store: Store
  readonly zone: Zone
  readonly configs: ConfigStore
  readonly network: Pick<PeerNetwork, 'self' | 'request'>
  readonly leases: Leases
  /** Where a store of the region is; undefined while that is unknown. */
  readonly memberOf: (store: StoreId) => Member | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly fatal: Fatal
}

export class ReplicaKeeper {
  readonly #parts: ReplicaKeeperParts
  readonly #opening = new Map<PartitionId, Promise<void>>()
  /** What the config store said last, for replicas that were being opened when it said so. */
  readonly #latest = new Map<PartitionId, PartitionConfig>()
  readonly #founding = new Set<PartitionId>()
  readonly #stopping = new AbortController()
  #watch: { stop(): void } | undefined

  constructor(parts: ReplicaKeeperParts) {
    this.#parts = parts
  }

  /** Opens what the store has kept. Rejects with a `StoreOpenError` if that must not be served. */
  async openKept(): Promise<void> {
    const { replicas, store } = this.#parts
    for (const { partition } of store.journal.replicas()) {
      const inherited = await this.#inherited(partition)
      await replicas.open(partition, inherited === undefined ? {} : { inherited })
    }
  }

  /** Follows the config store from now on. The network has to be served. */
  start(): void {
    this.#watch = this.#parts.configs.watch((config) => this.#onConfig(config))
  }

  /**
   * Lets others take over what this store leads; resolves when they have, or after a second. To have
   * stepped down is not enough: the heir may need this store's promise, where a third one has just
   * started and gives none yet (L4).
   */
  async handOver(): Promise<void> {
    const { replicas, store, clock } = this.#parts
    const led: PartitionReplica[] = []
    for (const replica of replicas.all()) {
      const to = this.#heirOf(replica.configuration)
      if (!replica.isActive || to === undefined) continue
      replica.handOver(to)
      led.push(replica)
    }
    const isLed = ({ configuration }: PartitionReplica) => configuration?.primary === store.storeId
    const endMs = clock.monotonicMs() + HAND_OVER_MS_MAX
    while (led.some(isLed) && clock.monotonicMs() < endMs) {
      await sleep(clock, HAND_OVER_LOOK_MS)
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#watch?.stop()
    await Promise.all(this.#opening.values())
  }

  #onConfig(config: PartitionConfig): void {
    const { replicas, store } = this.#parts
    const { partition, configuration, intent } = config
    this.#latest.set(partition, config)
    const isFirstPrimary = intent.preferredPrimary === store.storeId
    if (configuration === undefined && isFirstPrimary) this.#found(partition)
    if (replicas.find(partition) !== undefined) return replicas.hint(config)
    const members = configuration?.members.map((member) => member.store) ?? intent.desiredMembers
    if (members.includes(store.storeId)) this.#open(config)
  }

  /** What arrives for the partition meanwhile is lost, as messages may be. */
  #open(config: PartitionConfig): void {
    const { replicas, fatal } = this.#parts
    const { partition } = config
    if (this.#opening.has(partition) || this.#stopping.signal.aborted) return
    const opening = replicas.open(partition).then(
      () => replicas.hint(this.#latest.get(partition) ?? config),
      (cause: unknown) =>
        fatal(new Error(`Cannot open a replica of partition ${partition}`, { cause })),
    )
    this.#opening.set(
      partition,
      opening.finally(() => this.#opening.delete(partition)),
    )
  }

  /** The record may appear without a configuration more than once. */
  #found(partition: PartitionId): void {
    if (this.#founding.has(partition)) return
    this.#founding.add(partition)
    void writeFirstConfiguration(this.#parts, partition, this.#stopping.signal).finally(() =>
      this.#founding.delete(partition),
    )
  }

  /**
   * The configuration of a partition that a region with one store made before there were any: its
   * only member is this store, so that nobody else has to be asked.
   */
  async #inherited(partition: PartitionId): Promise<Configuration | undefined> {
    const { store, configs, zone } = this.#parts
    if (store.journal.replica(partition)?.configuration.byteLength !== 0) return undefined
    const config = await configs.get(partition)
    if (config === undefined || config.configuration !== undefined) return config?.configuration
    const [only, ...others] = config.intent.desiredMembers
    if (only !== store.storeId || others.length > 0) return undefined
    const first = firstConfigurationOf(config, [{ store: only, zone }])
    await configs.swap(partition, config.version, first)
    return first
  }

  /** The member that was heard of last; one that has just started could not even promise itself (L4). */
  #heirOf(configuration: Configuration | undefined): StoreId | undefined {
    const { leases, store, clock } = this.#parts
    const { view } = leases
    const keepsQuiet = (each: StoreId) => {
      const restartedMs = view.restartedMs(each)
      return restartedMs > 0 && clock.monotonicMs() - restartedMs < GRANT_MS ? 1 : 0
    }
    const others = (configuration?.members ?? [])
      .map((member) => member.store)
      .filter((each) => each !== store.storeId && view.heardMs(each) > 0)
    return others.sort((a, b) => {
      return keepsQuiet(a) - keepsQuiet(b) || view.heardMs(b) - view.heardMs(a)
    })[0]
  }
}
