/**
 * Keeps the chunks of one store: immutable slices of objects' bytes, in append-only segment files,
 * with their places in rows (replication.md 2.3).
 *
 * A chunk is durable when `put` resolves, and found again after any crash: a start reads the files.
 * A removal is durable once the key-value engine was flushed after it.
 *
 * @module
 */

import { posix } from 'node:path'
import { assert } from '../../base/assert.ts'
import { sameBytes, totalLength } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import type { Fatal } from '../../base/crash.ts'
import type { Files } from '../../base/files.ts'
import type { Logger } from '../../base/logger.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { groupOf } from '../../placement/group-of.ts'
import type { ChunkHead, ChunkOwner } from '../../wire/stored/chunk-records.ts'
import { headSeedOf } from '../../wire/stored/chunk-records.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'
import type { StateWriter } from '../state-writer.ts'
import { computeBlockChecks } from './block-checks.ts'
import { ChunkCorruptError } from './chunk-errors.ts'
import type { LackingStores } from './chunk-index.ts'
import { ChunkIndex } from './chunk-index.ts'
import type { ChunkBlocks, ChunkRange } from './chunk-reader.ts'
import { ChunkReader } from './chunk-reader.ts'
import { Compaction } from './compact-segment.ts'
import { readSegmentRows, recoverSegments } from './recover-segments.ts'
import { RowTransactions } from './row-transactions.ts'
import { SegmentFiles } from './segment-files.ts'
import type { ChunkToWrite } from './segment-writer.ts'
import { SegmentWriter } from './segment-writer.ts'
import { TombstoneExpiry } from './tombstone-expiry.ts'
import type { LackingCursor, LackingPage, UnconfirmedData } from './unconfirmed-marks.ts'
import { listLackingChunks, listUnconfirmedData } from './unconfirmed-marks.ts'

export type { ChunkOwner } from '../../wire/stored/chunk-records.ts'

export interface NewChunk {
  readonly dataId: DataId
  readonly index: number
  /** Who will refer to it. */
  readonly owner: ChunkOwner
  /** Up to CHUNK_SIZE_BYTES together; untouched until `put` has answered. */
  readonly pieces: readonly Uint8Array[]
  readonly crc64: bigint
  /** Of `computeBlockChecks`, where whoever brings the chunk has it already. */
  readonly checks?: Uint8Array
}

/** A chunk that is here, by its head. */
export type ChunkDescription = Pick<ChunkHead, 'owner' | 'lengthBytes' | 'crc64' | 'checks'>

export interface ChunkStoreOptions {
  readonly files: Files
  /** The store's; segments are in `segments` below it. */
  readonly directory: string
  readonly storeId: StoreId
  readonly engine: KeyValueEngine
  readonly writer: StateWriter
  readonly clock: Clock
  readonly fatal: Fatal
  readonly logger: Logger
  readonly segmentSizeBytes: number
  /** Number of placement groups of the region. */
  readonly groupCount: number
}

export interface ChunkUsage {
  readonly segments: number
  readonly bytes: number
  readonly liveBytes: number
}

const NONE_LACKING: LackingStores = new Map()

interface Parts {
  readonly files: SegmentFiles
  readonly index: ChunkIndex
  readonly writer: SegmentWriter
  readonly reader: ChunkReader
  readonly compaction: Compaction
  readonly expiry: TombstoneExpiry
}

/** Size of a segment, by the size of the volume. */
export function segmentSizeBytesFor(volumeBytes: number): number {
  return (volumeBytes < 64 * 1024 ** 3 ? 64 : 256) * 1024 ** 2
}

/** The chunks of one store. */
export class ChunkStore {
  readonly #options: ChunkStoreOptions
  readonly #parts: Parts
  #checkpointBytes = 0
  #compacting: Promise<boolean> | undefined

  /** Private: see `open`. */
  constructor(options: ChunkStoreOptions, parts: Parts) {
    this.#options = options
    this.#parts = parts
  }

  /** Opens the store's chunks as a crash may have left them. */
  static async open(options: ChunkStoreOptions): Promise<ChunkStore> {
    const { engine, clock, fatal, groupCount, logger, segmentSizeBytes } = options
    const directory = posix.join(options.directory, 'segments')
    await options.files.makeDirectory(directory)
    await options.files.syncDirectory(options.directory)
    const files = new SegmentFiles(options.files, directory)
    const fileNumbers = await files.list()
    const segments = await readSegmentRows(engine)
    const transactions = new RowTransactions(engine, options.writer, fatal)
    const index = new ChunkIndex({ engine, transactions, clock, groupCount, segments })
    const seed = headSeedOf(options.storeId)
    const used = [...fileNumbers, ...segments.map(({ segment }) => segment)]
    const firstSegment = Math.max(0, ...used) + 1
    const sink = index
    const writer = new SegmentWriter({ files, sink, fatal, seed, segmentSizeBytes, firstSegment })
    await writer.start()
    await recoverSegments(fileNumbers, { files, index, writer, seed, logger })
    return new ChunkStore(options, {
      files,
      index,
      writer,
      reader: new ChunkReader(index, files, seed),
      compaction: new Compaction({ engine, files, index, writer, seed, logger }),
      expiry: new TombstoneExpiry(engine, transactions),
    })
  }

  /** Bytes written since the last checkpoint: a start reads as much. */
  get bytesSinceCheckpoint(): number {
    return this.#parts.writer.writtenBytes - this.#checkpointBytes
  }

  /**
   * Resolves once the chunk is durable. Writing a chunk again that is there changes nothing.
   * Rejects with `ChunkDeletedError` when its dataId was removed, with `ChunkSpaceError` when the
   * volume is full.
   */
  async put(chunk: NewChunk): Promise<void> {
    await this.#parts.writer.append({ ...this.#recordOf(chunk), copiedFrom: undefined })
  }

  /**
   * Puts a whole copy in the place of one that is damaged; does nothing when there is none. Rejects
   * with `ChunkCorruptError` when it is not the same chunk.
   */
  async replace(chunk: NewChunk): Promise<void> {
    const { dataId, index } = chunk
    const row = await this.#parts.index.find(dataId, index)
    if (row === undefined) return
    const record = this.#recordOf(chunk)
    const isSame = record.lengthBytes === row.lengthBytes && record.crc64 === row.crc64
    if (!isSame || !sameBytes(record.checks, row.checks)) {
      throw new ChunkCorruptError(dataId, index, 'what was to replace it is another chunk')
    }
    // Where the row still points there: else it was removed or moved meanwhile.
    await this.#parts.writer.append({ ...record, copiedFrom: row })
  }

  /**
   * Reads `length` bytes from `offset` of a chunk, verified. `target` takes all blocks of
   * CHECK_BLOCK_BYTES that the range touches: a slab is enough for what lies within one aligned MiB.
   * Returns the part of `target` that is the range. Rejects with `ChunkMissingError` or
   * `ChunkCorruptError`.
   */
  read(
    dataId: DataId,
    index: number,
    offset: number,
    length: number,
    target: Uint8Array,
  ): Promise<Uint8Array> {
    return this.#parts.reader.read({ dataId, index, offset, length }, target)
  }

  /**
   * Reads whole blocks: those that `length` bytes from `offset` touch, up to the chunk's end,
   * verified. Rejects as `read` does.
   */
  readBlocks(range: ChunkRange, target: Uint8Array): Promise<ChunkBlocks> {
    return this.#parts.reader.readBlocks(range, target)
  }

  /** Whether the store has the chunk. Says nothing about its bytes. */
  async has(dataId: DataId, index: number): Promise<boolean> {
    return (await this.#parts.index.find(dataId, index)) !== undefined
  }

  /** What the chunk is, read from the disk; rejects with `ChunkCorruptError` when that is damaged. */
  async describe(dataId: DataId, index: number): Promise<ChunkDescription | 'missing' | 'removed'> {
    const head = await this.#parts.reader.readHead(dataId, index)
    if (head !== undefined) return head
    return (await this.#parts.index.hasTombstone(dataId)) ? 'removed' : 'missing'
  }

  /**
   * Notes that the reference to chunks 0 to `chunkCount` - 1 is committed. Their marks go but for
   * those that have not reached every store of their group.
   */
  confirm(
    dataId: DataId,
    chunkCount: number,
    lacking: LackingStores = NONE_LACKING,
  ): Promise<void> {
    return this.#parts.index.confirm(dataId, chunkCount, lacking)
  }

  /** Notes that a store has the chunk that it lacked, or need not have it any more. */
  reached(dataId: DataId, index: number, store: StoreId): Promise<void> {
    return this.#parts.index.reached(dataId, index, store)
  }

  /** Chunks of this store that other stores lack, page by page. */
  listLacking(after: LackingCursor | undefined): Promise<LackingPage> {
    return listLackingChunks(this.#options.engine, after)
  }

  /** Removes chunks 0 to `chunkCount` - 1 and refuses any later one; durable after a flush. */
  remove(dataId: DataId, chunkCount: number): Promise<void> {
    return this.#parts.index.remove(dataId, chunkCount)
  }

  /** DataIds that were made at least `olderThanMs` ago and still wait to be confirmed. */
  listUnconfirmed(olderThanMs: number, limit: number): Promise<UnconfirmedData[]> {
    const { engine, clock } = this.#options
    return listUnconfirmedData(engine, clock.nowMs() - olderThanMs, limit)
  }

  /** Notes what a flush of the engine that starts now will cover; call the result once it has. */
  startCheckpoint(): () => void {
    const coveredBytes = this.#parts.writer.writtenBytes
    return () => {
      this.#checkpointBytes = Math.max(this.#checkpointBytes, coveredBytes)
    }
  }

  /** Gives back the space of some removed chunks; returns whether there was anything to do. */
  compactOnce(): Promise<boolean> {
    this.#compacting ??= this.#parts.compaction.once().finally(() => {
      this.#compacting = undefined
    })
    return this.#compacting
  }

  /** Drops some tombstones whose time is over; returns how many. To be called now and then. */
  expireTombstones(): Promise<number> {
    return this.#parts.expiry.step(this.#options.clock.nowMs())
  }

  /** Space of the segments, and how much of it holds chunks that are not removed. */
  usage(): ChunkUsage {
    const segments = this.#parts.index.segments()
    return {
      segments: segments.length,
      bytes: segments.reduce((sum, { endBytes }) => sum + endBytes, 0),
      liveBytes: segments.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
    }
  }

  /** Waits for what is under way. Does not flush the engine. */
  async close(): Promise<void> {
    const { files, index, reader, writer } = this.#parts
    if (this.#compacting !== undefined) await this.#compacting.catch(() => {})
    await writer.close()
    await index.settled()
    await reader.idle()
    await files.close()
  }

  #recordOf({
    dataId,
    index,
    owner,
    pieces,
    crc64,
    checks,
  }: NewChunk): Omit<ChunkToWrite, 'copiedFrom'> {
    const lengthBytes = totalLength(pieces)
    assert(lengthBytes > 0 && lengthBytes <= CHUNK_SIZE_BYTES, 'a chunk has up to 4 MiB')
    return {
      ...{ dataId, index, owner, pieces, lengthBytes, crc64 },
      placementGroup: groupOf(dataId, index, this.#options.groupCount),
      checks: checks ?? computeBlockChecks(pieces, lengthBytes),
    }
  }
}
