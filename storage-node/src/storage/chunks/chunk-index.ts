/**
 * Which chunk is where: the rows of a store's chunks, and how much of each segment is alive.
 *
 * Every change reads, decides and writes in one transaction, so that a put, a removal and a
 * compaction of the same chunk that meet end as if one came after the other.
 *
 * @module
 */

import { AssertionError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import {
  chunkRowKey,
  segmentRowKey,
  tombstoneRowKey,
  unconfirmedRowKey,
} from '../../wire/stored/chunk-keys.ts'
import type { ChunkHead } from '../../wire/stored/chunk-records.ts'
import { ownerBytesOf } from '../../wire/stored/chunk-records.ts'
import type { ChunkPlace, ChunkRow, SegmentRow } from '../../wire/stored/chunk-rows.ts'
import {
  decodeChunkRow,
  decodeMarkRow,
  encodeChunkRow,
  encodeMarkRow,
  encodeSegmentRow,
  encodeTombstoneRow,
  recordBytesOf,
} from '../../wire/stored/chunk-rows.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'
import { ChunkDeletedError } from './chunk-errors.ts'
import type { RowTransactions, RowView } from './row-transactions.ts'
import type { SegmentScan } from './segment-scan.ts'
import type { ChunkToWrite, SegmentSink, WrittenChunk } from './segment-writer.ts'

/** A segment as the index counts it. */
export interface SegmentState extends SegmentRow {
  readonly segment: number
}

export interface ChunkIndexOptions {
  readonly engine: KeyValueEngine
  readonly transactions: RowTransactions
  readonly clock: Clock
  readonly groupCount: number
  /** As their rows say. */
  readonly segments: readonly SegmentState[]
}

/** What rows are made from: a head, or a chunk that was written. */
type IndexedChunk = Omit<ChunkToWrite, 'pieces' | 'copiedFrom'>
type MutableSegment = { -readonly [Name in keyof SegmentState]: SegmentState[Name] }

/** By index of a chunk: the stores of its group that do not have it. */
export type LackingStores = ReadonlyMap<number, readonly StoreId[]>

/** So many chunks of one dataId are looked up in one transaction. */
const CHUNKS_PER_TRANSACTION = 256

/** The rows of a store's chunks. */
export class ChunkIndex implements SegmentSink {
  readonly #engine: KeyValueEngine
  readonly #transactions: RowTransactions
  readonly #clock: Clock
  readonly #groupCount: number
  readonly #segments = new Map<number, MutableSegment>()

  constructor(options: ChunkIndexOptions) {
    this.#engine = options.engine
    this.#transactions = options.transactions
    this.#clock = options.clock
    this.#groupCount = options.groupCount
    for (const state of options.segments) this.#segments.set(state.segment, { ...state })
  }

  /** All segments that hold, or held, a record. */
  segments(): readonly SegmentState[] {
    return [...this.#segments.values()]
  }

  async find(dataId: DataId, index: number): Promise<ChunkRow | undefined> {
    const [row] = await this.#engine.getMany([chunkRowKey(dataId, index, this.#groupCount)])
    return row && decodeChunkRow(row)
  }

  /** Those of the records that rows point to. */
  async findLive(heads: readonly ChunkHead[]): Promise<ChunkHead[]> {
    const rows = await this.#engine.getMany(heads.map((head) => this.#chunkKey(head)))
    return heads.filter((head, at) => isAt(rows[at], head))
  }

  /** Those of the records whose chunk has neither a row nor a tombstone. */
  async findUnknown(heads: readonly ChunkHead[]): Promise<ChunkHead[]> {
    const rows = await this.#engine.getMany(heads.flatMap((head) => this.#keysOf(head)))
    return heads.filter((_, at) => rows[at * 2] === undefined && rows[at * 2 + 1] === undefined)
  }

  written(segment: number, batch: readonly WrittenChunk[], endBytes: number): void {
    const settle: (() => void)[] = []
    const keys = batch.flatMap(({ chunk }) => this.#keysOf(chunk))
    this.#transactions
      .run(keys, (rows) => {
        for (const written of batch) settle.push(this.#put(rows, segment, written))
        this.#stateOf(segment).endBytes = endBytes
        this.#putSegment(rows, segment)
      })
      .then(
        () => settle.forEach((answer) => answer()),
        (cause: unknown) => batch.forEach(({ failed }) => failed(cause)),
      )
  }

  closed(segment: number): void {
    void this.close([segment])
  }

  /** Notes that every record of these segments has had its row. */
  close(segments: readonly number[]): Promise<void> {
    return this.#transactions.run([], (rows) => {
      for (const segment of segments) {
        this.#stateOf(segment).state = 'closed'
        this.#putSegment(rows, segment)
      }
    })
  }

  /** Forgets a segment whose file is gone for good. */
  forget(segment: number): Promise<void> {
    return this.#transactions.run([], (rows) => {
      this.#segments.delete(segment)
      rows.delete(segmentRowKey(segment))
    })
  }

  /**
   * Makes the rows of records that a start has found, unconfirmed, unless the chunk has a row or a
   * tombstone. The segment's own row waits for `close`: until then another start finds them again.
   */
  async recover(segment: number, scan: SegmentScan): Promise<void> {
    this.#stateOf(segment).endBytes = scan.endBytes
    await this.addFound(segment, scan.heads)
    // Was not the last one when an earlier start made its rows and did not come to its end.
    await this.#recoverSome(segment, scan.lastBatch, () => {})
  }

  /** Makes the rows of further records of a segment that a start has found. */
  addFound(segment: number, heads: readonly ChunkHead[]): Promise<void> {
    return this.#recoverSome(segment, heads, (rows, head) => this.#add(rows, head))
  }

  /**
   * Drops the marks of chunks whose reference is committed; those of `lacking` stay, and say which
   * stores the chunk has not reached.
   */
  async confirm(dataId: DataId, chunkCount: number, lacking: LackingStores): Promise<void> {
    await forRanges(chunkCount, async (from, end) => {
      const keys = [...lacking.keys()]
        .filter((at) => at >= from && at < end)
        .map((at) => unconfirmedRowKey(dataId, at))
      await this.#transactions.run(keys, (rows) => {
        for (let at = from; at < end; at++) {
          setLacking(rows, unconfirmedRowKey(dataId, at), lacking.get(at) ?? [])
        }
      })
    })
  }

  /** Notes that a chunk has reached a store, or need not; with the last one the mark goes. */
  reached(dataId: DataId, index: number, store: StoreId): Promise<void> {
    const key = unconfirmedRowKey(dataId, index)
    return this.#transactions.run([key], (rows) => {
      const mark = rows.get(key)
      const lacking = mark && decodeMarkRow(mark).lacking
      if (lacking === undefined) return
      const left = lacking.filter((other) => other !== store)
      setLacking(rows, key, left)
    })
  }

  async hasTombstone(dataId: DataId): Promise<boolean> {
    const [row] = await this.#engine.getMany([tombstoneRowKey(dataId)])
    return row !== undefined
  }

  /** Removes chunks and refuses later ones of the same dataId. */
  async remove(dataId: DataId, chunkCount: number): Promise<void> {
    const tombstone = encodeTombstoneRow(this.#clock.nowMs())
    await forRanges(chunkCount, (from, end) => {
      const keys: Buffer[] = []
      for (let at = from; at < end; at++) keys.push(chunkRowKey(dataId, at, this.#groupCount))
      return this.#transactions.run(keys, (rows) => {
        rows.put(tombstoneRowKey(dataId), tombstone)
        for (const [at, key] of keys.entries()) {
          this.#removeOne(rows, key)
          rows.delete(unconfirmedRowKey(dataId, from + at))
        }
      })
    })
  }

  /** Resolves once everything that was decided so far is in the engine. */
  settled(): Promise<void> {
    return this.#transactions.run([], () => {})
  }

  /** Returns how the chunk's writer is to be answered once the rows are applied. */
  #put(rows: RowView, segment: number, { chunk, offset, done, failed }: WrittenChunk): () => void {
    const [chunkKey, tombstoneKey] = this.#keysOf(chunk)
    const old = rows.get(chunkKey)
    if (chunk.copiedFrom !== undefined) {
      const row = { ...chunk, segment, offset, ownerBytes: ownerBytesOf(chunk.owner) }
      // Removed, or written again, while it was copied: the copy is nobody's.
      if (isAt(old, chunk.copiedFrom)) this.#move(rows, chunkKey, row, chunk.copiedFrom.segment)
      return done
    }
    if (rows.get(tombstoneKey) !== undefined) {
      return () => failed(new ChunkDeletedError(chunk.dataId))
    }
    if (old !== undefined)
      return isSameContent(decodeChunkRow(old), chunk) ? done : conflict(failed)
    this.#add(rows, { ...chunk, segment, offset })
    return done
  }

  #move(rows: RowView, chunkKey: Buffer, row: ChunkRow, from: number): void {
    rows.put(chunkKey, encodeChunkRow(row))
    this.#stateOf(row.segment).liveBytes += recordBytesOf(row)
    this.#stateOf(from).liveBytes -= recordBytesOf(row)
    this.#putSegment(rows, from)
  }

  /** Adds the rows of a record. */
  #add(rows: RowView, record: IndexedChunk & ChunkPlace): void {
    const row = { ...record, ownerBytes: ownerBytesOf(record.owner) }
    rows.put(this.#chunkKey(record), encodeChunkRow(row))
    const mark = unconfirmedRowKey(record.dataId, record.index)
    rows.put(mark, encodeMarkRow({ owner: record.owner, lacking: undefined }))
    this.#stateOf(record.segment).liveBytes += recordBytesOf(row)
  }

  async #recoverSome(
    segment: number,
    heads: readonly ChunkHead[],
    addMissing: (rows: RowView, head: ChunkHead) => void,
  ): Promise<void> {
    for (let at = 0; at < heads.length; at += CHUNKS_PER_TRANSACTION) {
      const some = heads.slice(at, at + CHUNKS_PER_TRANSACTION)
      const keys = some.flatMap((head) => this.#keysOf(head))
      await this.#transactions.run(keys, (rows) => {
        for (const head of some) {
          const [chunkKey, tombstoneKey] = this.#keysOf(head)
          const old = rows.get(chunkKey)
          if (old === undefined && rows.get(tombstoneKey) === undefined) addMissing(rows, head)
          // Its own row, made by a start that did not come to its end.
          if (isAt(old, head)) this.#stateOf(segment).liveBytes += recordBytesOfHead(head)
        }
      })
    }
  }

  #removeOne(rows: RowView, chunkKey: Buffer): void {
    const old = rows.get(chunkKey)
    if (old === undefined) return
    rows.delete(chunkKey)
    const row = decodeChunkRow(old)
    this.#stateOf(row.segment).liveBytes -= recordBytesOf(row)
    this.#putSegment(rows, row.segment)
  }

  #stateOf(segment: number): MutableSegment {
    const state = this.#segments.get(segment)
    if (state !== undefined) return state
    const fresh: MutableSegment = { segment, state: 'open', endBytes: 0, liveBytes: 0 }
    this.#segments.set(segment, fresh)
    return fresh
  }

  #putSegment(rows: RowView, segment: number): void {
    rows.put(segmentRowKey(segment), encodeSegmentRow(this.#stateOf(segment)))
  }

  #chunkKey({ dataId, index }: IndexedChunk): Buffer {
    return chunkRowKey(dataId, index, this.#groupCount)
  }

  #keysOf(chunk: IndexedChunk): [Buffer, Buffer] {
    return [this.#chunkKey(chunk), tombstoneRowKey(chunk.dataId)]
  }
}

function recordBytesOfHead({ owner, lengthBytes }: ChunkHead): number {
  return recordBytesOf({ ownerBytes: ownerBytesOf(owner), lengthBytes })
}

/** Calls `work` for 0 to `count`, a bounded number at a time, one after the other. */
async function forRanges(
  count: number,
  work: (from: number, end: number) => Promise<void>,
): Promise<void> {
  let from = 0
  do {
    const end = Math.min(from + CHUNKS_PER_TRANSACTION, count)
    await work(from, end)
    from = end
  } while (from < count)
}

/** A chunk without a mark gets none: who has no copy has nothing to pass on. */
function setLacking(rows: RowView, key: Buffer, lacking: readonly StoreId[]): void {
  if (lacking.length === 0) return rows.delete(key)
  const mark = rows.get(key)
  if (mark !== undefined) rows.put(key, encodeMarkRow({ ...decodeMarkRow(mark), lacking }))
}

function isAt(row: Uint8Array | undefined, place: ChunkPlace): boolean {
  if (row === undefined) return false
  const { segment, offset } = decodeChunkRow(row)
  return segment === place.segment && offset === place.offset
}

function isSameContent(row: ChunkRow, chunk: ChunkToWrite): boolean {
  return row.lengthBytes === chunk.lengthBytes && row.crc64 === chunk.crc64
}

/** A chunk id never has two contents (B1): whoever writes the second is wrong. */
function conflict(failed: (cause: unknown) => void): () => void {
  return () => failed(new AssertionError('a chunk has one content (B1)'))
}
