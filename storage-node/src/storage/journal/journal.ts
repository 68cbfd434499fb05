/**
 * The journal of one store: what it has promised and accepted, durable before anybody hears of it
 * (replication.md 2.1).
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Fatal } from '../../base/crash.ts'
import { makeDurableDirectory } from '../../base/durable-files.ts'
import type { Files } from '../../base/files.ts'
import type { Logger } from '../../base/logger.ts'
import type { PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import { RECORD_HEADER_BYTES, readRecord } from '../../wire/stored/journal-records.ts'
import type {
  EntryRecord,
  JournalRecord,
  LogPosition,
  PeerRecord,
  ReplicaRecord,
} from '../../wire/stored/journal-records.ts'
import { StoreUnreadableError } from '../store-open-error.ts'
import { GroupWriter } from './group-writer.ts'
import { JournalFileReader, removeJournalFile } from './journal-files.ts'
import { fileOf, offsetOf, type Location, type LogIndex } from './log-index.ts'
import { recoverJournal, type RecoveredJournal } from './recover-journal.ts'

export interface JournalOptions {
  readonly files: Files
  /** The journal's own directory; made when it is not there. */
  readonly directory: string
  readonly storeId: StoreId
  readonly fatal: Fatal
  /** Default `JOURNAL_FILE_SIZE_BYTES`. */
  readonly fileSizeBytes?: number
  /** Number of the last group known as synced, 0 for none (D3). */
  readonly watermark: number
  readonly logger: Logger
}

export const JOURNAL_FILE_SIZE_BYTES = 64 * 1024 ** 2

/** Appends entries and replicas' records; reads entries back. */
export class Journal {
  readonly #options: JournalOptions
  readonly #index: LogIndex
  readonly #writer: GroupWriter
  /** As accepted; `#durableReplicas` follows with the sync. */
  readonly #replicas: Map<PartitionId, ReplicaRecord>
  readonly #durableReplicas: Map<PartitionId, ReplicaRecord>
  readonly #peers: Map<StoreId, PeerRecord>
  /** The last seq accepted per partition, durable or not. */
  readonly #accepted = new Map<PartitionId, Seq>()
  #oldestFile: number
  /** Of the writer's bytes; below zero while what an earlier process wrote is not covered. */
  #checkpointedBytes: number

  private constructor(options: JournalOptions, found: RecoveredJournal) {
    this.#options = options
    this.#index = found.index
    this.#replicas = new Map(found.replicas)
    this.#durableReplicas = found.replicas
    this.#peers = found.peers
    this.#checkpointedBytes = -found.sizeBytes
    const file = (found.fileNumbers.at(-1) ?? 0) + 1
    this.#oldestFile = found.fileNumbers[0] ?? file
    this.#writer = new GroupWriter(
      {
        ...options,
        fileSizeBytes: options.fileSizeBytes ?? JOURNAL_FILE_SIZE_BYTES,
        headRecords: () => this.#headRecords(),
        onDurable: (record, location) => this.#onDurable(record, location),
      },
      { file, lastGroup: found.lastGroup, syncedGroup: found.syncedGroup },
    )
  }

  /**
   * Walks what is there and begins a new file with the entries that may not be durable yet (J2).
   * Throws `StoreDamagedError` when something durable is missing or changed,
   * `StoreUnreadableError` when the disk does not let it look.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    try {
      return await Journal.#begin(options)
    } catch (error) {
      // No `instanceof`: see `hasErrorCode`.
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      throw new StoreUnreadableError(options.directory, error as Error)
    }
  }

  static async #begin(options: JournalOptions): Promise<Journal> {
    await makeDurableDirectory(options.files, options.directory)
    const found = await recoverJournal(options)
    const journal = new Journal(options, found)
    await journal.#writer.start(found.unsureEntries.map((entry) => ({ kind: 'entry', entry })))
    options.logger.info('Journal is open', {
      files: found.fileNumbers.length,
      lastGroup: found.lastGroup,
      rewrittenEntries: found.unsureEntries.length,
    })
    return journal
  }

  /** Number of the last group that is durable. */
  get syncedGroup(): number {
    return this.#writer.syncedGroup
  }

  /** Bytes that a start would have to walk: those written since the last checkpoint began. */
  get bytesSinceCheckpoint(): number {
    return this.#writer.writtenBytes - this.#checkpointedBytes
  }

  /** The last record of each replica. */
  replicas(): ReplicaRecord[] {
    return [...this.#replicas.values()]
  }

  /** The last entry of a log, or the base it stands on when the files hold none above. */
  logEnd(partition: PartitionId): LogPosition | undefined {
    const end = this.#index.end(partition)
    const base = this.#replicas.get(partition)?.base
    if (end === undefined || base === undefined) return end ?? base
    return end.seq >= base.seq ? end : base
  }

  /** The oldest entry that the files hold. */
  firstSeq(partition: PartitionId): Seq | undefined {
    return this.#index.first(partition)
  }

  /** Entries from `fromSeq` on that are durable at the call. The files must still hold them. */
  async *entries(partition: PartitionId, fromSeq: Seq): AsyncIterable<EntryRecord> {
    let reader: JournalFileReader | undefined
    // What is durable now lies wholly within the files that are opened later.
    const end = this.#index.end(partition)?.seq ?? 0
    try {
      for (let seq = fromSeq; seq <= end; seq++) {
        const location = this.#index.find(partition, seq)
        assert(location !== undefined, `entry ${seq} of partition ${partition} is held`)
        if (reader?.number !== fileOf(location)) {
          await reader?.close()
          const { files, directory } = this.#options
          reader = await JournalFileReader.open(files, directory, fileOf(location))
        }
        yield await readEntry(reader, offsetOf(location))
      }
    } finally {
      await reader?.close()
    }
  }

  /** Resolves after the sync that covers the entry. `payload` stays untouched until then. */
  append(entry: EntryRecord): Promise<void> {
    const { partition, seq } = entry
    const last = this.#accepted.get(partition) ?? this.logEnd(partition)?.seq ?? 0
    const base = this.#replicas.get(partition)?.base.seq ?? 0
    assert(seq <= Math.max(last, base) + 1, 'entries follow one another')
    this.#accepted.set(partition, seq)
    return this.#writer.write({ kind: 'entry', entry })
  }

  /** Resolves after the sync that covers the record. */
  writeReplica(replica: ReplicaRecord): Promise<void> {
    this.#replicas.set(replica.partition, replica)
    return this.#writer.write({ kind: 'replica', replica })
  }

  /**
   * Records which positions a flush of the key-value engine covers, then drops the files that
   * nobody needs any more, oldest first (J4). The positions were noted before the flush (J5).
   */
  async checkpoint(bases: ReadonlyMap<PartitionId, LogPosition>): Promise<void> {
    this.#checkpointedBytes = this.#writer.writtenBytes
    const written: Promise<void>[] = []
    for (const [partition, base] of bases) {
      const replica = this.#replicas.get(partition)
      assert(replica !== undefined, 'a partition with a base has a replica')
      assert(base.seq >= replica.base.seq, 'a base never falls')
      if (base.seq > replica.base.seq) written.push(this.writeReplica({ ...replica, base }))
    }
    await Promise.all(written)
    await this.#dropFiles()
  }

  /** Waits for what was written. */
  close(): Promise<void> {
    return this.#writer.close()
  }

  #headRecords(): JournalRecord[] {
    const replicas = [...this.#durableReplicas.values()]
    const peers = [...this.#peers.values()]
    return [
      ...replicas.map((replica) => ({ kind: 'replica', replica }) as const),
      ...peers.map((peer) => ({ kind: 'peer', peer }) as const),
    ]
  }

  #onDurable(record: JournalRecord, location: Location): void {
    if (record.kind === 'replica')
      this.#durableReplicas.set(record.replica.partition, record.replica)
    if (record.kind !== 'entry') return
    const { partition, seq } = record.entry
    if (this.#index.place(partition, record.entry, location)) return
    assert(
      seq === (this.#durableReplicas.get(partition)?.base.seq ?? 0) + 1,
      'a log restarts only above its base',
    )
    this.#index.restart(partition)
    this.#index.place(partition, record.entry, location)
  }

  async #dropFiles(): Promise<void> {
    const { files, directory, logger } = this.#options
    const needed = this.#oldestNeededFile()
    while (this.#oldestFile < needed) {
      const number = this.#oldestFile++
      this.#index.forgetFilesBelow(this.#oldestFile)
      await removeJournalFile(files, directory, number)
      logger.info('Dropped a journal file', { number })
    }
  }

  /** The file of the oldest entry above its replica's base; locations rise with the log. */
  #oldestNeededFile(): number {
    let needed = this.#writer.fileNumber
    for (const partition of this.#index.partitions()) {
      const base = this.#durableReplicas.get(partition)?.base.seq ?? 0
      const location = this.#index.find(partition, (base + 1) as Seq)
      if (location !== undefined) needed = Math.min(needed, fileOf(location))
    }
    return needed
  }
}

async function readEntry(reader: JournalFileReader, offset: number): Promise<EntryRecord> {
  const header = await reader.bytesAt(offset, RECORD_HEADER_BYTES)
  const sizeBytes = RECORD_HEADER_BYTES + header.readUInt32LE(0)
  const { record } = readRecord(await reader.bytesAt(offset, sizeBytes), 0)
  assert(record.kind === 'entry', 'the index names entries')
  return record.entry
}
