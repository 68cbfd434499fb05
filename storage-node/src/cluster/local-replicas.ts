/**
 * This store's replicas, as whoever routes commands and queries sees them.
 *
 * @module
 */

import type { PartitionId } from '../contract/identifiers.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { Answer, Query, QueryKind } from '../model/query.ts'
import type { PrimaryReply } from '../wire/peer/operation-messages.ts'

/**
 * One partition's replica. It evaluates and answers while it is the active primary; else it says who
 * is, or that nobody can answer now. A rejection has an unknown outcome.
 */
export interface LocalReplica {
  /** The same opId has the same outcome, also at a later primary. */
  execute(opId: Uint8Array, command: Command): Promise<PrimaryReply<CommandResult>>
  ask<K extends QueryKind>(query: Query<K>): Promise<PrimaryReply<Answer<K>>>
}

export interface LocalReplicas {
  find(partition: PartitionId): LocalReplica | undefined
}
