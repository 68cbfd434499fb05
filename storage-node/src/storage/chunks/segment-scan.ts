/**
 * Finds the records of a segment file: by its footer, or by walking it.
 *
 * Batches begin at multiples of 4 KiB. A walk that meets something else looks for the next batch:
 * when there is one, what lies between was whole once and has rotted (a batch is written only after
 * the one before it is synced); when there is none, it is the torn end of the file (D7).
 *
 * @module
 */

import type { File } from '../../base/files.ts'
import type { ChunkHead, HeadSeed } from '../../wire/stored/chunk-records.ts'
import {
  CHUNK_HEADER_BYTES,
  decodeChunkHead,
  headBytesByHeader,
  headBytesOf,
  ownerBytesOf,
} from '../../wire/stored/chunk-records.ts'
import type { FooterTrailer } from '../../wire/stored/segment-footer.ts'
import {
  FOOTER_TRAILER_BYTES,
  decodeFooterHeads,
  decodeFooterTrailer,
} from '../../wire/stored/segment-footer.ts'
import { StoredFormatError } from '../../wire/stored/stored-format-error.ts'

/** Batches begin at multiples of this: no drive tears an old one by writing the next (D7). */
export const BATCH_ALIGNMENT_BYTES = 4096

export interface SegmentScan {
  /** Records from `from` on, in order, without those of the last batch of an unsealed segment. */
  readonly heads: readonly ChunkHead[]
  /**
   * The last batch of an unsealed segment. Whoever wrote it may not have synced it: it counts only
   * once it is written again (J2).
   */
  readonly lastBatch: readonly ChunkHead[]
  /** Where the records end. */
  readonly endBytes: number
  /** Places in the middle where a record must have been. */
  readonly rottenCount: number
}

/** What a scan must know of its segment. */
export interface ScanTarget {
  readonly file: File
  readonly segment: number
  readonly seed: HeadSeed
}

/** Rounds up to where the next batch may begin. */
export function alignBatch(offset: number): number {
  return Math.ceil(offset / BATCH_ALIGNMENT_BYTES) * BATCH_ALIGNMENT_BYTES
}

/** Finds the records at or behind `from`, where a batch begins. */
export async function scanSegment(target: ScanTarget, from: number): Promise<SegmentScan> {
  const fileBytes = await target.file.sizeBytes()
  const trailer = await readTrailer(target, fileBytes)
  const heads = trailer && (await readFooter(target, trailer))
  if (heads !== undefined) {
    return {
      heads: heads.filter(({ offset }) => offset >= from),
      lastBatch: [],
      endBytes: trailer?.offset ?? 0,
      rottenCount: 0,
    }
  }
  return walk(new HeadReader(target, fileBytes), from, fileBytes)
}

async function readTrailer(
  { file, segment, seed }: ScanTarget,
  fileBytes: number,
): Promise<FooterTrailer | undefined> {
  const bytes = Buffer.alloc(FOOTER_TRAILER_BYTES)
  if (fileBytes < bytes.length) return undefined
  await file.read(bytes, fileBytes - bytes.length)
  const trailer = unlessMalformed(() => decodeFooterTrailer(bytes, fileBytes, seed))
  return trailer?.segment === segment ? trailer : undefined
}

async function readFooter(
  { file, seed }: ScanTarget,
  trailer: FooterTrailer,
): Promise<ChunkHead[] | undefined> {
  const bytes = new Uint8Array(trailer.headsBytes)
  await file.read(bytes, trailer.offset)
  return unlessMalformed(() => decodeFooterHeads(bytes, trailer, seed))
}

async function walk(reader: HeadReader, from: number, fileBytes: number): Promise<SegmentScan> {
  const heads: ChunkHead[] = []
  let lastBatch: ChunkHead[] = []
  let endBytes = from
  let rottenCount = 0
  let offset: number | undefined = from
  while (offset !== undefined && offset < fileBytes) {
    const batch = await readBatch(reader, offset)
    if (batch.isWhole) {
      heads.push(...lastBatch)
      lastBatch = batch.heads
      endBytes = alignBatch(batch.endBytes)
      offset = endBytes
      continue
    }
    offset = await findBatch(reader, offset + BATCH_ALIGNMENT_BYTES, fileBytes)
    if (offset === undefined) break
    // Each record has its own checks: what can still be read of a rotten batch is served.
    heads.push(...lastBatch, ...batch.heads)
    lastBatch = []
    rottenCount++
  }
  return { heads, lastBatch, endBytes, rottenCount }
}

interface ScannedBatch {
  readonly heads: ChunkHead[]
  readonly endBytes: number
  readonly isWhole: boolean
}

async function readBatch(reader: HeadReader, from: number): Promise<ScannedBatch> {
  const heads: ChunkHead[] = []
  let offset = from
  for (;;) {
    const head = await reader.read(offset)
    if (head === undefined || head.isFirst !== (offset === from)) {
      return { heads, endBytes: offset, isWhole: false }
    }
    heads.push(head)
    offset += headBytesOf(ownerBytesOf(head.owner), head.lengthBytes) + head.lengthBytes
    if (head.isLast) return { heads, endBytes: offset, isWhole: true }
  }
}

async function findBatch(
  reader: HeadReader,
  from: number,
  fileBytes: number,
): Promise<number | undefined> {
  for (let offset = from; offset < fileBytes; offset += BATCH_ALIGNMENT_BYTES) {
    const head = await reader.read(offset)
    if (head?.isFirst === true) return offset
  }
  return undefined
}

const WINDOW_BYTES = 64 * 1024

/** Reads heads at rising positions through one window, so that small records cost few reads. */
class HeadReader {
  readonly #target: ScanTarget
  readonly #fileBytes: number
  readonly #window = Buffer.allocUnsafeSlow(WINDOW_BYTES)
  #windowAt = 0
  #windowBytes = 0

  constructor(target: ScanTarget, fileBytes: number) {
    this.#target = target
    this.#fileBytes = fileBytes
  }

  /** The head at `offset`, if a whole one of this segment and this position is there. */
  async read(offset: number): Promise<ChunkHead | undefined> {
    const { segment, seed } = this.#target
    const header = await this.#bytes(offset, CHUNK_HEADER_BYTES)
    const headBytes = unlessMalformed(() => headBytesByHeader(header, seed))
    if (headBytes === undefined) return undefined
    const bytes = await this.#bytes(offset, headBytes)
    const head = unlessMalformed(() => decodeChunkHead(bytes, seed))
    return head?.segment === segment && head.offset === offset ? head : undefined
  }

  async #bytes(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#windowAt || offset + length > this.#windowAt + this.#windowBytes) {
      this.#windowAt = offset
      this.#windowBytes = 0
      if (offset < this.#fileBytes) {
        this.#windowBytes = await this.#target.file.read(this.#window, offset)
      }
    }
    const at = offset - this.#windowAt
    return this.#window.subarray(at, Math.min(at + length, this.#windowBytes))
  }
}

function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof StoredFormatError) return undefined
    throw cause
  }
}
