/**
 * A config store in memory: for tests, and behind the simulator's faults.
 *
 * Every call takes effect at once and is answered in a later turn; nothing depends on time or chance.
 *
 * @module
 */

import type { Configuration } from '../../contract/configuration.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import type { ConfigStoreFounder, SwapOutcome } from '../config-store.ts'
import type {
  ConfigVersion,
  PartitionConfig,
  PartitionIntent,
} from '../../contract/partition-record.ts'
import { ConfigTable } from './config-table.ts'
import { Watchers } from './watchers.ts'

export class MemoryConfigStore implements ConfigStoreFounder {
  readonly #table = ConfigTable.empty()
  readonly #watchers = new Watchers()

  async get(partition: PartitionId): Promise<PartitionConfig | undefined> {
    return this.#table.get(partition)
  }

  async list(): Promise<readonly PartitionConfig[]> {
    return this.#table.list()
  }

  async swap(
    partition: PartitionId,
    expected: ConfigVersion,
    configuration: Configuration,
  ): Promise<SwapOutcome> {
    return this.#told(this.#table.swap(partition, expected, configuration))
  }

  async touch(partition: PartitionId, expected: ConfigVersion): Promise<SwapOutcome> {
    return this.#told(this.#table.touch(partition, expected))
  }

  watch(changed: (config: PartitionConfig) => void): { stop(): void } {
    return this.#watchers.watch(this.#table, changed)
  }

  async getPlacement(): Promise<PlacementMap | undefined> {
    return this.#table.placement
  }

  watchPlacement(changed: (map: PlacementMap) => void): { stop(): void } {
    return this.#watchers.watchPlacement(this.#table, changed)
  }

  async create(partition: PartitionId, intent: PartitionIntent): Promise<void> {
    this.#table.create(partition, `memory-${this.#table.revision + 1}`, intent)
    this.#told(undefined)
  }

  async putPlacement(map: PlacementMap): Promise<'won' | 'lost'> {
    return this.#told(this.#table.putPlacement(map))
  }

  /** Loses a record, as a config store must not: what stores say to that can be tested. */
  remove(partition: PartitionId): void {
    this.#table.remove(partition)
  }

  #told<T>(outcome: T): T {
    this.#watchers.tell(this.#table.changes.splice(0))
    return outcome
  }
}
