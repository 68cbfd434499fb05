/**
 * Makes a request body durable before the command that refers to it.
 *
 * Small bodies travel in the command itself, others are cut into chunks first. Length, limit and
 * Content-MD5 are checked before anything becomes visible (oss.md 3.1); a body that is refused
 * afterwards is killed at once.
 *
 * @module
 */

import type { Checksums } from '../base/checksums.ts'
import { joinBytes, toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { ChunkWriterParts } from '../cluster/chunk-writer.ts'
import { ChunkWriter } from '../cluster/chunk-writer.ts'
import type { Partitions } from '../cluster/partition-router.ts'
import { resultOf } from '../cluster/partition-router.ts'
import { diskFull } from '../cluster/replica-driver.ts'
import type { MayWrite } from '../cluster/replica-driver.ts'
import type { StoredBody } from '../model/command.ts'
import { OssError } from '../model/errors.ts'
import { CHUNK_SIZE_BYTES, INLINE_SIZE_BYTES_MAX } from '../model/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../model/identifiers.ts'
import { ChunkSpaceError } from '../storage/chunks/chunk-errors.ts'
import type { ChunkStore } from '../storage/chunks/chunk-store.ts'
import { newTimedId } from './new-identifiers.ts'
import type { BodySource } from './body.ts'

/** Bodies up to here are collected and hashed on this thread: a hop to another costs more. */
const COLLECTED_BYTES_MAX = 64 * 1024

export interface BodyStoreParts extends ChunkWriterParts {
  readonly chunks: ChunkStore
  readonly partitions: Partitions
  readonly checksums: Checksums
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Whether so many bytes would find room, as of now. */
  readonly wouldFit: MayWrite
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

  constructor(parts: BodyStoreParts) {
    this.#parts = parts
  }

  /** Reads the body to its end and makes it durable, unless it is small enough for a command. */
  async store(place: BodyPlace, request: BodyRequest): Promise<StoredBody> {
    const { body, contentMd5, sizeBytesMax } = request
    const { lengthBytes } = body
    if (lengthBytes !== undefined && lengthBytes > sizeBytesMax) throw tooLarge(sizeBytesMax)
    // Counted chunk by chunk on the way; what cannot fit at all is refused before it is read.
    if (!this.#parts.wouldFit(lengthBytes ?? 0)) throw diskFull()
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

  /** Tells the store that every chunk of the body is referred to now. */
  confirm({ data, sizeBytes }: StoredBody): void {
    if (data.kind === 'inline') return
    const { chunks, logger } = this.#parts
    chunks.confirm(data.dataId, chunkCountOf(sizeBytes)).catch((error: unknown) => {
      logger.warn('Could not confirm chunks', { dataId: data.dataId, error: String(error) })
    })
  }

  async #read(place: BodyPlace, request: BodyRequest): Promise<StoredBody> {
    const collected: Uint8Array[] = []
    let collectedBytes = 0
    let writer: ChunkWriter | undefined
    const take = (piece: Uint8Array): Promise<void> | undefined => {
      if (writer !== undefined) return this.#pushLimited(writer, piece, request.sizeBytesMax)
      collected.push(piece)
      collectedBytes += piece.byteLength
      if (collectedBytes <= COLLECTED_BYTES_MAX) return undefined
      writer = this.#startWriter(place, request)
      return pushAll(writer, collected)
    }
    try {
      await request.body.read(take)
      if (writer !== undefined) return await writer.finish()
      return await this.#storeCollected(place, collected)
    } catch (error) {
      if (writer !== undefined) await this.#giveUp(place, writer)
      // The volume filled up between admission and write.
      if (error instanceof ChunkSpaceError) throw diskFull()
      throw error
    }
  }

  #startWriter(place: BodyPlace, { body, signal }: BodyRequest): ChunkWriter {
    const dataId = this.#newDataId()
    const { lengthBytes } = body
    return new ChunkWriter(this.#parts, { dataId, owner: place, lengthBytes, signal })
  }

  #pushLimited(
    writer: ChunkWriter,
    piece: Uint8Array,
    sizeBytesMax: number,
  ): Promise<void> | undefined {
    if (writer.sizeBytes + piece.byteLength > sizeBytesMax) throw tooLarge(sizeBytesMax)
    return writer.push(piece)
  }

  async #storeCollected(place: BodyPlace, pieces: readonly Uint8Array[]): Promise<StoredBody> {
    const { md5, crc64 } = this.#parts.checksums.ofBody(pieces)
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
    if (sizeBytes <= INLINE_SIZE_BYTES_MAX) {
      const bytes = pieces.length === 0 ? new Uint8Array() : joinBytes(pieces)
      return { sizeBytes, data: { kind: 'inline', bytes }, md5: toHex(md5), crc64 }
    }
    if (!this.#parts.mayWrite(sizeBytes)) throw diskFull()
    const dataId = this.#newDataId()
    await this.#parts.chunks.put({ dataId, index: 0, owner: place, pieces, crc64 })
    return { sizeBytes, data: { kind: 'chunks', dataId }, md5: toHex(md5), crc64 }
  }

  async #giveUp(place: BodyPlace, writer: ChunkWriter): Promise<void> {
    await writer.abandon()
    await this.#kill(place, writer.dataId, writer.sizeBytes)
  }

  async #kill({ bucketId, key }: BodyPlace, dataId: DataId, sizeBytes: number): Promise<void> {
    const { partitions, chunks, logger } = this.#parts
    try {
      const killed = await partitions.execute({ kind: 'killData', bucketId, key, dataId })
      if (resultOf(killed, 'killed').referenced) return
      await chunks.remove(dataId, chunkCountOf(sizeBytes))
    } catch (error) {
      logger.warn('Could not free an unused body', { dataId, error: String(error) })
    }
  }

  #newDataId(): DataId {
    const { clock, random } = this.#parts
    return newTimedId(clock, random) as DataId
  }
}

/** Chunks that a body of this size is cut into. */
export function chunkCountOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / CHUNK_SIZE_BYTES))
}

async function pushAll(writer: ChunkWriter, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) await writer.push(piece)
}

function tooLarge(sizeBytesMax: number): OssError {
  return new OssError('EntityTooLarge', {
    details: [{ name: 'MaxSizeAllowed', value: String(sizeBytesMax) }],
  })
}
