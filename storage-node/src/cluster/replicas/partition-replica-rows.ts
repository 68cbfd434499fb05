/**
 * What a replica keeps in memory of its rows: how far they are applied, and the operations of the
 * last seconds.
 *
 * @module
 */

import type { PartitionId } from '../../contract/identifiers.ts'
import type { CommandResult } from '../../model/command.ts'
import { Applier } from '../../storage/applier.ts'
import type { Journal } from '../../storage/journal/journal.ts'
import type { Store } from '../../storage/store.ts'
import { decodeResult } from '../../wire/stored/entry-result.ts'
import { partitionRowsRange } from '../../wire/stored/keys.ts'
import { decodeOperationsRow } from '../../wire/stored/operations-row.ts'
import type { EarlierResult } from './primary.ts'
import type { RecentOperation, RecentOperations } from './recent-operations.ts'

/** Far more than the operations of 20 s take. */
const OPERATION_ROW_COUNT_MAX = 10_000

export interface ReplicaRows {
  readonly applier: Applier
  /** Those that came with a snapshot. */
  readonly operations: readonly RecentOperation[]
}

export async function openRows(
  partition: PartitionId,
  { writer, cache, engine }: Pick<Store, 'writer' | 'cache' | 'engine'>,
): Promise<ReplicaRows> {
  const applier = await Applier.open(partition, { writer, cache })
  const range = partitionRowsRange(partition)
  const rows = await engine.scan(range, { limit: OPERATION_ROW_COUNT_MAX })
  const operations = rows.slice(1).flatMap(({ value }) => decodeOperationsRow(value))
  return { applier, operations }
}

/** What became of an operation of the last seconds, from its entry. */
export async function findResult(
  opId: Uint8Array,
  recent: RecentOperations,
  partition: PartitionId,
  journal: Journal,
): Promise<EarlierResult> {
  const found = recent.find(opId)
  if (found === undefined) return recent.isForgotten(opId) ? FORGOTTEN : NONE
  const { seq, payload } = found
  if (payload !== undefined) return { kind: 'found', result: resultIn(payload) }
  const entry = journal.recentEntry(partition, seq)
  if (entry !== undefined) return { kind: 'found', result: resultIn(entry.payload) }
  for await (const old of journal.entries(partition, { from: seq, upTo: seq })) {
    return { kind: 'found', result: resultIn(old.payload) }
  }
  return { kind: 'found', result: undefined }
}

const NONE: EarlierResult = { kind: 'none' }
const FORGOTTEN: EarlierResult = { kind: 'forgotten' }

/** An entry of a region with one store does not say what it answered. */
function resultIn(payload: Uint8Array): CommandResult | undefined {
  return payload.byteLength === 0 ? undefined : decodeResult(payload)
}
