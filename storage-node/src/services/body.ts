/**
 * Bodies on their way in and out: bytes are pushed, and whoever is slower says so with a promise.
 *
 * No stream objects and no promise per piece: on the hot path a piece costs one call.
 *
 * @module
 */

import type { BodySections } from '../base/body-hasher.ts'
import type { ChecksumAlgorithm } from '../base/object-checksums.ts'

/** Takes a piece; a returned promise means: send no more until it resolves. */
export type TakePiece = (piece: Uint8Array) => Promise<void> | undefined

/** A request body that has not been read yet. */
export interface BodySource {
  /** Announced length in bytes; undefined when the body is chunked. */
  readonly lengthBytes: number | undefined
  /**
   * Reads the body to its end, once. Pieces are the taker's to keep. Rejects with `IncompleteBody`,
   * `RequestTimeout` or what `take` threw.
   */
  read(take: TakePiece): Promise<void>
  /** Nobody else looks at pieces again: the taker may free their memory. */
  readonly givesPiecesAway?: boolean
  /** Where pieces share memory: told of each that the taker does not look at again. */
  readonly release?: ((piece: Uint8Array) => void) | undefined
  /**
   * Called before `read` by who hashes large pieces elsewhere: bytes are good only once these sections
   * are verified. Whoever does not call it reads bytes that are hashed on the way.
   */
  readonly deferSections?: (() => BodySections | undefined) | undefined
  /** One that is to be kept with it. */
  readonly checksum?: BodyChecksum | undefined
}

/** A checksum that is made of a body while it is read. */
export interface BodyChecksum {
  readonly algorithm: ChecksumAlgorithm
  /** Lower-case hex, once the body has been read. */
  value(): string
}

/** Takes bytes of an answer; resolves when they may be overwritten. */
export type SendPiece = (piece: Uint8Array) => Promise<void>

/** A response body. */
export interface BodyStream {
  /** Undefined: known at its end. */
  readonly lengthBytes: number | undefined
  /** Sends exactly `lengthBytes` bytes, all verified, or rejects: the connection is then cut. */
  send(send: SendPiece, signal: AbortSignal): Promise<void>
  /** Bytes that are at hand already: sent in one piece with the headers. */
  readonly bytes?: Uint8Array
}
