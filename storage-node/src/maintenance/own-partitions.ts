/**
 * The partitions that this storage node looks after: those it is primary of.
 *
 * @module
 */

import type { PartitionId } from '../contract/identifiers.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { Answer, PartitionQueryKind, Query } from '../model/query.ts'

/** What maintenance asks of partitions. */
export interface OwnPartitions {
  /** Partitions whose primary is here, as far as is known. */
  primaries(): readonly PartitionId[]
  /** Asks one of them; rejects when its primary is elsewhere by now. */
  ask<K extends PartitionQueryKind>(partition: PartitionId, query: Query<K>): Promise<Answer<K>>
  /** As everybody's: wherever the partition is. */
  execute(command: Command): Promise<CommandResult>
}
