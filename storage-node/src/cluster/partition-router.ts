/**
 * Finds the partition of a command or query, and its primary.
 *
 * Settings live in the system range, everything else in the user range of its bucket and key. With
 * one store every primary is here.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { Answer, Query, QueryKind } from '../model/query.ts'
import type { ReplicaDriver } from './replica-driver.ts'

/** Executes commands and answers queries, wherever their partition is. */
export interface Partitions {
  /**
   * Resolves once the effects are durable and visible; rejects with the refusal, an `OssError`, or
   * with an `UnknownOutcomeError`. The signal ends the waiting, never the command.
   */
  execute(command: Command, signal?: AbortSignal): Promise<CommandResult>
  ask<K extends QueryKind>(query: Query<K>, signal?: AbortSignal): Promise<Answer<K>>
}

/** The partitions of a region with one store. */
export class PartitionRouter implements Partitions {
  readonly #system: ReplicaDriver
  readonly #user: ReplicaDriver

  constructor(system: ReplicaDriver, user: ReplicaDriver) {
    this.#system = system
    this.#user = user
  }

  execute(command: Command): Promise<CommandResult> {
    return (isUserCommand(command) ? this.#user : this.#system).execute(command)
  }

  ask<K extends QueryKind>(query: Query<K>): Promise<Answer<K>> {
    const isSystem = query.kind === 'bucket' || query.kind === 'buckets'
    return (isSystem ? this.#system : this.#user).ask(query)
  }
}

/** The result of a command that answers with this kind only. */
export function resultOf<K extends CommandResult['kind']>(
  result: CommandResult,
  kind: K,
): Extract<CommandResult, { kind: K }> {
  assert(result.kind === kind, `the command answers with "${kind}", not "${result.kind}"`)
  return result as Extract<CommandResult, { kind: K }>
}

function isUserCommand(command: Command): boolean {
  return !('name' in command)
}
