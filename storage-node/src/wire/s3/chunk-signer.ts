/**
 * Signatures of a body that is signed piece by piece: each covers the one before it, the first that of
 * the request, so that pieces can neither be changed nor moved nor left out.
 *
 * @module
 */

import type { HmacKey } from '../../base/hmac-key.ts'
import { sameSignature } from '../oss/signature-text.ts'
import { EMPTY_SHA256 } from './payload.ts'

/** What all signatures of one body have in common. */
export interface ChunkScope {
  readonly key: HmacKey
  /** As signed with the request. */
  readonly timestamp: string
  /** `date/region/s3/aws4_request` */
  readonly scope: string
}

/** What the signature of one piece covers besides the piece, and the signature that came with it. */
export interface ChunkLink {
  readonly previous: string
  readonly provided: string
}

/**
 * Verifies a chain of signatures. Each is held to the one before it as that one was sent, so that pieces may be
 * verified later and in any order: the chain is whole once every one of them has been.
 */
export class ChunkSigner {
  readonly #scope: ChunkScope
  #previous: string

  /** `seed` is the signature of the request, which has been verified. */
  constructor(scope: ChunkScope, seed: string) {
    this.#scope = scope
    this.#previous = seed
  }

  /** Goes on by a piece of data that came with this signature, which is to be verified. */
  nextChunk(provided: string): ChunkLink {
    const previous = this.#previous
    this.#previous = provided
    return { previous, provided }
  }

  /** Whether a piece has its signature; `sha256` is that of the piece, in hex. */
  isChunk(link: ChunkLink, sha256: string): boolean {
    return this.#isSigned('AWS4-HMAC-SHA256-PAYLOAD', `${EMPTY_SHA256}\n${sha256}`, link)
  }

  /** Whether the trailing headers have this signature; `sha256` is that of their lines, in hex. */
  isTrailer(sha256: string, provided: string): boolean {
    const link = { previous: this.#previous, provided }
    return this.#isSigned('AWS4-HMAC-SHA256-TRAILER', sha256, link)
  }

  #isSigned(algorithm: string, hashes: string, { previous, provided }: ChunkLink): boolean {
    const { key, timestamp, scope } = this.#scope
    const text = `${algorithm}\n${timestamp}\n${scope}\n${previous}\n${hashes}`
    const expected = key.digest(text, 'hex')
    return sameSignature(expected, provided)
  }
}
