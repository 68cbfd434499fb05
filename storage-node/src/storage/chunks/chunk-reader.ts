/**
 * Serves ranges of chunks: only bytes whose every block matches its CRC-32 ever leave.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { hasErrorCode } from '../../base/files.ts'
import type { DataId } from '../../model/identifiers.ts'
import type { ChunkRow } from '../../wire/stored/chunk-rows.ts'
import { dataOffsetOf } from '../../wire/stored/chunk-rows.ts'
import { CallLimit } from '../call-limit.ts'
import { blockSpanOf, findBadBlock } from './block-checks.ts'
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

/** The thread pool also serves syncs: slow reads must not fill it (replication.md 7). */
const READ_COUNT_MAX = 8

/** Reads and verifies. */
export class ChunkReader {
  readonly #index: ChunkIndex
  readonly #files: SegmentFiles
  readonly #limit = new CallLimit(READ_COUNT_MAX)

  constructor(index: ChunkIndex, files: SegmentFiles) {
    this.#index = index
    this.#files = files
  }

  /** Reads the blocks of the range into `target` and returns the part of it that is the range. */
  async read(range: ChunkRange, target: Uint8Array): Promise<Uint8Array> {
    const { dataId, index } = range
    let row = await this.#index.find(dataId, index)
    for (;;) {
      if (row === undefined) throw new ChunkMissingError(dataId, index)
      try {
        return await this.#readAt(row, range, target)
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

  /** Resolves once no read is under way. */
  idle(): Promise<void> {
    return this.#limit.idle()
  }

  async #readAt(row: ChunkRow, range: ChunkRange, target: Uint8Array): Promise<Uint8Array> {
    const { dataId, index, offset, length } = range
    if (offset < 0 || offset + length > row.lengthBytes) {
      throw new ChunkCorruptError(dataId, index, `it has only ${row.lengthBytes} bytes`)
    }
    if (length === 0) return target.subarray(0, 0)
    const span = blockSpanOf(offset, length, row.lengthBytes)
    assert(target.byteLength >= span.end - span.start, 'the target has room for all blocks')
    const blocks = target.subarray(0, span.end - span.start)
    const filled = await this.#readFile(row.segment, blocks, dataOffsetOf(row) + span.start)
    if (filled < blocks.byteLength) {
      throw new ChunkCorruptError(dataId, index, `segment ${row.segment} ends too early`)
    }
    const bad = findBadBlock(blocks, span.firstBlock, row.checks)
    if (bad !== undefined) {
      throw new ChunkCorruptError(dataId, index, `block ${bad} does not match its CRC-32`)
    }
    return blocks.subarray(offset - span.start, offset - span.start + length)
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
