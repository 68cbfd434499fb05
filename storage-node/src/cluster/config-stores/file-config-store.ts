/**
 * A config store in a file, for regions on one machine (replication.md 1.13).
 *
 * Nothing is answered, and nobody reads it, before it is durable. One process may have the file open.
 *
 * @module
 */

import { toHex } from '../../base/bytes.ts'
import type { Files } from '../../base/files.ts'
import type { Random } from '../../base/random.ts'
import type { Configuration } from '../../contract/configuration.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import {
  ConfigStoreUnavailableError,
  type ConfigStoreFounder,
  type SwapOutcome,
} from '../config-store.ts'
import type {
  ConfigVersion,
  PartitionConfig,
  PartitionIntent,
} from '../../contract/partition-record.ts'
import { ConfigFile } from './config-file.ts'
import type { ConfigTable } from './config-table.ts'
import { Watchers } from './watchers.ts'

export interface FileConfigStoreOptions {
  readonly files: Files
  readonly random: Random
  /** Of the file; its directory exists. */
  readonly path: string
}

/** A write that waits for its turn. */
interface Waiting {
  /** Decides on a table and returns what settles the caller once that table is durable. */
  decide(table: ConfigTable): () => void
  reject(error: unknown): void
}

const UID_BYTES = 16

export class FileConfigStore implements ConfigStoreFounder {
  readonly #file: ConfigFile
  readonly #random: Random
  readonly #watchers = new Watchers()
  /** What is durable. */
  #table: ConfigTable
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #isClosed = false

  private constructor(file: ConfigFile, table: ConfigTable, random: Random) {
    this.#file = file
    this.#table = table
    this.#random = random
  }

  /** Opens the file, or makes it; rejects with `ConfigFileDamagedError` where it cannot be trusted. */
  static async open({ files, random, path }: FileConfigStoreOptions): Promise<FileConfigStore> {
    const [file, table] = await ConfigFile.open(files, path)
    return new FileConfigStore(file, table, random)
  }

  async get(partition: PartitionId): Promise<PartitionConfig | undefined> {
    return this.#table.get(partition)
  }

  async list(): Promise<readonly PartitionConfig[]> {
    return this.#table.list()
  }

  swap(
    partition: PartitionId,
    expected: ConfigVersion,
    configuration: Configuration,
  ): Promise<SwapOutcome> {
    return this.#write((table) => table.swap(partition, expected, configuration))
  }

  touch(partition: PartitionId, expected: ConfigVersion): Promise<SwapOutcome> {
    return this.#write((table) => table.touch(partition, expected))
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

  create(partition: PartitionId, intent: PartitionIntent): Promise<void> {
    const uid = toHex(this.#random.bytes(UID_BYTES))
    return this.#write((table) => table.create(partition, uid, intent))
  }

  putPlacement(map: PlacementMap): Promise<'won' | 'lost'> {
    return this.#write((table) => table.putPlacement(map))
  }

  /** Ends the writes under way and lets go of the file. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writing
    await this.#file.close()
  }

  #write<T>(decide: (table: ConfigTable) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new ConfigStoreUnavailableError('The file is closed'))
      this.#waiting.push({
        decide(table) {
          const outcome = decide(table)
          return () => resolve(outcome)
        },
        reject,
      })
      this.#writing ??= this.#writeAll()
    })
  }

  /** What waits goes together into one group; what comes meanwhile into the next. */
  async #writeAll(): Promise<void> {
    // What else this turn brings belongs to the first group.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeGroup(this.#waiting.splice(0))
    this.#writing = undefined
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const next = this.#table.fork()
    const decided = group.flatMap((waiting) => {
      const settle = attempt(waiting, next)
      return settle === undefined ? [] : [{ settle, reject: waiting.reject }]
    })
    try {
      if (next.changes.length > 0) await this.#file.append(next)
    } catch (cause) {
      // A refusal counts on what was to become durable with it: it is as unknown as the rest.
      const error = new ConfigStoreUnavailableError('The file was not written', { cause })
      for (const { reject } of decided) reject(error)
      return
    }
    this.#table = next
    for (const { settle } of decided) settle()
    this.#watchers.tell(next.changes.splice(0))
  }
}

/** Decides; whoever breaks the rules is told so, and the others go on. */
function attempt(waiting: Waiting, table: ConfigTable): (() => void) | undefined {
  try {
    return waiting.decide(table)
  } catch (error) {
    waiting.reject(error)
    return undefined
  }
}
