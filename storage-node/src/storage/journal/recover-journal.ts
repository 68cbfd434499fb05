/**
 * Reads the journal that an earlier process left and tells a torn tail from damage.
 *
 * A bad group is a torn tail only if nothing valid follows it in its file and no later file counts
 * it as synced. Anything else was synced once and has changed since: the store is damaged (D2).
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { Files } from '../../base/files.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import {
  belongsTo,
  GROUP_ALIGNMENT_BYTES,
  GROUP_HEADER_BYTES,
  paddedSizeBytes,
  readGroup,
  readGroupHeader,
  type GroupHeader,
  type PlacedRecord,
} from '../../wire/stored/journal-groups.ts'
import type {
  EntryRecord,
  JournalRecord,
  PeerRecord,
  ReplicaRecord,
} from '../../wire/stored/journal-records.ts'
import { encodeStoreId } from '../../wire/stored/store-id.ts'
import { StoredFormatError } from '../../wire/stored/stored-format-error.ts'
import { StoreDamagedError } from '../store-open-error.ts'
import { JournalFileReader, listJournalFiles, removeJournalFile } from './journal-files.ts'
import { locationOf } from './location.ts'
import { LogIndex } from './log-index.ts'
import { RecoveredOpIds } from './recovered-op-ids.ts'

/** Records whose order among each other counts. */
export type LogRecord = Extract<JournalRecord, { kind: 'entry' | 'copy' | 'restart' }>

/** What a walk over the files has found so far. */
export interface RecoveredJournal {
  readonly files: { readonly number: number; readonly sizeBytes: number }[]
  readonly replicas: Map<PartitionId, ReplicaRecord>
  readonly peers: Map<StoreId, PeerRecord>
  readonly index: LogIndex
  /** Of all good groups. */
  sizeBytes: number
  /** Number of the last good group; 0 when there is none. */
  lastGroup: number
  /** Number of the last group that was surely synced: by J1 only the last can be missing. */
  syncedGroup: number
  /** What the groups that may not be durable yet say of logs, in order (J2). */
  unsureRecords: LogRecord[]
  readonly opIds: RecoveredOpIds
}

export interface RecoverOptions {
  readonly files: Files
  readonly directory: string
  readonly storeId: StoreId
  /** Number of a group that is known to have been synced (D3). */
  readonly watermark: number
  /** Wall clock. */
  readonly nowMs: number
}

/** A group that is whole and sound. */
interface FoundGroup {
  readonly header: GroupHeader
  readonly records: PlacedRecord[]
}

/** Walks all files, oldest first. Throws `StoreDamagedError` when something durable is missing. */
export async function recoverJournal(options: RecoverOptions): Promise<RecoveredJournal> {
  const { files, directory, watermark } = options
  const fileNumbers = await listJournalFiles(files, directory)
  const journal: RecoveredJournal = {
    files: [],
    replicas: new Map(),
    peers: new Map(),
    index: new LogIndex(),
    sizeBytes: 0,
    lastGroup: 0,
    syncedGroup: 0,
    unsureRecords: [],
    opIds: new RecoveredOpIds(options.nowMs),
  }
  let newestWithGroups = 0
  for (const [at, number] of fileNumbers.entries()) {
    const oldest = fileNumbers[0] ?? number
    if (number !== oldest + at) {
      throw new StoreDamagedError(directory, `journal file ${oldest + at} is missing`)
    }
    const sizeBytes = await walkFile(journal, options, number)
    if (sizeBytes > 0) newestWithGroups = number
    journal.files.push({ number, sizeBytes })
    journal.sizeBytes += sizeBytes
  }
  if (journal.lastGroup < watermark) {
    throw new StoreDamagedError(
      directory,
      `its journal ends with group ${journal.lastGroup}, but group ${watermark} was synced`,
    )
  }
  journal.index.adoptCopies()
  checkBases(journal, directory)
  journal.unsureRecords = withoutSuperseded(journal.unsureRecords)
  // Files that starts left without a single group; a process killed in the middle of each.
  while ((journal.files.at(-1)?.number ?? 0) > newestWithGroups) {
    await removeJournalFile(files, directory, journal.files.pop()?.number ?? 0)
  }
  return journal
}

/** Takes all groups of a file; returns how many bytes they have. */
async function walkFile(
  journal: RecoveredJournal,
  options: RecoverOptions,
  number: number,
): Promise<number> {
  const { files, directory } = options
  const storeId = encodeStoreId(options.storeId)
  const reader = await JournalFileReader.open(files, directory, number)
  let position = 0
  try {
    while (position < reader.sizeBytes) {
      const group = await findGroup(reader, storeId, position)
      if (group === undefined) break
      takeGroup(journal, directory, position, group)
      position += paddedSizeBytes(group.header)
    }
    await checkTail(reader, storeId, position, directory)
    return position
  } finally {
    await reader.close()
  }
}

/** Reads the group that begins at `position`; undefined when there is no sound one. */
async function findGroup(
  reader: JournalFileReader,
  storeId: Uint8Array,
  position: number,
): Promise<FoundGroup | undefined> {
  try {
    const header = readGroupHeader(await reader.bytesAt(position, GROUP_HEADER_BYTES))
    if (!belongsTo(header, storeId, reader.number)) return undefined
    return readGroup(await reader.bytesAt(position, paddedSizeBytes(header)))
  } catch (error) {
    if (error instanceof StoredFormatError) return undefined
    throw error
  }
}

/** From a bad group on nothing valid may follow: what was synced later proves that it was, too. */
async function checkTail(
  reader: JournalFileReader,
  storeId: Uint8Array,
  from: number,
  directory: string,
): Promise<void> {
  for (let at = from + GROUP_ALIGNMENT_BYTES; at < reader.sizeBytes; at += GROUP_ALIGNMENT_BYTES) {
    if ((await findGroup(reader, storeId, at)) === undefined) continue
    throw new StoreDamagedError(
      directory,
      `journal file ${reader.number} has a bad group at byte ${from} and a good one at byte ${at}`,
    )
  }
}

function takeGroup(
  journal: RecoveredJournal,
  directory: string,
  position: number,
  { header, records }: FoundGroup,
): void {
  if (position === 0) {
    journal.syncedGroup = checkHead(journal, directory, header, records)
  } else {
    if (header.group !== journal.lastGroup + 1) {
      throw new StoreDamagedError(
        directory,
        `journal group ${header.group} follows group ${journal.lastGroup}`,
      )
    }
    journal.syncedGroup = journal.lastGroup
  }
  journal.lastGroup = header.group
  journal.unsureRecords = []
  for (const { record, offset } of records) {
    switch (record.kind) {
      case 'replica':
        journal.replicas.set(record.replica.partition, record.replica)
        break
      case 'peer':
        journal.peers.set(record.peer.storeId, record.peer)
        break
      case 'entry':
        journal.unsureRecords.push(record)
        takeEntry(journal, directory, record.entry, locationOf(header.file, position + offset))
        break
      case 'copy': {
        const { partition } = record.entry
        journal.unsureRecords.push(record)
        journal.index.copy(partition, record.entry, locationOf(header.file, position + offset))
        break
      }
      case 'restart':
        journal.unsureRecords.push(record)
        journal.index.restart(record.partition)
        break
      case 'head':
        break
      default:
        unreachable(record)
    }
  }
}

/**
 * Checks a file's first group against the files before it; returns what it knows as synced. The
 * groups between that and itself were written again in this one (J2), so they may be missing.
 */
function checkHead(
  journal: RecoveredJournal,
  directory: string,
  header: GroupHeader,
  records: readonly PlacedRecord[],
): number {
  const first = records[0]?.record
  if (first?.kind !== 'head') {
    throw new StoreDamagedError(directory, `journal file ${header.file} begins without its head`)
  }
  const { follows } = first.head
  const isOldest = journal.lastGroup === 0
  if (!isOldest && (journal.lastGroup < follows || journal.lastGroup >= header.group)) {
    throw new StoreDamagedError(
      directory,
      `journal file ${header.file} begins with group ${header.group} and follows group ${follows}, the files before it end with group ${journal.lastGroup}`,
    )
  }
  return follows
}

function takeEntry(
  journal: RecoveredJournal,
  directory: string,
  entry: EntryRecord,
  location: number,
): void {
  const { partition, seq } = entry
  journal.opIds.take(entry)
  if (journal.index.place(partition, entry, location)) return
  if (seq !== (journal.replicas.get(partition)?.base.seq ?? 0) + 1) {
    throw new StoreDamagedError(
      directory,
      `entries of partition ${partition} before ${seq} are missing`,
    )
  }
  journal.index.restart(partition)
  journal.index.place(partition, entry, location)
}

/** What a replica has not flushed must be in its log. */
function checkBases({ index, replicas }: RecoveredJournal, directory: string): void {
  for (const partition of index.partitions()) {
    const base = replicas.get(partition)?.base.seq ?? 0
    const first = index.first(partition) ?? 0
    if (first > base + 1) {
      throw new StoreDamagedError(
        directory,
        `entries of partition ${partition} from ${base + 1} to ${first - 1} are missing`,
      )
    }
  }
}

/**
 * Leaves out what a later record of the same group has cut off: written again behind the group
 * itself, it would follow a log that has become shorter.
 */
function withoutSuperseded(records: readonly LogRecord[]): LogRecord[] {
  const lowest = new Map<PartitionId, number>()
  const kept = records.toReversed().filter((record) => {
    if (record.kind === 'restart') {
      lowest.set(record.partition, 0)
      return true
    }
    const { partition, seq } = record.entry
    const isHeld = seq < (lowest.get(partition) ?? Infinity)
    if (isHeld && record.kind === 'entry') lowest.set(partition, seq)
    return isHeld
  })
  return kept.reverse()
}
