/**
 * What this storage node knows of all partitions: which range each has, and who is its primary
 * (replication.md 4.2).
 *
 * Everything here is hearsay: from watches of the config store, from this store's own replicas and
 * from replies of others. A route that is out of date costs a try, never an answer.
 *
 * @module
 */

import { compareBytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Configuration, PartitionRange } from '../contract/configuration.ts'
import { isInRange } from '../contract/founding-ranges.ts'
import type { Epoch, PartitionId, StoreId } from '../contract/identifiers.ts'
import type { ConfigStore } from './config-store.ts'
import type { PartitionConfig } from '../contract/partition-record.ts'

/** The config store is asked about one partition at most so often. */
const REFRESH_MS_MIN = 250
/** ... and about all of them so often, while a position is in none that is known. */
const LIST_MS_MIN = 1000

export interface Route {
  readonly partition: PartitionId
  readonly range: PartitionRange
  /** 0 before the first configuration. */
  readonly epoch: Epoch
  readonly primary: StoreId | undefined
}

/** Configurations that this store's own replicas have learned of. */
export type OwnConfigurations = () => readonly Configuration[]

/** Called after a partition's route has changed. */
export type RouteListener = (route: Route) => void

/** Routes by partition and by position. */
export class PartitionTable {
  readonly #configs: ConfigStore
  readonly #clock: Clock
  readonly #own: OwnConfigurations
  readonly #routes = new Map<PartitionId, Route>()
  readonly #askedMs = new Map<PartitionId, number>()
  readonly #listeners: RouteListener[] = []
  readonly #watch: { stop(): void }
  /** In the order of their ranges' starts; undefined when that has changed. */
  #sorted: readonly Route[] | undefined
  #ownAskedMs = -Infinity
  #listedMs = -Infinity

  /** Begins to watch; routes come in later turns. */
  constructor(configs: ConfigStore, clock: Clock, own: OwnConfigurations = () => []) {
    this.#configs = configs
    this.#clock = clock
    this.#own = own
    this.#watch = configs.watch((config) => this.#learnConfig(config))
  }

  stop(): void {
    this.#watch.stop()
  }

  /** The partition that holds the position, as far as anybody has said. */
  find(position: Uint8Array): Route | undefined {
    const known = this.#findKnown(position)
    if (known !== undefined) return known
    const own = this.#askOwn() ? this.#findKnown(position) : undefined
    if (own === undefined) this.#list()
    return own
  }

  get(partition: PartitionId): Route | undefined {
    return this.#routes.get(partition)
  }

  /** Takes in a configuration that was decided, whoever tells it. Returns whether it was news. */
  learnConfiguration({ partition, range, epoch, primary }: Configuration): boolean {
    return this.#learn({ partition, range, epoch, primary })
  }

  /** Takes in what a reply says about the primary. Returns whether it was news. */
  learnPrimary(partition: PartitionId, epoch: Epoch, primary: StoreId | undefined): boolean {
    const known = this.#routes.get(partition)
    if (known === undefined || primary === undefined) return false
    return this.#learn({ ...known, epoch, primary })
  }

  /** Asks the config store about a partition that does not answer, unless that was done just now. */
  refresh(partition: PartitionId): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - (this.#askedMs.get(partition) ?? -Infinity) < REFRESH_MS_MIN) return
    this.#askedMs.set(partition, nowMs)
    this.#askOwn()
    this.#configs.get(partition).then(
      (config) => config !== undefined && this.#learnConfig(config),
      // The watch tells it later, or nobody does while the config store is down.
      () => undefined,
    )
  }

  onMoved(listener: RouteListener): void {
    this.#listeners.push(listener)
  }

  #findKnown(position: Uint8Array): Route | undefined {
    const sorted = this.#inOrder()
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const route = sorted[middle]
      if (route !== undefined && compareBytes(route.range.start, position) <= 0) low = middle + 1
      else high = middle
    }
    const route = sorted[low - 1]
    return route !== undefined && isInRange(route.range, position) ? route : undefined
  }

  /** What the own replicas know: all there is to go by while the config store is down. */
  #askOwn(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#ownAskedMs < REFRESH_MS_MIN) return false
    this.#ownAskedMs = nowMs
    for (const configuration of this.#own()) this.learnConfiguration(configuration)
    return true
  }

  /** A watch may tell late, or never, of a partition. */
  #list(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#listedMs < LIST_MS_MIN) return
    this.#listedMs = nowMs
    this.#configs.list().then(
      (configs) => configs.forEach((config) => this.#learnConfig(config)),
      () => undefined,
    )
  }

  #learnConfig({ partition, configuration, intent }: PartitionConfig): void {
    if (configuration !== undefined) this.learnConfiguration(configuration)
    else if (!this.#routes.has(partition)) {
      const { initialRange: range, preferredPrimary: primary } = intent
      this.#learn({ partition, range, epoch: 0 as Epoch, primary })
    }
  }

  #learn(route: Route): boolean {
    const known = this.#routes.get(route.partition)
    if (known !== undefined && !isNews(known, route)) return false
    this.#routes.set(route.partition, route)
    this.#sorted = undefined
    for (const listener of this.#listeners) listener(route)
    return true
  }

  #inOrder(): readonly Route[] {
    this.#sorted ??= [...this.#routes.values()].sort((a, b) =>
      compareBytes(a.range.start, b.range.start),
    )
    return this.#sorted
  }
}

function isNews(known: Route, route: Route): boolean {
  if (route.epoch !== known.epoch) return route.epoch > known.epoch
  return known.primary === undefined && route.primary !== undefined
}
