/**
 * The partitions of a region, as services see them.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { Answer, Query, RegionQueryKind } from '../model/query.ts'

/** Executes commands and answers queries, wherever their partition is. */
export interface Partitions {
  /**
   * Resolves once the effects are durable and visible; rejects with the refusal, an `OssError`, or
   * with an `UnknownOutcomeError`. The signal ends the waiting, never the command.
   */
  execute(command: Command, signal?: AbortSignal): Promise<CommandResult>
  ask<K extends RegionQueryKind>(query: Query<K>, signal?: AbortSignal): Promise<Answer<K>>
}

/** The result of a command that answers with this kind only. */
export function resultOf<K extends CommandResult['kind']>(
  result: CommandResult,
  kind: K,
): Extract<CommandResult, { kind: K }> {
  assert(result.kind === kind, `the command answers with "${kind}", not "${result.kind}"`)
  return result as Extract<CommandResult, { kind: K }>
}
