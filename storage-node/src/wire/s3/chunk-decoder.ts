/**
 * Takes the frames of an aws-chunked body away: `size;chunk-signature=…`, data, and at the end perhaps a
 * checksum.
 *
 * Data is handed on as it arrives, without a copy, and is good only once `finish` has returned, and what was
 * deferred is verified: what is made of it before then must be forgotten when anything throws. Between pieces
 * no more is kept than one bounded line and a running hash, or what is deferred of a few pieces.
 *
 * @module
 */

import { createHash, hash, type Hash } from 'node:crypto'
import { unreachable } from '../../base/assert.ts'
import { OssError } from '../../model/errors.ts'
import type { BodySections } from '../../base/body-hasher.ts'
import type { ChunkSigner } from './chunk-signer.ts'
import { DeferredHashes } from './deferred-hashes.ts'

/** What the head of the request says of the body. */
export interface Framing {
  /** Of the data, without frames. */
  readonly lengthBytes: number
  /** Undefined: the pieces are not signed. */
  readonly signer: ChunkSigner | undefined
  /** Whether anything may follow the last piece. */
  readonly hasTrailer: boolean
  /** Lower-case name of the only header that follows then; undefined: none. */
  readonly trailerName: string | undefined
}

const LINE_SIZE_BYTES_MAX = 256
/** Smaller pieces are hashed here, whoever hashes the others: what is kept of each until then would add up. */
const DEFERRED_BYTES_MIN = 8 * 1024
const LINE_FEED = 0x0a
const SIZE_LINE = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?$/
const TRAILER_SIGNATURE = 'x-amz-trailer-signature'

type Expected = 'size' | 'data' | 'dataEnd' | 'trailer' | 'nothing'

export class ChunkDecoder {
  readonly #framing: Framing
  #expected: Expected = 'size'
  /** The beginning of a line whose end has not arrived. */
  #line = ''
  /** Of the piece under way. */
  #leftBytes = 0
  #signature = ''
  #hash: Hash | undefined
  #deferred: DeferredHashes | undefined
  #dataBytes = 0
  #trailer: string | undefined
  #trailerIsSigned = false

  constructor(framing: Framing) {
    this.#framing = framing
  }

  /** From now on, whoever asks hashes pieces that are signed. Undefined: they are not. */
  defer(): BodySections | undefined {
    if (this.#framing.signer === undefined) return undefined
    return (this.#deferred = new DeferredHashes())
  }

  /** The data in the next bytes of the body. Throws what frames or signatures get that are not right. */
  push(piece: Uint8Array): Uint8Array[] {
    const data: Uint8Array[] = []
    let at = 0
    while (at < piece.byteLength) {
      if (this.#expected !== 'data') {
        at = this.#takeLine(piece, at)
        continue
      }
      const end = Math.min(at + this.#leftBytes, piece.byteLength)
      const part = piece.subarray(at, end)
      this.#takeData(part)
      data.push(part)
      at = end
    }
    return data
  }

  /** Ends the body: the value of the header behind it. Throws when something is missing. */
  finish(): string | undefined {
    const { hasTrailer, trailerName, signer, lengthBytes } = this.#framing
    // Some leave out the empty line when nothing can follow.
    const isOver = this.#expected === 'trailer' && !hasTrailer && this.#line === ''
    if (this.#expected !== 'nothing' && !isOver) throw incomplete('is shorter')
    if (this.#dataBytes !== lengthBytes) throw incomplete('is shorter')
    if (this.#line !== '') throw malformedTrailer()
    if (trailerName !== undefined && this.#trailer === undefined) throw malformedTrailer()
    if (hasTrailer && signer !== undefined && !this.#trailerIsSigned) throw malformedTrailer()
    return this.#trailer
  }

  #takeData(part: Uint8Array): void {
    this.#hash?.update(part)
    this.#leftBytes -= part.byteLength
    if (this.#leftBytes > 0) return
    this.#verifyChunk()
    this.#expected = 'dataEnd'
  }

  /** Takes bytes up to the end of a line, or all of them; returns where it stopped. */
  #takeLine(piece: Uint8Array, at: number): number {
    const found = piece.indexOf(LINE_FEED, at)
    const end = found < 0 ? piece.byteLength : found
    if (this.#line.length + end - at > LINE_SIZE_BYTES_MAX) throw this.#malformed()
    this.#line += Buffer.from(piece.buffer, piece.byteOffset + at, end - at).toString('latin1')
    if (found < 0) return end
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    this.#onLine(line)
    return end + 1
  }

  #onLine(line: string): void {
    switch (this.#expected) {
      case 'size':
        return this.#startChunk(line)
      case 'dataEnd':
        if (line !== '') throw this.#malformed()
        this.#expected = 'size'
        return
      case 'trailer':
        return this.#onTrailerLine(line)
      case 'nothing':
        // One client ends with an empty line too many.
        if (line !== '') throw this.#malformed()
        return
      case 'data':
        throw this.#malformed()
      default:
        return unreachable(this.#expected)
    }
  }

  #startChunk(line: string): void {
    const [, size = '', signature] = SIZE_LINE.exec(line) ?? []
    const { signer, lengthBytes } = this.#framing
    if (size === '' || (signature === undefined) !== (signer === undefined)) throw this.#malformed()
    this.#leftBytes = Number.parseInt(size, 16)
    this.#dataBytes += this.#leftBytes
    if (this.#dataBytes > lengthBytes) throw incomplete('is longer')
    this.#signature = signature ?? ''
    if (signer !== undefined) this.#startHash()
    if (this.#leftBytes > 0) {
      this.#expected = 'data'
      return
    }
    this.#verifyChunk()
    this.#expected = 'trailer'
  }

  #startHash(): void {
    const sizeBytes = this.#leftBytes
    if (this.#deferred === undefined || sizeBytes < DEFERRED_BYTES_MIN) {
      this.#hash = createHash('sha256')
    } else this.#deferred.begin(this.#dataBytes - sizeBytes)
  }

  #verifyChunk(): void {
    const { signer } = this.#framing
    if (signer === undefined) return
    const link = signer.nextChunk(this.#signature)
    const verify = (sha256: string) => {
      if (!signer.isChunk(link, sha256)) throw wrongSignature()
    }
    if (this.#hash === undefined) return this.#deferred?.end(this.#dataBytes, verify)
    verify(this.#hash.digest('hex'))
    this.#hash = undefined
  }

  #onTrailerLine(line: string): void {
    const { hasTrailer, trailerName, signer } = this.#framing
    if (line === '') {
      // The same client leaves an empty line before the signature.
      const isBeforeSignature = signer !== undefined && hasTrailer && !this.#trailerIsSigned
      if (!isBeforeSignature || this.#trailer === undefined) this.#expected = 'nothing'
      return
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (!hasTrailer || colon < 0 || this.#trailerIsSigned) throw malformedTrailer()
    if (name === TRAILER_SIGNATURE && signer !== undefined) {
      const lines = this.#trailer === undefined ? '' : `${trailerName}:${this.#trailer}\n`
      if (!signer.isTrailer(hash('sha256', lines, 'hex'), value)) throw wrongSignature()
      this.#trailerIsSigned = true
      return
    }
    if (name !== trailerName || this.#trailer !== undefined) throw malformedTrailer()
    this.#trailer = value
  }

  #malformed(): OssError {
    const isBehind = this.#expected === 'trailer' || this.#expected === 'nothing'
    return isBehind ? malformedTrailer() : new OssError('InvalidChunkSizeError')
  }
}

function incomplete(how: string): OssError {
  return new OssError('IncompleteBody', {
    message: `The body ${how} than x-amz-decoded-content-length announces.`,
  })
}

function malformedTrailer(): OssError {
  return new OssError('MalformedTrailerError')
}

/** Texts to sign are not shown: nobody could compare them with what was signed long before. */
function wrongSignature(): OssError {
  return new OssError('SignatureDoesNotMatch')
}
