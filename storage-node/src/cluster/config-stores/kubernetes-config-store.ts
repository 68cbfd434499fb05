/**
 * The config store of a region in Kubernetes: objects and their resource versions (replication.md
 * 4.1).
 *
 * What decides is a GET without a version, which etcd answers by quorum, and a PUT with the version
 * that was read. Watches are hints.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Configuration } from '../../contract/configuration.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import { KubernetesStatusError, type ApiClient } from '../../kubernetes/api-client.ts'
import type { KubernetesObject } from '../../contract/kubernetes-object.ts'
import type { ObjectList, ObjectSelection } from '../../kubernetes/objects.ts'
import { Reflector } from '../../kubernetes/reflector.ts'
import { ConfigStoreUnavailableError, type ConfigStore, type SwapOutcome } from '../config-store.ts'
import type { ConfigVersion, PartitionConfig } from '../../contract/partition-record.ts'
import {
  API_VERSION,
  partitionObjectName,
  readPartition,
  readPlacement,
  REGION_LABEL,
  touched,
  versionOf,
  withConfiguration,
} from '../../contract/kubernetes-records.ts'
import { mayNotFollow } from './transition-rules.ts'

export interface KubernetesConfigStoreOptions {
  readonly api: ApiClient
  readonly clock: Clock
  readonly logger: Logger
  readonly namespace: string
  readonly region: string
}

/** The operator may write to an object as well, but not all the time. */
const CONFLICT_COUNT_MAX = 10
const PAGE_OBJECT_COUNT = 500

export class KubernetesConfigStore implements ConfigStore {
  readonly #options: KubernetesConfigStoreOptions
  readonly #partitions: Followed<PartitionConfig>
  readonly #placements: Followed<PlacementMap>

  constructor(options: KubernetesConfigStoreOptions) {
    const { region } = options
    this.#options = options
    const labelSelector = `${REGION_LABEL}=${region}`
    this.#partitions = new Followed(
      options,
      { path: this.#path('partitions'), labelSelector },
      readPartition,
    )
    const fieldSelector = `metadata.name=${region}`
    const path = this.#path('placementmaps')
    this.#placements = new Followed(options, { path, fieldSelector }, readPlacement)
  }

  async get(partition: PartitionId): Promise<PartitionConfig | undefined> {
    const object = await this.#getObject(this.#partitionPath(partition))
    return object === undefined ? undefined : this.#readable(() => readPartition(object))
  }

  async list(): Promise<readonly PartitionConfig[]> {
    const configs: PartitionConfig[] = []
    const labelSelector = `${REGION_LABEL}=${this.#options.region}`
    let next: string | undefined
    do {
      const query = new URLSearchParams({ labelSelector, limit: String(PAGE_OBJECT_COUNT) })
      if (next !== undefined) query.set('continue', next)
      const page = (await this.#call('GET', `${this.#path('partitions')}?${query}`)) as ObjectList
      for (const item of page.items) configs.push(this.#readable(() => readPartition(item)))
      next = page.metadata.continue
    } while (next)
    return configs.sort((a, b) => a.partition - b.partition)
  }

  async swap(
    partition: PartitionId,
    expected: ConfigVersion,
    configuration: Configuration,
  ): Promise<SwapOutcome> {
    return this.#write(partition, expected, (object) => {
      const previous = this.#readable(() => readPartition(object)).configuration
      const refusal = mayNotFollow(previous, configuration)
      assert(refusal === undefined, `a configuration follows the rules: ${refusal}`)
      return withConfiguration(object, configuration)
    })
  }

  async touch(partition: PartitionId, expected: ConfigVersion): Promise<SwapOutcome> {
    return this.#write(partition, expected, touched)
  }

  watch(changed: (config: PartitionConfig) => void): { stop(): void } {
    return this.#partitions.watch(changed)
  }

  async getPlacement(): Promise<PlacementMap | undefined> {
    const path = `${this.#path('placementmaps')}/${this.#options.region}`
    const object = await this.#getObject(path)
    return object === undefined ? undefined : this.#readable(() => readPlacement(object))
  }

  watchPlacement(changed: (map: PlacementMap) => void): { stop(): void } {
    return this.#placements.watch(changed)
  }

  close(): void {
    this.#partitions.stop()
    this.#placements.stop()
  }

  /**
   * Writes the status if the object still has the expected version. Somebody else's write to its
   * labels or its spec is no lost race: the same is tried again behind it.
   */
  async #write(
    partition: PartitionId,
    expected: ConfigVersion,
    change: (object: KubernetesObject) => KubernetesObject,
  ): Promise<SwapOutcome> {
    const path = this.#partitionPath(partition)
    for (let left = CONFLICT_COUNT_MAX; left > 0; left--) {
      const object = await this.#getObject(path)
      if (object === undefined || versionOf(object) !== expected) return { kind: 'lost' }
      const written = await this.#putStatus(`${path}/status`, change(object))
      if (written !== undefined) {
        return { kind: 'won', config: this.#readable(() => readPartition(written)) }
      }
    }
    throw new ConfigStoreUnavailableError(`${path} is written to all the time`)
  }

  /** Undefined: a conflict, or the object is gone; nothing was written. */
  async #putStatus(path: string, object: KubernetesObject): Promise<KubernetesObject | undefined> {
    try {
      return (await this.#options.api.call('PUT', path, object)) as KubernetesObject
    } catch (error) {
      const status = error instanceof KubernetesStatusError ? error.status : undefined
      if (status === 409 || status === 404) return undefined
      assert(status !== 422, `the API server takes the status: ${(error as Error).message}`)
      throw unavailable(error)
    }
  }

  async #getObject(path: string): Promise<KubernetesObject | undefined> {
    try {
      return (await this.#options.api.call('GET', path)) as KubernetesObject
    } catch (error) {
      if (error instanceof KubernetesStatusError && error.status === 404) return undefined
      throw unavailable(error)
    }
  }

  async #call(method: 'GET', path: string): Promise<unknown> {
    try {
      return await this.#options.api.call(method, path)
    } catch (error) {
      throw unavailable(error)
    }
  }

  #readable<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw unavailable(error)
    }
  }

  #partitionPath(partition: PartitionId): string {
    return `${this.#path('partitions')}/${partitionObjectName(this.#options.region, partition)}`
  }

  #path(plural: string): string {
    return `/apis/${API_VERSION}/namespaces/${this.#options.namespace}/${plural}`
  }
}

/** Objects of one kind, followed as soon as somebody wants to hear of them. */
class Followed<T> {
  readonly #options: KubernetesConfigStoreOptions
  readonly #selection: ObjectSelection
  readonly #read: (object: KubernetesObject) => T
  readonly #listeners = new Set<(value: T) => void>()
  #reflector: Reflector | undefined

  constructor(
    options: KubernetesConfigStoreOptions,
    selection: ObjectSelection,
    read: (object: KubernetesObject) => T,
  ) {
    this.#options = options
    this.#selection = selection
    this.#read = read
  }

  watch(changed: (value: T) => void): { stop(): void } {
    const listener = (value: T) => changed(value)
    this.#listeners.add(listener)
    this.#reflector ??= this.#follow()
    for (const object of this.#reflector.objects()) {
      void Promise.resolve().then(() => this.#tell([listener], object))
    }
    return { stop: () => void this.#listeners.delete(listener) }
  }

  stop(): void {
    this.#listeners.clear()
    this.#reflector?.stop()
  }

  #follow(): Reflector {
    const { api, clock, logger } = this.#options
    const listener = {
      changed: (object: KubernetesObject) => this.#tell(this.#listeners, object),
      // A record that is gone is told by whoever reads it next.
      removed: () => {},
    }
    return new Reflector({ api, clock, logger, selection: this.#selection, listener })
  }

  #tell(listeners: Iterable<(value: T) => void>, object: KubernetesObject): void {
    let value: T
    try {
      value = this.#read(object)
    } catch (error) {
      this.#options.logger.warn('An object cannot be read', { why: (error as Error).message })
      return
    }
    for (const listener of listeners) if (this.#listeners.has(listener)) listener(value)
  }
}

function unavailable(cause: unknown): ConfigStoreUnavailableError {
  return new ConfigStoreUnavailableError((cause as Error).message, { cause })
}
