/**
 * The records of a config store, and what becomes of them: decisions without I/O.
 *
 * A decision is made on a table and changes it at once; whoever must make changes durable first
 * decides on a fork, and keeps that once they are.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Configuration } from '../../contract/configuration.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import type { SwapOutcome } from '../config-store.ts'
import type {
  ConfigVersion,
  PartitionConfig,
  PartitionIntent,
} from '../../contract/partition-record.ts'
import { mayNotFollow } from './transition-rules.ts'

/** What one write has changed, whole. */
export type ConfigChange =
  | { readonly kind: 'partition'; readonly config: PartitionConfig }
  | { readonly kind: 'placement'; readonly map: PlacementMap }

/** All records, and the number of the last write. */
export class ConfigTable {
  readonly #partitions: Map<PartitionId, PartitionConfig>
  #placement: PlacementMap | undefined
  /** Rises with every write to any record: no version is ever used twice. */
  #revision: number
  /** What was written since the fork, in order. */
  readonly changes: ConfigChange[] = []

  private constructor(
    partitions: ReadonlyMap<PartitionId, PartitionConfig>,
    placement: PlacementMap | undefined,
    revision: number,
  ) {
    this.#partitions = new Map(partitions)
    this.#placement = placement
    this.#revision = revision
  }

  static empty(): ConfigTable {
    return new ConfigTable(new Map(), undefined, 0)
  }

  /** A copy that goes its own way. */
  fork(): ConfigTable {
    return new ConfigTable(this.#partitions, this.#placement, this.#revision)
  }

  get revision(): number {
    return this.#revision
  }

  get placement(): PlacementMap | undefined {
    return this.#placement
  }

  get(partition: PartitionId): PartitionConfig | undefined {
    return this.#partitions.get(partition)
  }

  /** In order of their ids. */
  list(): PartitionConfig[] {
    return [...this.#partitions.values()].sort((a, b) => a.partition - b.partition)
  }

  swap(partition: PartitionId, expected: ConfigVersion, configuration: Configuration): SwapOutcome {
    const config = this.#partitions.get(partition)
    if (config === undefined || config.version !== expected) return { kind: 'lost' }
    const refusal = mayNotFollow(config.configuration, configuration)
    assert(refusal === undefined, `a configuration follows the rules: ${refusal}`)
    const { uid } = config
    return this.#write({ ...config, configuration: { ...configuration, partition, uid } })
  }

  touch(partition: PartitionId, expected: ConfigVersion): SwapOutcome {
    const config = this.#partitions.get(partition)
    return config?.version === expected ? this.#write(config) : { kind: 'lost' }
  }

  create(partition: PartitionId, uid: string, intent: PartitionIntent): void {
    if (this.#partitions.has(partition)) return
    this.#write({ partition, uid, version: '', intent, configuration: undefined })
  }

  putPlacement(map: PlacementMap): 'won' | 'lost' {
    if (map.version !== (this.#placement?.version ?? 0) + 1) return 'lost'
    this.#revision++
    this.#placement = map
    this.changes.push({ kind: 'placement', map })
    return 'won'
  }

  /** Takes a record away, as somebody may who deletes the object behind it. */
  remove(partition: PartitionId): void {
    this.#revision++
    this.#partitions.delete(partition)
  }

  /** Changes that make this table of an empty one. */
  snapshot(): ConfigChange[] {
    const partitions = this.list().map((config) => ({ kind: 'partition', config }) as const)
    if (this.#placement === undefined) return partitions
    return [...partitions, { kind: 'placement', map: this.#placement }]
  }

  /** Takes back what was read from somewhere, written at `revision`. */
  restore(change: ConfigChange, revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    if (change.kind === 'placement') this.#placement = change.map
    else this.#partitions.set(change.config.partition, change.config)
  }

  #write(config: PartitionConfig): SwapOutcome {
    this.#revision++
    // With the uid, so that a record that was made again repeats no version of the one before.
    const written = { ...config, version: `${config.uid}.${this.#revision}` }
    this.#partitions.set(written.partition, written)
    this.changes.push({ kind: 'partition', config: written })
    return { kind: 'won', config: written }
  }
}
