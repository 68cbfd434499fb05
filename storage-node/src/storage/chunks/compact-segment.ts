/**
 * Gives the space of removed chunks back: copies what still lives in a segment, then removes it.
 *
 * The order is what keeps every chunk: copies synced, rows moved where they still point to the old
 * place, rows flushed, file removed (D5), and only then the segment's own row, without which a file
 * that came back would be read as new.
 *
 * @module
 */

import { hasErrorCode } from '../../base/files.ts'
import type { Logger } from '../../base/logger.ts'
import type { HeadSeed } from '../../wire/stored/chunk-records.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'
import type { ChunkIndex, SegmentState } from './chunk-index.ts'
import { copyChunks } from './copy-chunks.ts'
import type { SegmentFiles } from './segment-files.ts'
import { scanSegment } from './segment-scan.ts'
import type { SegmentWriter } from './segment-writer.ts'

export interface CompactionOptions {
  readonly engine: KeyValueEngine
  readonly files: SegmentFiles
  readonly index: ChunkIndex
  readonly writer: SegmentWriter
  readonly seed: HeadSeed
  readonly logger: Logger
}

/** A segment is worth copying when less than this part of it lives. */
const LIVE_PART_MAX = 0.6
/** So many records are looked up at once. */
const HEADS_PER_LOOKUP = 512

/** Compacts one segment at a time. */
export class Compaction {
  readonly #options: CompactionOptions
  /** Segments that hold a live record which cannot be copied: they stay. */
  readonly #damaged = new Set<number>()

  constructor(options: CompactionOptions) {
    this.#options = options
  }

  /** Gives back what is free, or what costs least to free; returns whether there was anything. */
  async once(): Promise<boolean> {
    if (await this.#removeDead()) return true
    const victim = this.#choose()
    if (victim === undefined) return false
    try {
      await this.#copyLive(victim.segment)
    } catch (cause) {
      // What the disk cannot read stays where it is, like what does not match its checks.
      if (!hasErrorCode(cause, 'EIO')) throw cause
    }
    if (await this.#removeDead()) return true
    const { segment, liveBytes } = victim
    this.#damaged.add(segment)
    this.#options.logger.error('A segment cannot be compacted', { segment, liveBytes })
    return true
  }

  /** Removes the segments in which nothing lives. */
  async #removeDead(): Promise<boolean> {
    const { engine, files, index } = this.#options
    const dead = this.#closed().filter(({ liveBytes }) => liveBytes === 0)
    if (dead.length === 0) return false
    // What made them dead is in the engine before the flush begins.
    await index.settled()
    await engine.flush()
    for (const { segment } of dead) {
      await files.remove(segment)
      await index.forget(segment)
    }
    return true
  }

  #closed(): SegmentState[] {
    return this.#options.index.segments().filter(({ state }) => state === 'closed')
  }

  #choose(): SegmentState | undefined {
    return this.#closed()
      .filter(({ segment }) => !this.#damaged.has(segment))
      .filter(({ liveBytes, endBytes }) => liveBytes < LIVE_PART_MAX * endBytes)
      .sort((a, b) => a.liveBytes / a.endBytes - b.liveBytes / b.endBytes)[0]
  }

  async #copyLive(segment: number): Promise<void> {
    const { files, index, writer, seed } = this.#options
    const scan = await files.use(segment, (file) => scanSegment({ file, segment, seed }, 0))
    const heads = [...scan.heads, ...scan.lastBatch]
    for (let at = 0; at < heads.length; at += HEADS_PER_LOOKUP) {
      const live = await index.findLive(heads.slice(at, at + HEADS_PER_LOOKUP))
      await copyChunks(segment, live, {
        files,
        append: (chunk) => writer.append(chunk),
        copiedFrom: ({ offset }) => ({ segment, offset }),
      })
    }
  }
}
