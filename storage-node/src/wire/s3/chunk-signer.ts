/**
 * Signatures of a body that is signed piece by piece: each covers the one before it, the first that of
 * the request, so that pieces can neither be changed nor moved nor left out.
 *
 * @module
 */

import { createHmac, type KeyObject } from 'node:crypto'
import { sameSignature } from '../oss/signature-text.ts'
import { EMPTY_SHA256 } from './payload.ts'

/** What all signatures of one body have in common. */
export interface ChunkScope {
  readonly key: KeyObject
  /** As signed with the request. */
  readonly timestamp: string
  /** `date/region/s3/aws4_request` */
  readonly scope: string
}

/** Verifies a chain of signatures, in order. */
export class ChunkSigner {
  readonly #scope: ChunkScope
  #previous: string

  /** `seed` is the signature of the request, which has been verified. */
  constructor(scope: ChunkScope, seed: string) {
    this.#scope = scope
    this.#previous = seed
  }

  /** Whether the next piece of data has this signature; `sha256` is that of the piece, in hex. */
  isNextChunk(sha256: string, provided: string): boolean {
    return this.#isNext('AWS4-HMAC-SHA256-PAYLOAD', `${EMPTY_SHA256}\n${sha256}`, provided)
  }

  /** Whether the trailing headers have this signature; `sha256` is that of their lines, in hex. */
  isTrailer(sha256: string, provided: string): boolean {
    return this.#isNext('AWS4-HMAC-SHA256-TRAILER', sha256, provided)
  }

  #isNext(algorithm: string, hashes: string, provided: string): boolean {
    const { key, timestamp, scope } = this.#scope
    const text = `${algorithm}\n${timestamp}\n${scope}\n${this.#previous}\n${hashes}`
    const expected = createHmac('sha256', key).update(text).digest('hex')
    this.#previous = expected
    return sameSignature(expected, provided)
  }
}
