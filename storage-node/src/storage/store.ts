/**
 * One store: everything that a storage node keeps on its volume, opened in the order that a crash
 * asks for (replication.md 2.5) and closed the other way round.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Fatal } from '../base/crash.ts'
import type { Files } from '../base/files.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Incarnation, PartitionId, Seq, StoreId } from '../contract/identifiers.ts'
import type { LogPosition } from '../wire/stored/journal-records.ts'
import { ChunkStore, segmentSizeBytesFor } from './chunks/chunk-store.ts'
import { DiskReserve } from './disk-reserve.ts'
import { Journal, LAG_BYTES_MAX } from './journal/journal.ts'
import type { KeyValueEngine } from './key-value-engine.ts'
import { RowCache } from './row-cache.ts'
import { StateWriter } from './state-writer.ts'
import type { OwnLife } from './store-age.ts'
import { StoreDirectory } from './store-directory.ts'
import type { LockStore } from './store-lock.ts'

/** How long the mark of a failure may take. */
const FAILURE_MARK_MS_MAX = 1000

/** Of the volume: what the journal keeps for members that lag, all together. */
const LAG_RATIO_MAX = 0.05

/** Sizes that tests make small; undefined: what a volume of that size should have. */
export interface StoreSettings {
  readonly journalFileSizeBytes?: number
  readonly segmentSizeBytes?: number
  /** Number of placement groups of the region; fixed when it is made. */
  readonly groupCount: number
  readonly rowCacheBytesMax: number
}

export interface StoreOptions {
  readonly directory: string
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly fatal: Fatal
  readonly lock: LockStore
  /** Opens the key-value engine in a directory of its own. */
  readonly openEngine: (path: string) => Promise<KeyValueEngine>
  readonly settings: StoreSettings
}

/** Asked when a checkpoint begins. */
export interface CheckpointSource {
  /** Where the partitions of the store stand: what a flush that begins now will cover. */
  bases(): ReadonlyMap<PartitionId, LogPosition>
  /** The oldest entry that a member lacks, of partitions with one that lags. */
  lacking?(): ReadonlyMap<PartitionId, Seq>
  /** The flush is recorded, and files may have been dropped. */
  done?(): void
}

interface StoreParts {
  readonly directory: StoreDirectory
  readonly journal: Journal
  readonly engine: KeyValueEngine
  readonly writer: StateWriter
  readonly cache: RowCache
  readonly chunks: ChunkStore
  readonly reserve: DiskReserve
}

/** An open store. */
export class Store {
  readonly #parts: StoreParts
  readonly #clock: Clock
  readonly #fatal: Fatal
  #checkpointing: Promise<void> = Promise.resolve()
  #isClosing = false
  #checkpointedMs: number

  private constructor(parts: StoreParts, clock: Clock, fatal: Fatal) {
    this.#parts = parts
    this.#fatal = fatal
    this.#clock = clock
    this.#checkpointedMs = clock.monotonicMs()
  }

  /** Rejects with a `StoreOpenError`, one clear line, when the store must not be served. */
  static async open(options: StoreOptions): Promise<Store> {
    const { files, clock, logger, settings } = options
    const directory = await StoreDirectory.open(options)
    const fatal = markFailure(directory, options)
    const opened: { close(): Promise<void> }[] = [directory]
    try {
      const { storeId, watermark } = directory
      const { totalBytes } = await files.space(options.directory)
      const journal = await Journal.open({
        files,
        directory: directory.journalDirectory,
        storeId,
        fatal,
        watermark,
        clock,
        logger,
        lagBytesMax: Math.min(LAG_BYTES_MAX, totalBytes * LAG_RATIO_MAX),
        ...(settings.journalFileSizeBytes === undefined
          ? {}
          : { fileSizeBytes: settings.journalFileSizeBytes }),
      })
      opened.push(journal)
      const engine = await options.openEngine(directory.stateDirectory)
      opened.push(engine)
      const writer = new StateWriter(engine, fatal)
      const chunks = await ChunkStore.open({
        ...{ files, directory: options.directory, storeId, engine, writer, clock, fatal, logger },
        segmentSizeBytes: settings.segmentSizeBytes ?? segmentSizeBytesFor(totalBytes),
        groupCount: settings.groupCount,
      })
      opened.push(chunks)
      const reserve = await DiskReserve.open(options)
      const cache = new RowCache(engine, settings.rowCacheBytesMax)
      directory.followJournal(() => journal.syncedGroup)
      return new Store({ directory, journal, engine, writer, cache, chunks, reserve }, clock, fatal)
    } catch (error) {
      for (const part of opened.reverse()) await part.close()
      throw error
    }
  }

  get storeId(): StoreId {
    return this.#parts.directory.storeId
  }

  /** Of this process. */
  get incarnation(): Incarnation {
    return this.#parts.directory.incarnation
  }

  /** What others may have to say against it (D3). */
  get life(): OwnLife {
    const { foundGroup, syncedGroup } = this.journal
    return { incarnation: this.incarnation, foundGroup, syncedGroup }
  }

  /** From now on no start serves it; the process has to end. */
  condemn(reason: string): Promise<void> {
    return this.#parts.directory.condemn(reason)
  }

  /** When its volume last synced something; it is asked to every second. */
  get lastSyncMs(): number {
    return this.#parts.directory.lastSyncMs
  }

  get journal(): Journal {
    return this.#parts.journal
  }

  get engine(): KeyValueEngine {
    return this.#parts.engine
  }

  get writer(): StateWriter {
    return this.#parts.writer
  }

  get cache(): RowCache {
    return this.#parts.cache
  }

  get chunks(): ChunkStore {
    return this.#parts.chunks
  }

  get reserve(): DiskReserve {
    return this.#parts.reserve
  }

  /** What a start would have to read again, and for how long nothing was checkpointed. */
  sinceCheckpoint(): { journalBytes: number; segmentBytes: number; ageMs: number } {
    return {
      journalBytes: this.#parts.journal.bytesSinceCheckpoint,
      segmentBytes: this.#parts.chunks.bytesSinceCheckpoint,
      ageMs: this.#clock.monotonicMs() - this.#checkpointedMs,
    }
  }

  /**
   * Flushes the engine and drops what of the journal it then covers; one at a time. A failure ends
   * the process: a sync or a flush is never tried again (D1), and without checkpoints a volume fills up.
   */
  checkpoint(source: CheckpointSource): Promise<void> {
    return this.#inTurn('Cannot checkpoint', () => this.#checkpoint(source))
  }

  /** Makes all rows that are applied durable; in turn with checkpoints. */
  flush(): Promise<void> {
    return this.#inTurn('Cannot flush', () => this.#parts.engine.flush())
  }

  /** Closes everything, without a checkpoint. */
  async close(): Promise<void> {
    const { chunks, engine, journal, directory, reserve } = this.#parts
    this.#isClosing = true
    await this.#checkpointing
    await reserve.close()
    await chunks.close()
    await journal.close()
    await this.#parts.writer.settled()
    await engine.close()
    await directory.close()
  }

  /** Whoever waits for work that has failed waits for ever: the process ends. */
  #inTurn(failure: string, work: () => Promise<void>): Promise<void> {
    // What comes late is a mistake of its caller and no failure of the disk.
    if (this.#isClosing) return Promise.reject(new Error(`${failure}: the store is closed`))
    this.#checkpointing = this.#checkpointing.then(work).catch((cause: unknown) => {
      this.#fatal(new Error(failure, { cause }))
      return new Promise<void>(() => {})
    })
    return this.#checkpointing
  }

  async #checkpoint(source: CheckpointSource): Promise<void> {
    const { chunks, engine, journal } = this.#parts
    // Noted before the flush: what is applied while it runs is not covered by it (J5).
    const bases = source.bases()
    const coverChunks = chunks.startCheckpoint()
    await engine.flush()
    coverChunks()
    const lacking = source.lacking?.()
    await journal.checkpoint({ bases, ...(lacking && { lacking }) })
    source.done?.()
    this.#checkpointedMs = this.#clock.monotonicMs()
  }
}

/** Leaves a mark for the next start before the process ends (replication.md 2.6). */
function markFailure(directory: StoreDirectory, { clock, fatal }: StoreOptions): Fatal {
  return (cause) => {
    // The disk has failed: the mark may fail like everything else, and must not hold up the end.
    clock.schedule(FAILURE_MARK_MS_MAX, () => fatal(cause))
    directory.recordFailure(cause.message).then(
      () => fatal(cause),
      () => fatal(cause),
    )
  }
}
