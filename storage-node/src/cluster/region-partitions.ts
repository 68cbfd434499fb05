/**
 * The partitions of a region, wherever they are: finds the one of a command or query and calls its
 * primary.
 *
 * What is about a whole bucket goes to each partition that the bucket reaches into. Answers name the
 * position at which the next one begins, so that a split on the way leaves no gap.
 *
 * @module
 */

import type { Random } from '../base/random.ts'
import type { PartitionId } from '../contract/identifiers.ts'
import { addCounters, noCounters } from '../model/bucket.ts'
import type { BucketRangeCommand, Command, CommandResult } from '../model/command.ts'
import type {
  Answer,
  PartitionQueryKind,
  Query,
  QueryKind,
  RegionQueryKind,
} from '../model/query.ts'
import { newOpId } from '../wire/stored/op-id.ts'
import { SYSTEM_POSITION, positionOfKey, positionOfPrefix } from '../wire/stored/range-keys.ts'
import { isOnSettings, isPage } from './command-rules.ts'
import { listPages, onward, uploadPages, versionPages } from './list-pages.ts'
import type { PartitionTable, Route } from './partition-table.ts'
import type { Partitions } from './partitions.ts'
import type { CallOptions, PrimaryCalls } from './primary-calls.ts'
import { CALL_MS } from './primary-calls.ts'
import type { StoreCalls } from './store-calls.ts'

/** A change of settings may wait for storage nodes that are silent, after a failover. */
const SETTINGS_CALL_MS = CALL_MS + 3000

export interface RegionPartitionsParts {
  readonly table: PartitionTable
  readonly calls: PrimaryCalls
  readonly stores: StoreCalls
  readonly random: Random
  /** This storage node's hybrid clock. */
  readonly hybridMs: () => number
}

export class RegionPartitions implements Partitions {
  readonly #parts: RegionPartitionsParts

  constructor(parts: RegionPartitionsParts) {
    this.#parts = parts
  }

  execute(command: Command, signal?: AbortSignal): Promise<CommandResult> {
    if ('key' in command) {
      return this.#executeAt(positionOfKey(command.bucketId, command.key), command, { signal })
    }
    if (isOnSettings(command)) {
      return this.#executeAt(SYSTEM_POSITION, command, { signal, callMs: SETTINGS_CALL_MS })
    }
    return this.#executeInRanges(command, signal)
  }

  ask<K extends RegionQueryKind>(query: Query<K>, signal?: AbortSignal): Promise<Answer<K>> {
    return this.#ask(query as Query<RegionQueryKind>, { signal }) as Promise<Answer<K>>
  }

  /** Asks one partition about the rows it has. */
  askPartition<K extends PartitionQueryKind>(
    partition: PartitionId,
    query: Query<K>,
    signal?: AbortSignal,
  ): Promise<Answer<K>> {
    return this.#askOf(() => this.#parts.table.get(partition), query, { signal })
  }

  #ask(query: Query<RegionQueryKind>, options: CallOptions): Promise<Answer<RegionQueryKind>> {
    const askAt = <K extends RegionQueryKind>(position: Uint8Array, part: Query<K>) =>
      this.#askOf(() => this.#parts.table.find(position), part, options)
    switch (query.kind) {
      case 'account':
      case 'accessKeys':
      case 'accessKeyPage':
      case 'bucket':
      case 'buckets':
        return askAt(SYSTEM_POSITION, query)
      case 'list':
        return listPages(query, askAt<'list'>)
      case 'versions':
        return versionPages(query, askAt<'versions'>)
      case 'uploads':
        return uploadPages(query, askAt<'uploads'>)
      case 'counters':
        return countRanges(query, askAt<'counters'>)
      default:
        return askAt(positionOfKey(query.bucketId, query.key), query)
    }
  }

  #askOf<K extends QueryKind>(
    find: () => Route | undefined,
    query: Query<K>,
    options: CallOptions,
  ): Promise<Answer<K>> {
    const { calls, stores } = this.#parts
    // Pages wait for their turn. A second try would wait behind the first, which nobody waits for by
    // then, and be as late: under load no page would ever come.
    const patience = isPage(query.kind) ? { tryMs: CALL_MS } : undefined
    return calls.call(find, (target) => stores.ask(target, query), { ...options, ...patience })
  }

  #executeAt(position: Uint8Array, command: Command, options: CallOptions): Promise<CommandResult> {
    const { table, calls, stores, random, hybridMs } = this.#parts
    // One for all tries: the command takes effect once, whichever of them arrives.
    const opId = newOpId(hybridMs(), random)
    const find = () => table.find(position)
    return calls.call(find, (target) => stores.execute(target, opId, command), options)
  }

  /** Each range with an opId of its own, in order; an attempt that is over anywhere is over. */
  async #executeInRanges(
    command: BucketRangeCommand,
    signal: AbortSignal | undefined,
  ): Promise<CommandResult> {
    let position: Uint8Array = positionOfPrefix(command.bucketId, '')
    for (;;) {
      const result = await this.#executeAt(position, command, { signal })
      const next = result.kind === 'ranged' ? result.continuesAt : undefined
      if (next === undefined) return result
      position = onward(position, next)
    }
  }
}

/** Counters of the whole bucket: only the sum over its ranges means anything. */
async function countRanges(
  query: Query<'counters'>,
  ask: (position: Uint8Array, query: Query<'counters'>) => Promise<Answer<'counters'>>,
): Promise<Answer<'counters'>> {
  let position: Uint8Array | undefined = positionOfPrefix(query.bucketId, '')
  let sum = noCounters
  while (position !== undefined) {
    const { counters, continuesAt }: Answer<'counters'> = await ask(position, query)
    sum = addCounters(sum, counters)
    position = continuesAt === undefined ? undefined : onward(position, continuesAt)
  }
  return { counters: sum, continuesAt: undefined }
}
