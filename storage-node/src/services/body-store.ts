/**
 * Makes a request body durable before the command that refers to it.
 *
 * Small bodies travel in the command itself, others are cut into chunks first. Length, limit and
 * Content-MD5 are checked before anything becomes visible (oss.md 3.1); a body that is refused
 * afterwards is killed at once.
 *
 * @module
 */

import type { BodySections } from '../base/body-hasher.ts'
import type { Checksums } from '../base/checksums.ts'
import { joinBytes, toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { releaseBytes } from '../base/release-bytes.ts'
import type { ChunkConfirmations } from '../cluster/chunks/chunk-confirmations.ts'
import { ChunkCopies } from '../cluster/chunks/chunk-copies.ts'
import { volumeFull } from '../cluster/chunks/chunk-failures.ts'
import type { ChunkFanOut } from '../cluster/chunks/chunk-fan-out.ts'
import type { ChunkRemoval } from '../cluster/chunks/chunk-removal.ts'
import type { ChunkWriterParts } from '../cluster/chunks/chunk-writer.ts'
import { ChunkWriter } from '../cluster/chunks/chunk-writer.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { resultOf } from '../cluster/partitions.ts'
import type { StoredBody } from '../model/command.ts'
import { OssError } from '../model/errors.ts'
import { CHUNK_SIZE_BYTES, INLINE_SIZE_BYTES_MAX } from '../model/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../model/identifiers.ts'
import { newTimedId } from './new-identifiers.ts'
import type { BodySource } from './body.ts'

/** Bodies up to here are collected and hashed on this thread: a hop to another costs more. */
const COLLECTED_BYTES_MAX = 64 * 1024

/** DataIds that are drawn for one whose stores are well. */
const DRAW_COUNT_MAX = 8
/** DataIds that a small body is sent under. */
const ATTEMPT_COUNT_MAX = 3

export interface BodyStoreParts extends ChunkWriterParts {
  readonly copies: Pick<ChunkFanOut, 'send' | 'wouldFit' | 'hasChoice' | 'outlook'>
  readonly confirmations: Pick<ChunkConfirmations, 'confirm'>
  readonly removal: Pick<ChunkRemoval, 'discard'>
  readonly partitions: Partitions
  readonly checksums: Checksums
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface BodyRequest {
  readonly body: BodySource
  /** 16 bytes the client says the MD5 is. */
  readonly contentMd5: Uint8Array | undefined
  readonly sizeBytesMax: number
  readonly signal: AbortSignal
}

/** The key a body is for. */
export interface BodyPlace {
  readonly bucketId: BucketId
  readonly key: ObjectKey
}

/** Stores bodies, and takes them back. */
export class BodyStore {
  readonly #parts: BodyStoreParts
  /** Until the body is confirmed, or forgotten. */
  readonly #copies = new WeakMap<StoredBody, ChunkCopies>()

  constructor(parts: BodyStoreParts) {
    this.#parts = parts
  }

  /** Reads the body to its end and makes it durable, unless it is small enough for a command. */
  async store(place: BodyPlace, request: BodyRequest): Promise<StoredBody> {
    const { body, contentMd5, sizeBytesMax } = request
    const { lengthBytes } = body
    if (lengthBytes !== undefined && lengthBytes > sizeBytesMax) throw tooLarge(sizeBytesMax)
    // Counted chunk by chunk on the way; what cannot fit at all is refused before it is read.
    if (!this.#parts.copies.wouldFit(lengthBytes ?? 0)) throw volumeFull()
    const stored = await this.#read(place, request)
    if (contentMd5 !== undefined && toHex(contentMd5) !== stored.md5) {
      await this.discard(place, stored)
      throw new OssError('InvalidDigest')
    }
    return stored
  }

  /** Frees a body that nothing refers to. Best effort: what is left over is found as an orphan. */
  async discard(place: BodyPlace, { data, sizeBytes }: StoredBody): Promise<void> {
    if (data.kind === 'chunks') await this.#kill(place, data.dataId, sizeBytes)
  }

  /** Tells the stores that every chunk of a body that `store` has returned is referred to now. */
  confirm(stored: StoredBody): void {
    const { data, sizeBytes } = stored
    const copies = this.#copies.get(stored)
    if (data.kind === 'inline' || copies === undefined) return
    const chunkCount = chunkCountOf(sizeBytes)
    this.#parts.confirmations.confirm({ dataId: data.dataId, chunkCount }, copies)
  }

  async #read(place: BodyPlace, request: BodyRequest): Promise<StoredBody> {
    const collected: Uint8Array[] = []
    let collectedBytes = 0
    let writer: ChunkWriter | undefined
    const isLarge = (request.body.lengthBytes ?? 0) > COLLECTED_BYTES_MAX
    const sections = isLarge ? request.body.deferSections?.() : undefined
    const take = (piece: Uint8Array): Promise<void> | undefined => {
      if (writer !== undefined) return this.#pushLimited(writer, piece, request)
      collected.push(piece)
      collectedBytes += piece.byteLength
      if (collectedBytes <= COLLECTED_BYTES_MAX) return undefined
      writer = this.#startWriter(place, request, sections)
      return pushAll(writer, collected, request.body)
    }
    try {
      await request.body.read(take)
      if (writer === undefined) {
        sections?.finish()
        return await this.#storeCollected(place, collected)
      }
      const stored = await writer.finish()
      this.#copies.set(stored, writer.copies)
      return stored
    } catch (error) {
      if (writer !== undefined) await this.#giveUp(place, writer)
      throw error
    }
  }

  #startWriter(
    place: BodyPlace,
    { body, signal }: BodyRequest,
    sections: BodySections | undefined,
  ): ChunkWriter {
    const dataId = this.#newDataId()
    const { lengthBytes } = body
    return new ChunkWriter(this.#parts, { dataId, owner: place, lengthBytes, signal, sections })
  }

  #pushLimited(
    writer: ChunkWriter,
    piece: Uint8Array,
    { body, sizeBytesMax }: BodyRequest,
  ): Promise<void> | undefined {
    if (writer.sizeBytes + piece.byteLength > sizeBytesMax) throw tooLarge(sizeBytesMax)
    return push(writer, piece, body)
  }

  async #storeCollected(place: BodyPlace, pieces: readonly Uint8Array[]): Promise<StoredBody> {
    const { md5, crc64 } = this.#parts.checksums.ofBody(pieces)
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
    if (sizeBytes <= INLINE_SIZE_BYTES_MAX) {
      const bytes = pieces.length === 0 ? new Uint8Array() : joinBytes(pieces)
      return { sizeBytes, data: { kind: 'inline', bytes }, md5: toHex(md5), crc64 }
    }
    let dataId = this.#newDataId()
    for (let attempt = 1; ; attempt++) {
      const copies = new ChunkCopies()
      const chunk = { dataId, index: 0, owner: place, pieces, crc64 }
      const { counted, settled } = this.#parts.copies.send(chunk)
      copies.add(0, settled)
      try {
        await counted
      } catch (error) {
        await this.#kill(place, dataId, sizeBytes)
        dataId = this.#newDataId()
        if (attempt === ATTEMPT_COUNT_MAX || !this.#mayHelp(dataId)) throw error
        continue
      }
      const data = { kind: 'chunks', dataId } as const
      const stored = { sizeBytes, data, md5: toHex(md5), crc64 }
      this.#copies.set(stored, copies)
      return stored
    }
  }

  async #giveUp(place: BodyPlace, writer: ChunkWriter): Promise<void> {
    await writer.abandon()
    await this.#kill(place, writer.dataId, writer.sizeBytes)
  }

  async #kill({ bucketId, key }: BodyPlace, dataId: DataId, sizeBytes: number): Promise<void> {
    const { partitions, removal, logger } = this.#parts
    try {
      const killed = await partitions.execute({ kind: 'killData', bucketId, key, dataId })
      if (resultOf(killed, 'killed').referenced) return
      await removal.discard({ dataId, chunkCount: chunkCountOf(sizeBytes) })
    } catch (error) {
      logger.warn('Could not free an unused body', { dataId, error: String(error) })
    }
  }

  /** Whether a small body, whose bytes are at hand, may find other stores under another name. */
  #mayHelp(dataId: DataId): boolean {
    const { copies } = this.#parts
    return copies.hasChoice && copies.outlook(dataId) !== 'poor'
  }

  /** One whose stores are well, if there is one: stores that fill up get no new data. */
  #newDataId(): DataId {
    const { clock, random, copies } = this.#parts
    let best = newTimedId(clock, random) as DataId
    if (!copies.hasChoice) return best
    for (let draw = 1; draw < DRAW_COUNT_MAX && copies.outlook(best) !== 'good'; draw++) {
      const other = newTimedId(clock, random) as DataId
      if (copies.outlook(best) === 'poor' || copies.outlook(other) === 'good') best = other
    }
    return best
  }
}

/** Chunks that a body of this size is cut into. */
export function chunkCountOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / CHUNK_SIZE_BYTES))
}

async function pushAll(
  writer: ChunkWriter,
  pieces: readonly Uint8Array[],
  body: BodySource,
): Promise<void> {
  for (const piece of pieces) await push(writer, piece, body)
}

/** The writer copies what it takes: the piece is of no use afterwards. */
function push(
  writer: ChunkWriter,
  piece: Uint8Array,
  { givesPiecesAway, release }: BodySource,
): Promise<void> | undefined {
  const pushing = writer.push(piece)
  const free = givesPiecesAway === true ? releaseBytes : release
  if (free === undefined) return pushing
  if (pushing !== undefined) return pushing.then(() => free(piece))
  free(piece)
  return undefined
}

function tooLarge(sizeBytesMax: number): OssError {
  return new OssError('EntityTooLarge', {
    details: [{ name: 'MaxSizeAllowed', value: String(sizeBytesMax) }],
  })
}
