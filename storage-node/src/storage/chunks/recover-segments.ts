/**
 * What a start does about segments (replication.md 2.3).
 *
 * The files of the directory count, not the rows: the engine may have lost the newest. Every file
 * that is not wholly below its checkpoint is read, and what has no row gets one. A last batch counts
 * only after it has been written again (J2), so its old segment is closed only then.
 *
 * @module
 */

import type { Logger } from '../../base/logger.ts'
import { chunkNamespaceRange, readSegmentRowKey } from '../../wire/stored/chunk-keys.ts'
import type { ChunkHead, HeadSeed } from '../../wire/stored/chunk-records.ts'
import { decodeSegmentRow } from '../../wire/stored/chunk-rows.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'
import type { ChunkIndex, SegmentState } from './chunk-index.ts'
import { ChunkSpaceError } from './chunk-errors.ts'
import { copyChunks, rewriteChunks } from './copy-chunks.ts'
import type { SegmentFiles } from './segment-files.ts'
import { scanSegment } from './segment-scan.ts'
import type { SegmentWriter } from './segment-writer.ts'

export interface RecoveryOptions {
  readonly files: SegmentFiles
  readonly index: ChunkIndex
  readonly writer: SegmentWriter
  readonly seed: HeadSeed
  readonly logger: Logger
}

const ROWS_PER_PAGE = 1000

/** Reads what the rows say about segments. */
export async function readSegmentRows(engine: KeyValueEngine): Promise<SegmentState[]> {
  const states: SegmentState[] = []
  const { end, start } = chunkNamespaceRange('segment')
  let from = start
  for (;;) {
    const page = await engine.scan({ start: from, end }, { limit: ROWS_PER_PAGE })
    for (const { key, value } of page) {
      states.push({ segment: readSegmentRowKey(key), ...decodeSegmentRow(value) })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < ROWS_PER_PAGE) return states
    from = Buffer.concat([last.key, Buffer.of(0)])
  }
}

/** Completes the index from the files that were there before this start. */
export async function recoverSegments(
  fileNumbers: readonly number[],
  options: RecoveryOptions,
): Promise<void> {
  const { index } = options
  const known = new Map(index.segments().map((state) => [state.segment, state]))
  const read = fileNumbers.filter((segment) => known.get(segment)?.state !== 'closed')
  const lastBatches: { segment: number; heads: readonly ChunkHead[] }[] = []
  for (const segment of read) {
    const heads = await recoverSegment(segment, known.get(segment)?.endBytes ?? 0, options)
    lastBatches.push({ segment, heads })
  }
  for (const { segment, heads } of lastBatches) await writeAgain(segment, heads, options)
  await index.close(read)
  const present = new Set(fileNumbers)
  await forgetLost(
    [...known.values()].filter(({ segment }) => !present.has(segment)),
    options,
  )
}

/** Makes the rows of a segment's records; returns the last batch, which must be written again. */
async function recoverSegment(
  segment: number,
  from: number,
  { files, index, seed, logger }: RecoveryOptions,
): Promise<readonly ChunkHead[]> {
  const scan = await files.use(segment, (file) => scanSegment({ file, segment, seed }, from))
  if (scan.rottenCount > 0) {
    logger.error('A segment is damaged in the middle', { segment, places: scan.rottenCount })
  }
  await index.recover(segment, scan)
  return scan.lastBatch
}

/** Makes a last batch count (J2): its chunks that have no row yet are written into a new segment. */
async function writeAgain(
  segment: number,
  heads: readonly ChunkHead[],
  { index, files, writer, logger }: RecoveryOptions,
): Promise<void> {
  const unknown = await index.findUnknown(heads)
  try {
    await copyChunks(segment, unknown, {
      files,
      append: (chunk) => writer.append(chunk),
      copiedFrom: () => undefined,
    })
  } catch (cause) {
    if (!(cause instanceof ChunkSpaceError)) throw cause
    logger.warn('No room to write a last batch again: it is written in its place', { segment })
    const left = await index.findUnknown(heads)
    const whole = await rewriteChunks(segment, left, files)
    await index.addFound(segment, whole)
  }
}

/** A segment that compaction has removed may still have its row; it counts nothing alive then. */
async function forgetLost(
  lost: readonly SegmentState[],
  { index, logger }: RecoveryOptions,
): Promise<void> {
  for (const { segment, liveBytes } of lost) {
    if (liveBytes === 0) await index.forget(segment)
    else logger.error('A segment with chunks is lost', { segment, liveBytes })
  }
}
