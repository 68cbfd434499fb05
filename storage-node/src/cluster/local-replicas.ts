/**
 * This store's replicas, as whoever routes commands and queries sees them.
 *
 * @module
 */

import type { Epoch, PartitionId } from '../contract/identifiers.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { Answer, Query, QueryKind } from '../model/query.ts'
import type { PrimaryReply } from '../wire/peer/operation-messages.ts'

/**
 * One partition's replica. It evaluates and answers while it is the active primary; else it says who
 * is, or that nobody can answer now. A rejection has an unknown outcome.
 */
export interface LocalReplica {
  /**
   * The same opId has the same outcome, also at a later primary. A try is for the primary of one
   * epoch: one that comes so late that the partition has moved on is not evaluated, for another try
   * may have been answered by a primary in between, without an entry that would show it.
   */
  execute(opId: Uint8Array, command: Command, epoch: Epoch): Promise<PrimaryReply<CommandResult>>
  ask<K extends QueryKind>(query: Query<K>): Promise<PrimaryReply<Answer<K>>>
}

export interface LocalReplicas {
  find(partition: PartitionId): LocalReplica | undefined
}
