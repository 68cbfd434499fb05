/**
 * The journal of one store: what it has promised and accepted, durable before anybody hears of it
 * (replication.md 2.1).
 *
 * @module
 */

import { assert, unreachable } from '../../base/assert.ts'
import type { Fatal } from '../../base/crash.ts'
import { makeDurableDirectory } from '../../base/durable-files.ts'
import type { Files } from '../../base/files.ts'
import type { Logger } from '../../base/logger.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ballot, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import { NO_BALLOT, sameBallot } from '../../replication/ballot.ts'
import type { LogSummary } from '../../replication/messages.ts'
import type {
  EntryRecord,
  JournalRecord,
  LogPosition,
  PeerRecord,
  ReplicaRecord,
} from '../../wire/stored/journal-records.ts'
import { StoreUnreadableError } from '../store-open-error.ts'
import { type EntryRange, readEntries } from './entry-files.ts'
import { GroupWriter } from './group-writer.ts'
import { removeJournalFile } from './journal-files.ts'
import { fileOf, type Location } from './location.ts'
import type { LogIndex } from './log-index.ts'
import { RecentEntries } from './recent-entries.ts'
import { recoverJournal, type RecoveredJournal } from './recover-journal.ts'
import { oldestKeptFile, type ClosedFile } from './retention.ts'

export interface JournalOptions {
  readonly files: Files
  /** The journal's own directory; made when it is not there. */
  readonly directory: string
  readonly storeId: StoreId
  readonly fatal: Fatal
  /** Default `JOURNAL_FILE_SIZE_BYTES`. */
  readonly fileSizeBytes?: number
  /** Records of so many bytes close a group. Default `JOURNAL_GROUP_SIZE_BYTES`. */
  readonly groupSizeBytes?: number
  /** Number of the last group known as synced, 0 for none (D3). */
  readonly watermark: number
  readonly clock: Clock
  readonly logger: Logger
  /** Of all files that are kept for members that lag. Default `LAG_BYTES_MAX`. */
  readonly lagBytesMax?: number
}

export const JOURNAL_FILE_SIZE_BYTES = 64 * 1024 ** 2
export const JOURNAL_GROUP_SIZE_BYTES = 1024 ** 2
/** replication.md 1.9. */
export const LAG_BYTES_MAX = 256 * 1024 ** 2
/** Entries of all partitions in memory. */
const RECENT_BYTES_MAX = 32 * 1024 ** 2
/** An entry that is needed and so many files behind is copied to the end (J4). */
const COPIED_AT_FILE_COUNT = 16
const COPY_BYTES_MAX = 1024 ** 2
const PEER_PERIOD_MS = 1000
const NOTHING: LogPosition = { seq: 0 as Seq, ballot: NO_BALLOT }

type CopyRecord = Extract<JournalRecord, { kind: 'copy' }>

/** What a checkpoint covers, and what others still need of the log. */
export interface Checkpoint {
  /** Noted before the flush of the key-value engine (J5). */
  readonly bases: ReadonlyMap<PartitionId, LogPosition>
  /** The oldest entry that a member lacks, of partitions with one that lags. */
  readonly lacking?: ReadonlyMap<PartitionId, Seq>
}

/** Appends entries and replicas' records; reads entries back. */
export class Journal {
  readonly #options: JournalOptions
  readonly #index: LogIndex
  readonly #writer: GroupWriter
  readonly #recent = new RecentEntries(RECENT_BYTES_MAX)
  readonly #opIds: RecoveredJournal['opIds']
  /** As accepted; `#durableReplicas` follows with the sync. */
  readonly #replicas: Map<PartitionId, ReplicaRecord>
  readonly #durableReplicas: Map<PartitionId, ReplicaRecord>
  readonly #peers: Map<StoreId, PeerRecord>
  /** As they were before the lives that this process has met. */
  readonly #earlierPeers = new Map<StoreId, PeerRecord>()
  readonly #foundGroup: number
  /** Peers whose group number is not in the journal yet. */
  readonly #heardPeers = new Set<StoreId>()
  #peersWrittenMs = -Infinity
  /** The last seq accepted per partition, durable or not. */
  readonly #accepted = new Map<PartitionId, Seq>()
  /** But for the newest, ascending. */
  readonly #closedFiles: ClosedFile[] = []
  #file: { readonly number: number; readonly startBytes: number }
  /** Of the writer's bytes; below zero while what an earlier process wrote is not covered. */
  #checkpointedBytes: number

  private constructor(options: JournalOptions, found: RecoveredJournal) {
    this.#options = options
    this.#index = found.index
    this.#opIds = found.opIds
    this.#replicas = new Map(found.replicas)
    this.#durableReplicas = found.replicas
    this.#peers = found.peers
    this.#foundGroup = found.lastGroup
    this.#checkpointedBytes = -found.sizeBytes
    const closedMs = options.clock.monotonicMs()
    for (const { number, sizeBytes } of found.files) {
      this.#closedFiles.push({ number, sizeBytes, closedMs })
    }
    const number = (found.files.at(-1)?.number ?? 0) + 1
    this.#file = { number, startBytes: 0 }
    this.#writer = new GroupWriter(
      {
        ...options,
        fileSizeBytes: options.fileSizeBytes ?? JOURNAL_FILE_SIZE_BYTES,
        groupSizeBytes: options.groupSizeBytes ?? JOURNAL_GROUP_SIZE_BYTES,
        headRecords: () => this.#headRecords(),
        onDurable: (record, location) => this.#onDurable(record, location),
      },
      { file: number, lastGroup: found.lastGroup, syncedGroup: found.syncedGroup },
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
    // A process that was killed may have left a file whose name is not durable yet. The one that is
    // begun here must not outlive it in a power cut: a gap would look like damage.
    await options.files.syncDirectory(options.directory)
    const found = await recoverJournal({ ...options, nowMs: options.clock.nowMs() })
    const journal = new Journal(options, found)
    await journal.#writer.start(found.unsureRecords)
    options.logger.info('Journal is open', {
      files: found.files.length,
      lastGroup: found.lastGroup,
      rewrittenRecords: found.unsureRecords.length,
    })
    return journal
  }

  /** Number of the last group that is durable. */
  get syncedGroup(): number {
    return this.#writer.syncedGroup
  }

  /** Number of the last group that was there when the journal was opened. */
  get foundGroup(): number {
    return this.#foundGroup
  }

  /** Bytes that a start would have to walk: those written since the last checkpoint began. */
  get bytesSinceCheckpoint(): number {
    return this.#writer.writtenBytes - this.#checkpointedBytes
  }

  /** The last record of each replica. */
  replicas(): ReplicaRecord[] {
    return [...this.#replicas.values()]
  }

  /** The last record of a replica; undefined: this store never had state for the partition. */
  replica(partition: PartitionId): ReplicaRecord | undefined {
    return this.#replicas.get(partition)
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

  /** What is durable of a log, without its entries. */
  summary(partition: PartitionId): LogSummary {
    const base = this.#durableReplicas.get(partition)?.base ?? NOTHING
    const end = this.logEnd(partition) ?? NOTHING
    const first = this.firstSeq(partition)
    const runs = this.#index.ballots(partition)
    // Below the base they tell from where a member that lags can be served.
    const reachesBase = first !== undefined && first <= base.seq
    const ballots = reachesBase ? runs : [base, ...runs.filter(({ seq }) => seq > base.seq)]
    return { first, base, end, ballots: withoutRepeats(ballots) }
  }

  /** The ballot of an entry that the files hold, or of the base. */
  ballotAt(partition: PartitionId, seq: Seq): Ballot | undefined {
    const base = this.#replicas.get(partition)?.base
    return base?.seq === seq ? base.ballot : this.#index.ballotAt(partition, seq)
  }

  /** An entry that is in memory, durable or not. */
  recentEntry(partition: PartitionId, seq: Seq): EntryRecord | undefined {
    return this.#recent.get(partition, seq)
  }

  /** Durable entries in order; they end early where the files hold no more. */
  entries(partition: PartitionId, range: EntryRange): AsyncIterable<EntryRecord> {
    const { files, directory } = this.#options
    return readEntries({ files, directory, index: this.#index }, partition, range)
  }

  /** opIds of entries up to `end` that a start has found and a gateway may still ask about. */
  takeOpIds(partition: PartitionId, end: Seq): { readonly seq: Seq; readonly opId: Uint8Array }[] {
    const opIds = this.#opIds.upTo(partition, end)
    this.#opIds.forget(partition)
    return opIds
  }

  /** Resolves after the sync that covers the entry. Its payload stays untouched until then. */
  append(entry: EntryRecord): Promise<void> {
    return this.persist(undefined, [entry])
  }

  /** Resolves after the sync that covers the record. */
  writeReplica(replica: ReplicaRecord): Promise<void> {
    return this.persist(replica, [])
  }

  /**
   * Resolves after the sync that covers all of it: first the record, then the entries. The first
   * entry cuts off whatever stands at and above it.
   */
  persist(replica: ReplicaRecord | undefined, entries: readonly EntryRecord[]): Promise<void> {
    const records: JournalRecord[] = []
    if (replica !== undefined) {
      records.push(...this.#acceptReplica(replica))
    }
    for (const entry of entries) {
      this.#accept(entry)
      records.push({ kind: 'entry', entry })
    }
    if (this.#heardPeers.size > 0) records.unshift(...this.#duePeers())
    return this.#writer.writeAll(records)
  }

  /** What this store has heard from all others. */
  peers(): PeerRecord[] {
    return [...this.#peers.values()]
  }

  /** What this store has heard from another one. */
  peer(storeId: StoreId): PeerRecord | undefined {
    return this.#peers.get(storeId)
  }

  /** The same as it was before the life of that store that was met last, if this process met it. */
  earlierPeer(storeId: StoreId): PeerRecord | undefined {
    return this.#earlierPeers.get(storeId) ?? this.peer(storeId)
  }

  /** Resolves once it is durable that no lower incarnation of the store is listened to (D6). */
  recordIncarnation(storeId: StoreId, incarnation: number): Promise<void> {
    const { syncedGroup = 0, incarnationMax = 0 } = this.#peers.get(storeId) ?? {}
    if (incarnation <= incarnationMax) return Promise.resolve()
    const peer = { storeId, incarnationMax: incarnation, syncedGroup }
    this.#peers.set(storeId, peer)
    this.#earlierPeers.set(storeId, { storeId, incarnationMax, syncedGroup })
    return this.#writer.write({ kind: 'peer', peer })
  }

  /** Another store's journal reaches that far (D3): written with what is written next. */
  hearSyncedGroup(storeId: StoreId, syncedGroup: number): void {
    const peer = this.#peers.get(storeId)
    if (peer === undefined || peer.syncedGroup >= syncedGroup) return
    this.#peers.set(storeId, { ...peer, syncedGroup })
    this.#heardPeers.add(storeId)
  }

  /**
   * Records which positions a flush of the key-value engine covers, then drops the files that
   * nobody needs any more, oldest first (J4).
   */
  async checkpoint({ bases, lacking = new Map() }: Checkpoint): Promise<void> {
    this.#checkpointedBytes = this.#writer.writtenBytes
    const written: Promise<void>[] = []
    for (const [partition, base] of bases) {
      const replica = this.#replicas.get(partition)
      assert(replica !== undefined, 'a partition with a base has a replica')
      // A snapshot may have moved it further meanwhile.
      if (base.seq > replica.base.seq) written.push(this.writeReplica({ ...replica, base }))
    }
    await Promise.all(written)
    await this.#copyStuckEntries()
    await this.#dropFiles(lacking)
  }

  /** Waits for what was written. */
  close(): Promise<void> {
    return this.#writer.close()
  }

  #acceptReplica(replica: ReplicaRecord): JournalRecord[] {
    const { partition, base } = replica
    const before = this.#replicas.get(partition)?.base
    if (before !== undefined && before.seq > base.seq) {
      // A checkpoint has moved the base since the record was made.
      this.#replicas.set(partition, { ...replica, base: before })
      return [{ kind: 'replica', replica: { ...replica, base: before } }]
    }
    this.#replicas.set(partition, replica)
    const isWithin = before === undefined || before.seq === base.seq || this.#hasAccepted(replica)
    if (isWithin) return [{ kind: 'replica', replica }]
    this.#recent.forget(partition)
    this.#accepted.set(partition, base.seq)
    return [
      { kind: 'replica', replica },
      { kind: 'restart', partition },
    ]
  }

  /** Whether the base is a position of the log; else a snapshot has replaced it. */
  #hasAccepted({ partition, base: { seq, ballot } }: ReplicaRecord): boolean {
    if (seq > (this.#accepted.get(partition) ?? Infinity)) return false
    const recent = this.#recent.get(partition, seq)
    const held = recent?.ballot ?? this.#index.ballotAt(partition, seq)
    return held !== undefined && sameBallot(held, ballot)
  }

  #accept(entry: EntryRecord): void {
    const { partition, seq } = entry
    const base = this.#replicas.get(partition)?.base.seq ?? 0
    const last = this.#accepted.get(partition) ?? this.logEnd(partition)?.seq ?? 0
    assert(seq <= Math.max(last, base) + 1, 'entries follow one another')
    assert(seq > base, 'nothing that a flush has covered is cut off')
    this.#accepted.set(partition, seq)
    this.#recent.add(entry)
  }

  #duePeers(): JournalRecord[] {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#peersWrittenMs < PEER_PERIOD_MS) return []
    this.#peersWrittenMs = nowMs
    const heard = [...this.#heardPeers].flatMap((storeId) => this.#peers.get(storeId) ?? [])
    this.#heardPeers.clear()
    return heard.map((peer) => ({ kind: 'peer', peer }))
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
    this.#noteFile(fileOf(location))
    switch (record.kind) {
      case 'replica':
        this.#durableReplicas.set(record.replica.partition, record.replica)
        break
      case 'restart':
        this.#index.restart(record.partition)
        break
      case 'entry':
        this.#onDurableEntry(record.entry, location)
        break
      case 'copy':
        this.#index.copy(record.entry.partition, record.entry, location)
        break
      case 'head':
      case 'peer':
        break
      default:
        unreachable(record)
    }
  }

  #onDurableEntry(entry: EntryRecord, location: Location): void {
    const { partition, seq } = entry
    this.#recent.nextIsDurable()
    if (this.#index.place(partition, entry, location)) return
    const base = this.#durableReplicas.get(partition)?.base.seq ?? 0
    assert(seq === base + 1, 'a log begins anew only above its base')
    this.#index.restart(partition)
    this.#index.place(partition, entry, location)
  }

  #noteFile(number: number): void {
    if (number === this.#file.number) return
    const endBytes = this.#writer.writtenBytes
    this.#closedFiles.push({
      number: this.#file.number,
      sizeBytes: endBytes - this.#file.startBytes,
      closedMs: this.#options.clock.monotonicMs(),
    })
    this.#file = { number, startBytes: endBytes }
  }

  /** One partition that cannot commit or apply does not keep the files of all others. */
  async #copyStuckEntries(): Promise<void> {
    const below = this.#writer.fileNumber - COPIED_AT_FILE_COUNT
    for (const partition of this.#index.partitions()) {
      const seqs = [...this.#index.seqsBelow(partition, this.#neededFrom(partition), below)]
      let [copies, sizeBytes]: [CopyRecord[], number] = [[], 0]
      for (const seq of seqs) {
        for await (const entry of this.entries(partition, { from: seq, upTo: seq })) {
          copies.push({ kind: 'copy', entry })
          sizeBytes += entry.payload.byteLength
        }
        if (sizeBytes < COPY_BYTES_MAX && seq !== seqs.at(-1)) continue
        // Meanwhile a snapshot may have replaced them: behind its restart they would stand for a log.
        const base = this.#replicas.get(partition)?.base.seq ?? 0
        copies = copies.filter(({ entry }) => entry.seq > base)
        if (copies.length > 0) await this.#writer.writeAll(copies)
        ;[copies, sizeBytes] = [[], 0]
      }
    }
  }

  async #dropFiles(lacking: ReadonlyMap<PartitionId, Seq>): Promise<void> {
    const { files, directory, logger, clock } = this.#options
    const { lagBytesMax = LAG_BYTES_MAX } = this.#options
    const rule = { lagFile: this.#lagFile(lacking), lagBytesMax, neededFile: this.#neededFile() }
    const kept = oldestKeptFile(this.#closedFiles, rule, clock.monotonicMs())
    for (let oldest; (oldest = this.#closedFiles[0]) !== undefined && oldest.number < kept;) {
      const { number } = oldest
      this.#closedFiles.shift()
      this.#index.forgetFilesBelow(number + 1)
      await removeJournalFile(files, directory, number)
      logger.info('Dropped a journal file', { number })
    }
  }

  /** The file of the oldest entry above its replica's base. */
  #neededFile(): number {
    let needed = this.#writer.fileNumber
    for (const partition of this.#index.partitions()) {
      const lowest = this.#index.lowestFrom(partition, this.#neededFrom(partition))
      if (lowest !== undefined) needed = Math.min(needed, fileOf(lowest))
    }
    return needed
  }

  #neededFrom(partition: PartitionId): Seq {
    return ((this.#durableReplicas.get(partition)?.base.seq ?? 0) + 1) as Seq
  }

  #lagFile(lacking: ReadonlyMap<PartitionId, Seq>): number | undefined {
    const files = [...lacking].flatMap(([partition, seq]) => {
      const location = this.#index.find(partition, seq)
      return location === undefined ? [] : [fileOf(location)]
    })
    return files.length === 0 ? undefined : Math.min(...files)
  }
}

/** The base's own ballot may go on above it. */
function withoutRepeats(runs: readonly LogPosition[]): LogPosition[] {
  return runs.filter(({ ballot }, at) => {
    const before = runs[at - 1]
    return before === undefined || !sameBallot(before.ballot, ballot)
  })
}
