/**
 * Streams one body into chunks.
 *
 * Bytes are copied once, from the socket's buffer into slabs; hashing and writing share the slabs.
 * All slabs of a chunk are taken at once, and at most two chunks of a body are under way.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type {
  BodyHasher,
  BodyHashers,
  BodySections,
  SectionHasher,
} from '../../base/body-hasher.ts'
import { toHex } from '../../base/bytes.ts'
import { SLAB_BYTES } from '../../base/slabs.ts'
import type { Slab, SlabPool } from '../../base/slabs.ts'
import type { StoredBody } from '../../model/command.ts'
import { combineCrc64 } from '../../model/crc64-combine.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import type { ChunkOwner } from '../../storage/chunks/chunk-store.ts'
import { ChunkCopies } from './chunk-copies.ts'
import type { ChunkFanOut, SettledChunk } from './chunk-fan-out.ts'

export interface ChunkWriterParts {
  readonly copies: Pick<ChunkFanOut, 'send'>
  readonly slabs: SlabPool
  readonly hashers: BodyHashers
}

export interface ChunkWriterOptions {
  readonly dataId: DataId
  readonly owner: ChunkOwner
  /** Undefined when the body does not announce it. */
  readonly lengthBytes: number | undefined
  readonly signal: AbortSignal
  /** Nothing is sent off before those that end in it are verified. */
  readonly sections?: BodySections | undefined
}

/** The chunk that is being filled. */
interface OpenChunk {
  readonly slabs: Slab[]
  filledBytes: number
  hashedBytes: number
  hashed: Promise<bigint>[]
  verified: Promise<void>[]
}

/** One body on its way; ended by exactly one of `finish` and `abandon`. */
export class ChunkWriter {
  /** Where the chunks have got to. */
  readonly copies = new ChunkCopies()
  readonly #parts: ChunkWriterParts
  readonly #options: ChunkWriterOptions
  readonly #hasher: BodyHasher
  readonly #sectionHasher: SectionHasher | undefined
  #open: OpenChunk | undefined
  #sizeBytes = 0
  #chunkCount = 0
  /** CRC-64 of the body up to the last chunk that was sent off. */
  #crc64: Promise<bigint> = Promise.resolve(0n)
  #writing: Promise<void>[] = []
  #isPushing = false

  constructor(parts: ChunkWriterParts, options: ChunkWriterOptions) {
    this.#parts = parts
    this.#options = options
    this.#hasher = parts.hashers.open()
    this.#sectionHasher = options.sections && parts.hashers.openSections()
  }

  get dataId(): DataId {
    return this.#options.dataId
  }

  /** How much has been taken so far. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Takes a piece. A returned promise asks for patience; it rejects when the body cannot go on. */
  push(piece: Uint8Array): Promise<void> | undefined {
    const open = this.#open
    if (open === undefined || roomOf(open) <= piece.byteLength) return this.#pushSlowly(piece)
    this.#fill(open, piece)
    return undefined
  }

  /** Writes what is left; resolves once every chunk counts (B2). */
  async finish(): Promise<StoredBody> {
    assert(!this.#isPushing, 'a body ends after its last piece was taken')
    if (this.#open !== undefined) await this.#sendOff(this.#open)
    await Promise.all(this.#writing)
    const { md5, crc64 } = await this.#hasher.finish()
    const { dataId, sections } = this.#options
    sections?.finish()
    this.#sectionHasher?.close()
    return { sizeBytes: this.#sizeBytes, data: { kind: 'chunks', dataId }, md5: toHex(md5), crc64 }
  }

  /** Gives everything back; chunks that are written already stay, for whoever kills the dataId. */
  async abandon(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    if (open !== undefined) {
      await whenHashed(open)
      this.#parts.slabs.release(open.slabs)
    }
    await Promise.allSettled(this.#writing)
    this.#hasher.abandon()
    this.#sectionHasher?.close()
  }

  async #pushSlowly(piece: Uint8Array): Promise<void> {
    assert(!this.#isPushing, 'pieces of a body follow one another')
    this.#isPushing = true
    let rest = piece
    while (rest.byteLength > 0) {
      this.#open ??= await this.#openChunk()
      const count = Math.min(rest.byteLength, roomOf(this.#open))
      this.#fill(this.#open, rest.subarray(0, count))
      rest = rest.subarray(count)
      if (roomOf(this.#open) === 0) await this.#sendOff(this.#open)
    }
    this.#isPushing = false
  }

  async #openChunk(): Promise<OpenChunk> {
    const { lengthBytes, signal } = this.#options
    const left = lengthBytes === undefined ? CHUNK_SIZE_BYTES : lengthBytes - this.#sizeBytes
    // Or a chunk in the middle would be shorter than all readers take it to be.
    assert(left > 0, 'a body is not longer than announced')
    const chunkBytes = Math.min(left, CHUNK_SIZE_BYTES)
    const count = Math.ceil(chunkBytes / SLAB_BYTES)
    const slabs = await this.#parts.slabs.acquire(count, signal)
    return { slabs, filledBytes: 0, hashedBytes: 0, hashed: [], verified: [] }
  }

  #fill(open: OpenChunk, piece: Uint8Array): void {
    let rest = piece
    while (rest.byteLength > 0) {
      const slab = open.slabs[Math.floor(open.filledBytes / SLAB_BYTES)]
      assert(slab !== undefined, 'a piece fits into the open chunk')
      const at = open.filledBytes % SLAB_BYTES
      const count = Math.min(rest.byteLength, SLAB_BYTES - at)
      slab.bytes.set(rest.subarray(0, count), at)
      rest = rest.subarray(count)
      open.filledBytes += count
      this.#sizeBytes += count
      if (open.filledBytes % SLAB_BYTES === 0) this.#hash(open)
    }
  }

  /** Hashes what was filled since the last time: at most the rest of one slab. */
  #hash(open: OpenChunk): void {
    if (open.hashedBytes === open.filledBytes) return
    const slab = open.slabs[Math.floor(open.hashedBytes / SLAB_BYTES)]
    assert(slab !== undefined, 'what is filled is in a slab')
    const from = open.hashedBytes % SLAB_BYTES
    const bytes = slab.bytes.subarray(from, from + open.filledBytes - open.hashedBytes)
    open.hashed.push(this.#hasher.update(bytes))
    open.hashedBytes = open.filledBytes
    this.#verify(open, bytes)
  }

  /** Has sections hashed in the last bytes that were filled. */
  #verify(open: OpenChunk, bytes: Uint8Array): void {
    const { sections } = this.#options
    if (sections === undefined || this.#sectionHasher === undefined) return
    const from = this.#sizeBytes - bytes.byteLength
    const marks = sections.takeMarks(this.#sizeBytes).map((mark) => mark - from)
    const hashes = this.#sectionHasher.update(bytes, marks)
    const verified = hashes.then((found) => sections.verify(found))
    // It is awaited when the chunk is written, or the body given up.
    verified.catch(() => undefined)
    open.verified.push(verified)
  }

  /** Starts to write the open chunk; waits while another one is still being written. */
  async #sendOff(open: OpenChunk): Promise<void> {
    this.#open = undefined
    this.#hash(open)
    const index = this.#chunkCount++
    const before = this.#crc64
    this.#crc64 = open.hashed.at(-1) ?? before
    const writing = this.#write(index, open, before)
    // It is awaited below or by `finish`; until then a failure is nobody's surprise.
    writing.catch(() => undefined)
    this.#writing.push(writing)
    if (this.#writing.length > 1) await this.#writing.shift()
  }

  async #write(index: number, open: OpenChunk, before: Promise<bigint>): Promise<void> {
    const { dataId, owner } = this.#options
    let sent = false
    try {
      const [crcBefore, crcAfter] = await Promise.all([before, open.hashed.at(-1) ?? before])
      await Promise.all(open.verified)
      await Promise.all(open.hashed)
      // Combining is its own inverse: what the chunk adds to the body's CRC is the chunk's CRC.
      const crc64 = combineCrc64(crcBefore, crcAfter, open.filledBytes)
      const pieces = filledPieces(open)
      const { counted, settled } = this.#parts.copies.send({ dataId, index, owner, pieces, crc64 })
      sent = true
      this.copies.add(index, settled)
      void settled.then((chunk) => this.#giveBack(open.slabs, chunk))
      await counted
    } finally {
      if (!sent) void whenHashed(open).then(() => this.#parts.slabs.release(open.slabs))
    }
  }

  /** What a send that was given up may still read is never filled again. */
  #giveBack(slabs: readonly Slab[], { mayReuse }: SettledChunk): void {
    if (mayReuse) this.#parts.slabs.release(slabs)
    else this.#parts.slabs.discard(slabs)
  }
}

/** Slabs that are still being read must not be filled again. */
async function whenHashed({ hashed, verified }: OpenChunk): Promise<void> {
  await Promise.allSettled([...hashed, ...verified])
}

function roomOf(open: OpenChunk): number {
  return open.slabs.length * SLAB_BYTES - open.filledBytes
}

function filledPieces({ slabs, filledBytes }: OpenChunk): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < filledBytes; at += SLAB_BYTES) {
    const slab = slabs[at / SLAB_BYTES]
    if (slab !== undefined) pieces.push(slab.bytes.subarray(0, filledBytes - at))
  }
  return pieces
}
