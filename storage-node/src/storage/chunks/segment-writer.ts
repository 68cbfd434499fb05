/**
 * The one writer of a store's segments: what waits becomes one batch, written and synced; the next
 * batch forms meanwhile and is written only then (J1, J2). A full segment is sealed with a footer.
 *
 * A failed write or sync is fatal (D1), but for a write on a full volume: that batch is refused, and
 * because its leftovers stand in the segment, nothing is ever appended there again.
 *
 * @module
 */

import type { Fatal } from '../../base/crash.ts'
import type { File } from '../../base/files.ts'
import { hasErrorCode } from '../../base/files.ts'
import type { ChunkHead, ChunkOwner, HeadSeed } from '../../wire/stored/chunk-records.ts'
import { encodeChunkHead, headBytesOf, ownerBytesOf } from '../../wire/stored/chunk-records.ts'
import type { ChunkPlace } from '../../wire/stored/chunk-rows.ts'
import { encodeFooter } from '../../wire/stored/segment-footer.ts'
import type { DataId } from '../../model/identifiers.ts'
import { ChunkSpaceError } from './chunk-errors.ts'
import type { SegmentFiles } from './segment-files.ts'
import { alignBatch, BATCH_ALIGNMENT_BYTES } from './segment-scan.ts'

/** A chunk on its way into a segment. */
export interface ChunkToWrite {
  readonly dataId: DataId
  readonly index: number
  readonly placementGroup: number
  readonly owner: ChunkOwner
  readonly pieces: readonly Uint8Array[]
  readonly lengthBytes: number
  readonly crc64: bigint
  readonly checks: Uint8Array
  /** Where it was copied from; undefined for a new chunk. */
  readonly copiedFrom: ChunkPlace | undefined
}

/** A chunk that is durable in its segment, and who waits for it. */
export interface WrittenChunk extends Settlement {
  readonly chunk: ChunkToWrite
  readonly offset: number
}

interface Settlement {
  readonly done: () => void
  readonly failed: (cause: unknown) => void
}

/** What becomes of written batches. Called in the order of the file, never awaited here. */
export interface SegmentSink {
  /** A batch is synced; `endBytes` is where the next would begin. Settles each chunk. */
  written(segment: number, batch: readonly WrittenChunk[], endBytes: number): void
  /** Nothing more comes into this segment; called after all of its batches. */
  closed(segment: number): void
}

export interface SegmentWriterOptions {
  readonly files: SegmentFiles
  readonly sink: SegmentSink
  readonly fatal: Fatal
  readonly seed: HeadSeed
  readonly segmentSizeBytes: number
  /** Number of the first segment to make: above all that were ever used. */
  readonly firstSegment: number
}

interface WaitingChunk extends Settlement {
  readonly chunk: ChunkToWrite
}

interface OpenSegment {
  readonly number: number
  readonly file: File
  endBytes: number
  /** For the footer. */
  readonly heads: Uint8Array[]
}

interface Batch {
  readonly pieces: readonly Uint8Array[]
  readonly heads: readonly Uint8Array[]
  readonly written: readonly WrittenChunk[]
  /** Aligned. */
  readonly endBytes: number
}

/** A batch is as large as what waits, up to this: it bounds how long the next one waits. */
const BATCH_BYTES_MAX = 16 * 1024 ** 2
const ZEROS = new Uint8Array(BATCH_ALIGNMENT_BYTES)

/** Appends chunks to segments. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  #nextSegment: number
  #open: OpenSegment | undefined
  #waiting: WaitingChunk[] = []
  #busy: Promise<void> | undefined
  #hasFailed = false
  #writtenBytes = 0

  constructor(options: SegmentWriterOptions) {
    this.#options = options
    this.#nextSegment = options.firstSegment
  }

  /** Bytes appended by this process. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  /** Makes the first segment: from then on its number is in use, whatever else is removed. */
  async start(): Promise<void> {
    this.#open = await this.#create()
  }

  /** Resolves once the sink has settled the chunk. */
  append(chunk: ChunkToWrite): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ chunk, done, failed })
      this.#busy ??= this.#pump()
    })
  }

  /** Resolves once nothing waits; the open segment is let go as it is. */
  async close(): Promise<void> {
    if (this.#busy !== undefined) await this.#busy
    if (this.#open !== undefined) this.#options.files.release(this.#open.number)
    this.#open = undefined
  }

  async #pump(): Promise<void> {
    // What else arrives in this turn of the event loop rides along.
    await Promise.resolve()
    while (this.#waiting.length > 0 && !this.#hasFailed) await this.#writeSome(this.#takeSome())
    this.#busy = this.#hasFailed ? new Promise(() => {}) : undefined
  }

  #takeSome(): WaitingChunk[] {
    const bytesMax = Math.min(BATCH_BYTES_MAX, this.#options.segmentSizeBytes)
    let bytes = 0
    let count = 0
    for (const { chunk } of this.#waiting) {
      bytes += recordBytesOf(chunk)
      if (count > 0 && bytes > bytesMax) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #writeSome(some: readonly WaitingChunk[]): Promise<void> {
    try {
      const open = await this.#segmentFor(some)
      const batch = layOut(some, open, this.#options.seed)
      await open.file.write(batch.pieces, open.endBytes)
      await this.#sync(open)
      this.#writtenBytes += batch.endBytes - open.endBytes
      open.endBytes = batch.endBytes
      open.heads.push(Buffer.concat(batch.heads))
      this.#options.sink.written(open.number, batch.written, batch.endBytes)
    } catch (cause) {
      if (this.#hasFailed || !isDiskFull(cause)) return this.#fail(cause)
      await this.#refuse(some, cause)
    }
  }

  async #refuse(some: readonly WaitingChunk[], cause: unknown): Promise<void> {
    try {
      await this.#abandon()
    } catch (failure) {
      return this.#fail(failure)
    }
    for (const { failed } of some) failed(new ChunkSpaceError({ cause }))
  }

  async #segmentFor(some: readonly WaitingChunk[]): Promise<OpenSegment> {
    const bytes = some.reduce((sum, { chunk }) => sum + recordBytesOf(chunk), 0)
    const open = this.#open
    if (open !== undefined) {
      const fits = open.endBytes + bytes <= this.#options.segmentSizeBytes
      if (fits || open.endBytes === 0) return open
      await this.#seal(open)
    }
    this.#open = await this.#create()
    return this.#open
  }

  async #create(): Promise<OpenSegment> {
    // A number that could not be made is not tried again: its name may stand in the directory.
    const number = this.#nextSegment++
    const file = await this.#options.files.create(number)
    return { number, file, endBytes: 0, heads: [] }
  }

  async #seal(open: OpenSegment): Promise<void> {
    const footer = encodeFooter(open.number, open.endBytes, open.heads, this.#options.seed)
    try {
      await open.file.write(footer, open.endBytes)
      await this.#sync(open)
    } catch (cause) {
      // A footer only saves time: a full volume does without it.
      if (this.#hasFailed || !isDiskFull(cause)) throw cause
    }
    this.#letGo(open)
  }

  /** A sync that failed is never made good by another one, whatever its reason (D1). */
  async #sync(open: OpenSegment): Promise<void> {
    try {
      await open.file.sync()
    } catch (cause) {
      this.#hasFailed = true
      throw cause
    }
  }

  /** Leaves a segment whose end holds half a batch. */
  async #abandon(): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    this.#letGo(open)
    if (open.endBytes === 0) await this.#options.files.remove(open.number)
  }

  #letGo(open: OpenSegment): void {
    this.#open = undefined
    this.#options.files.release(open.number)
    if (open.endBytes > 0) this.#options.sink.closed(open.number)
  }

  #fail(cause: unknown): void {
    this.#hasFailed = true
    this.#options.fatal(new Error('A segment could not be written', { cause }))
  }
}

/** Lays the records of a batch one behind the other and fills up the last block (D7). */
function layOut(some: readonly WaitingChunk[], open: OpenSegment, seed: HeadSeed): Batch {
  const pieces: Uint8Array[] = []
  const heads: Uint8Array[] = []
  const written: WrittenChunk[] = []
  let offset = open.endBytes
  for (const [at, { chunk, done, failed }] of some.entries()) {
    const isLast = at === some.length - 1
    const head: ChunkHead = { ...chunk, segment: open.number, offset, isFirst: at === 0, isLast }
    const bytes = encodeChunkHead(head, seed)
    heads.push(bytes)
    pieces.push(bytes, ...chunk.pieces)
    written.push({ chunk, offset, done, failed })
    offset += bytes.byteLength + chunk.lengthBytes
  }
  const endBytes = alignBatch(offset)
  pieces.push(ZEROS.subarray(0, endBytes - offset))
  return { pieces, heads, written, endBytes }
}

function recordBytesOf({ owner, lengthBytes }: ChunkToWrite): number {
  return headBytesOf(ownerBytesOf(owner), lengthBytes) + lengthBytes
}

function isDiskFull(cause: unknown): boolean {
  return hasErrorCode(cause, 'ENOSPC') || hasErrorCode(cause, 'EDQUOT')
}
