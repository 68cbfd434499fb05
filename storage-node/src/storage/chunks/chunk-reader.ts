/**
 * Serves ranges of chunks: only bytes whose every block matches its CRC-32 ever leave.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { hasErrorCode } from '../../base/files.ts'
import type { DataId } from '../../model/identifiers.ts'
import type { ChunkHead, HeadSeed } from '../../wire/stored/chunk-records.ts'
import { decodeChunkHead, headBytesOf } from '../../wire/stored/chunk-records.ts'
import type { ChunkRow } from '../../wire/stored/chunk-rows.ts'
import { dataOffsetOf } from '../../wire/stored/chunk-rows.ts'
import { StoredFormatError } from '../../wire/stored/stored-format-error.ts'
import { CallLimit } from '../call-limit.ts'
import { blockSpanOf, checksOfBlocks, findBadBlock } from './block-checks.ts'
import { ChunkCorruptError, ChunkMissingError } from './chunk-errors.ts'
import type { ChunkIndex } from './chunk-index.ts'
import type { SegmentFiles } from './segment-files.ts'

/** A part of a chunk, in bytes. */
export interface ChunkRange {
  readonly dataId: DataId
  readonly index: number
  readonly offset: number
  readonly length: number
}

/** Whole blocks of a chunk. */
export interface ChunkBlocks {
  /** Where in the chunk they begin. */
  readonly start: number
  readonly bytes: Uint8Array
  /** CRC-32 of each, 4 bytes little-endian. */
  readonly checks: Uint8Array
}

/** The thread pool also serves syncs: slow reads must not fill it (replication.md 7). */
const READ_COUNT_MAX = 8

/** Reads and verifies. */
export class ChunkReader {
  readonly #index: ChunkIndex
  readonly #files: SegmentFiles
  readonly #seed: HeadSeed
  readonly #limit = new CallLimit(READ_COUNT_MAX)

  constructor(index: ChunkIndex, files: SegmentFiles, seed: HeadSeed) {
    this.#index = index
    this.#files = files
    this.#seed = seed
  }

  /** Reads the blocks of the range into `target` and returns the part of it that is the range. */
  read(range: ChunkRange, target: Uint8Array): Promise<Uint8Array> {
    return this.#following(range, async (row) => {
      const { dataId, index, offset, length } = range
      if (offset < 0 || offset + length > row.lengthBytes) {
        throw new ChunkCorruptError(dataId, index, `it has only ${row.lengthBytes} bytes`)
      }
      if (length === 0) return target.subarray(0, 0)
      const { start, bytes } = await this.#readBlocks(row, range, target)
      return bytes.subarray(offset - start, offset - start + length)
    })
  }

  /** Reads the blocks that the range touches, up to the end of the chunk. */
  readBlocks(range: ChunkRange, target: Uint8Array): Promise<ChunkBlocks> {
    return this.#following(range, (row) => {
      const { dataId, index, offset } = range
      const length = Math.min(range.length, row.lengthBytes - offset)
      if (length <= 0) {
        throw new ChunkCorruptError(dataId, index, `it has only ${row.lengthBytes} bytes`)
      }
      return this.#readBlocks(row, { ...range, length }, target)
    })
  }

  /** What stands before the chunk's bytes, or undefined when there is no such chunk. */
  async readHead(dataId: DataId, index: number): Promise<ChunkHead | undefined> {
    try {
      return await this.#following({ dataId, index }, (row) => this.#readHead(row, dataId, index))
    } catch (error) {
      if (error instanceof ChunkMissingError) return undefined
      throw error
    }
  }

  /** Resolves once no read is under way. */
  idle(): Promise<void> {
    return this.#limit.idle()
  }

  /** Reads by the chunk's row, and by the next one when the chunk was moved meanwhile. */
  async #following<T>(
    { dataId, index }: Pick<ChunkRange, 'dataId' | 'index'>,
    readBy: (row: ChunkRow) => Promise<T>,
  ): Promise<T> {
    let row = await this.#index.find(dataId, index)
    for (;;) {
      if (row === undefined) throw new ChunkMissingError(dataId, index)
      try {
        return await readBy(row)
      } catch (cause) {
        if (hasErrorCode(cause, 'EIO')) {
          throw new ChunkCorruptError(dataId, index, 'its segment cannot be read', { cause })
        }
        if (!hasErrorCode(cause, 'ENOENT')) throw cause
        // Compaction may have moved the chunk and removed the file since the row was read.
        const moved = await this.#index.find(dataId, index)
        if (moved?.segment === row.segment) {
          throw new ChunkCorruptError(dataId, index, 'its segment is lost', { cause })
        }
        row = moved
      }
    }
  }

  async #readBlocks(row: ChunkRow, range: ChunkRange, target: Uint8Array): Promise<ChunkBlocks> {
    const { dataId, index, offset, length } = range
    const span = blockSpanOf(offset, length, row.lengthBytes)
    assert(target.byteLength >= span.end - span.start, 'the target has room for all blocks')
    const bytes = target.subarray(0, span.end - span.start)
    const filled = await this.#readFile(row.segment, bytes, dataOffsetOf(row) + span.start)
    if (filled < bytes.byteLength) {
      throw new ChunkCorruptError(dataId, index, `segment ${row.segment} ends too early`)
    }
    const bad = findBadBlock(bytes, span.firstBlock, row.checks)
    if (bad !== undefined) {
      throw new ChunkCorruptError(dataId, index, `block ${bad} does not match its CRC-32`)
    }
    const checks = checksOfBlocks(row.checks, span.firstBlock, bytes.byteLength)
    return { start: span.start, bytes, checks }
  }

  async #readHead(row: ChunkRow, dataId: DataId, index: number): Promise<ChunkHead> {
    const bytes = Buffer.allocUnsafe(headBytesOf(row.ownerBytes, row.lengthBytes))
    const filled = await this.#readFile(row.segment, bytes, row.offset)
    try {
      const head = decodeChunkHead(bytes.subarray(0, filled), this.#seed)
      if (head.dataId === dataId && head.index === index) return head
    } catch (cause) {
      if (!(cause instanceof StoredFormatError)) throw cause
      throw new ChunkCorruptError(dataId, index, 'its head is damaged', { cause })
    }
    throw new ChunkCorruptError(dataId, index, 'another chunk stands in its place')
  }

  #readFile(segment: number, target: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#limit.enter(() => {
        this.#files
          .use(segment, (file) => file.read(target, position))
          .finally(() => this.#limit.leave())
          .then(resolve, reject)
      })
    })
  }
}
