/**
 * A replica's durable state as the journal has it.
 *
 * @module
 */

import type { Configuration } from '../../contract/configuration.ts'
import type { PartitionId, Seq } from '../../contract/identifiers.ts'
import { NO_BALLOT } from '../../replication/ballot.ts'
import type { DurableReplica, RecoveredReplica } from '../../replication/protocol.ts'
import type { Applier } from '../../storage/applier.ts'
import type { Journal } from '../../storage/journal/journal.ts'
import { StoreDamagedError } from '../../storage/store-open-error.ts'
import { decodeConfiguration, encodeConfiguration } from '../../wire/stored/configuration.ts'
import type { ReplicaRecord } from '../../wire/stored/journal-records.ts'

const NO_CONFIGURATION = new Uint8Array()

export function recordOf(partition: PartitionId, replica: DurableReplica): ReplicaRecord {
  const { promised, configuration, base, installing } = replica
  const bytes = configuration === undefined ? NO_CONFIGURATION : encodeConfiguration(configuration)
  return { partition, promised, configuration: bytes, base, installing }
}

/**
 * `inherited`: the configuration of partitions that regions with one store made before there were
 * configurations.
 */
export function replicaOf(
  { promised, configuration, base, installing }: ReplicaRecord,
  inherited: Configuration | undefined,
): DurableReplica {
  const isOld = configuration.byteLength === 0
  return {
    promised,
    configuration: isOld ? inherited : decodeConfiguration(configuration),
    base,
    installing,
  }
}

export interface RecoverOptions {
  readonly partition: PartitionId
  /** The store's, for messages. */
  readonly directory: string
  readonly journal: Journal
  readonly applier: Applier
  readonly inherited?: Configuration | undefined
}

/** What a start finds. Throws `StoreDamagedError` when the store must not be served (J3). */
export function recoverReplica(options: RecoverOptions): RecoveredReplica {
  const { partition, directory, journal, applier, inherited } = options
  const record = journal.replica(partition)
  const log = journal.summary(partition)
  const durable = record && replicaOf(record, inherited)
  if (durable === undefined || durable.installing) {
    return { durable, log, applied: log.base.seq, isDamaged: false }
  }
  const applied = applier.appliedSeq
  if (applied > log.end.seq) {
    throw new StoreDamagedError(
      directory,
      `partition ${partition} is applied up to entry ${applied}, its journal ends with ${log.end.seq}`,
    )
  }
  const isDamaged = applied < log.base.seq
  if (isDamaged && durable.configuration?.members.length === 1) {
    throw new StoreDamagedError(
      directory,
      `partition ${partition} is applied up to entry ${applied}, entry ${log.base.seq} was flushed`,
    )
  }
  return { durable, log, applied: isDamaged ? log.base.seq : applied, isDamaged }
}

/** Where a replica stands that has applied up to `applied`. */
export function positionOf(journal: Journal, partition: PartitionId, applied: Seq) {
  return { seq: applied, ballot: journal.ballotAt(partition, applied) ?? NO_BALLOT }
}
