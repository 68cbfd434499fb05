/**
 * Builders for tests of the journal.
 *
 * @module
 */

import type { Files } from '../../base/files.ts'
import { silentLogger } from '../../base/logger.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { EntryRecord, ReplicaRecord } from '../../wire/stored/journal-records.ts'
import { Journal, type JournalOptions } from './journal.ts'

export const STORE_ID = '0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId
export const DIRECTORY = '/store/journal'
const START_MS = Date.UTC(2030, 0, 1)
export const P1 = 1 as PartitionId
export const P2 = 2 as PartitionId

export function ballot(epoch: number, activation = 1): Ballot {
  return { epoch: epoch as Epoch, activation }
}

export function position(seq: number, epoch = 1): { seq: Seq; ballot: Ballot } {
  return { seq: seq as Seq, ballot: ballot(epoch) }
}

export function entry(
  partition: PartitionId,
  seq: number,
  text = `${partition}/${seq}`,
  epoch = 1,
): EntryRecord {
  const opId = Buffer.alloc(16)
  opId.writeUInt32LE(seq)
  return { partition, ballot: ballot(epoch), seq: seq as Seq, opId, payload: Buffer.from(text) }
}

export function replica(partition: PartitionId, baseSeq = 0, epoch = 1): ReplicaRecord {
  return {
    partition,
    promised: { ballot: ballot(epoch), to: STORE_ID },
    configuration: Buffer.from('configuration'),
    base: position(baseSeq, epoch),
    installing: false,
  }
}

/** Opens a journal whose fatal failures end the test, unless it says otherwise. */
export function openJournal(files: Files, options: Partial<JournalOptions> = {}): Promise<Journal> {
  return Journal.open({
    files,
    directory: DIRECTORY,
    storeId: STORE_ID,
    fatal: (cause) => {
      throw cause
    },
    watermark: 0,
    clock: new ManualClock(START_MS),
    logger: silentLogger,
    ...options,
  })
}

/** Payloads as text of all entries that the journal holds from `fromSeq` on. */
export async function readTexts(
  journal: Journal,
  partition: PartitionId,
  fromSeq = journal.firstSeq(partition) ?? (1 as Seq),
): Promise<string[]> {
  const texts: string[] = []
  for await (const { payload } of journal.entries(partition, all(fromSeq))) {
    texts.push(Buffer.from(payload).toString())
  }
  return texts
}

/** Everything from `from` on. */
export function all(from: Seq): { from: Seq; upTo: Seq } {
  return { from, upTo: Number.MAX_SAFE_INTEGER as Seq }
}
