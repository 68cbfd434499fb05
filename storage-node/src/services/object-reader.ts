/**
 * Opens objects for reading, wherever their bytes lie.
 *
 * @module
 */

import type { ChunkReaderParts } from '../cluster/chunks/chunk-reader.ts'
import { sendChunkRange } from '../cluster/chunks/chunk-reader.ts'
import type { Partitions } from '../cluster/partitions.ts'
import type { VersionId } from '../model/identifiers.ts'
import type { ObjectRecord, PieceData } from '../model/object.ts'
import { unreachable } from '../base/assert.ts'
import type { Pacer } from '../base/pacer.ts'
import type { BodyPlace } from './body-store.ts'
import type { BodySource, BodyStream, SendPiece } from './body.ts'
import { walkPieces } from './piece-walk.ts'

/** Pieces of an answer up to this size may be kept by who takes them, hence are copied for it. */
const KEPT_BYTES_MAX = 64 * 1024

interface ByteSpan {
  readonly start: number
  readonly end: number
}

/** A record and its bytes, as of one moment. */
export interface OpenObject {
  readonly record: ObjectRecord
  /** The whole body, or bytes `start` to `end` (exclusive) of it. */
  body(range?: ByteSpan): BodyStream
}

export interface ObjectReaderParts extends ChunkReaderParts {
  readonly partitions: Partitions
}

/** Reads records and bodies. */
export class ObjectReader {
  readonly #parts: ObjectReaderParts

  constructor(parts: ObjectReaderParts) {
    this.#parts = parts
  }

  /** A version as of now; its body stays readable for a while after it was replaced. */
  async open(place: BodyPlace, versionId?: VersionId): Promise<OpenObject | undefined> {
    const query = { kind: 'object', ...place, versionId, withBody: true } as const
    const found = await this.#parts.partitions.ask(query)
    if (found === undefined) return undefined
    const { record, inline } = found
    return {
      record,
      body: (range = { start: 0, end: record.sizeBytes }) =>
        inline === undefined ? this.#stream(place, record, range) : atHand(inline, range),
    }
  }

  #stream(place: BodyPlace, record: ObjectRecord, range: ByteSpan): BodyStream {
    return {
      lengthBytes: range.end - range.start,
      send: (send, signal) => this.#send(place, record, range, send, signal),
    }
  }

  async #send(
    place: BodyPlace,
    { data }: ObjectRecord,
    range: ByteSpan,
    send: SendPiece,
    signal: AbortSignal,
  ): Promise<void> {
    switch (data.kind) {
      case 'none':
      case 'inline':
        return
      case 'chunks':
        return sendChunkRange(this.#parts, { dataId: data.dataId, ...range }, send, signal)
      case 'pieces':
        for await (const part of walkPieces(this.#parts.partitions, place, data, range)) {
          await this.#sendPiece(part.data, part, send, signal)
        }
        return
      default:
        unreachable(data)
    }
  }

  async #sendPiece(
    data: PieceData,
    { start, end }: ByteSpan,
    send: SendPiece,
    signal: AbortSignal,
  ): Promise<void> {
    if (data.kind === 'inline') return send(data.bytes.subarray(start, end))
    return sendChunkRange(this.#parts, { dataId: data.dataId, start, end }, send, signal)
  }
}

/**
 * Reads an answer's body as a request's: for server-side copies. An answer has several pieces on
 * their way at a time, a request's follow one another.
 */
export function bodySourceOf(stream: BodyStream, signal: AbortSignal, pacer?: Pacer): BodySource {
  const keepable = (piece: Uint8Array) =>
    piece.byteLength <= KEPT_BYTES_MAX ? Buffer.from(piece) : piece
  return {
    lengthBytes: stream.lengthBytes,
    read(take) {
      let taken: Promise<void> = Promise.resolve()
      const takePaced = async (piece: Uint8Array) => {
        const { byteLength } = piece
        await take(keepable(piece))
        await pacer?.moved(byteLength)
      }
      return stream.send((piece) => (taken = taken.then(() => takePaced(piece))), signal)
    },
  }
}

function atHand(inline: Uint8Array, { start, end }: ByteSpan): BodyStream {
  const bytes = inline.subarray(start, end)
  return { lengthBytes: bytes.byteLength, bytes, send: (send) => send(bytes) }
}
