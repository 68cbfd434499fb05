/**
 * HMAC of short texts with keys that are used again and again.
 *
 * Node makes an object of its own for each HMAC, which costs 4 us and the garbage collection as much again. Of a key
 * that is kept, an HMAC is two plain hashes: of its inner block and the text, and of its outer block and that hash
 * (RFC 2104).
 *
 * @module
 */

import { hash } from 'node:crypto'

export type HmacAlgorithm = 'sha1' | 'sha256'

const BLOCK_BYTES = 64
const DIGEST_BYTES = { sha1: 20, sha256: 32 } as const
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** What a key has room for besides its block; longer texts get memory of their own. */
const TEXT_BYTES_MAX = 512

/** One key of one algorithm. Not to be shared with other threads: it works in its own memory. */
export class HmacKey {
  readonly #algorithm: HmacAlgorithm
  readonly #inner = Buffer.alloc(BLOCK_BYTES + TEXT_BYTES_MAX, INNER_PAD)
  readonly #outer: Buffer

  constructor(algorithm: HmacAlgorithm, secret: Uint8Array) {
    this.#algorithm = algorithm
    this.#outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES[algorithm], OUTER_PAD)
    const key = secret.byteLength > BLOCK_BYTES ? hash(algorithm, secret, 'buffer') : secret
    for (const [at, byte] of key.entries()) {
      this.#inner[at] = INNER_PAD ^ byte
      this.#outer[at] = OUTER_PAD ^ byte
    }
  }

  /** Of a text that has one character per byte. */
  digest(text: string, encoding: 'hex' | 'base64'): string {
    const inner = hash(this.#algorithm, this.#innerOf(text), 'hex')
    this.#outer.write(inner, BLOCK_BYTES, 'hex')
    return hash(this.#algorithm, this.#outer, encoding)
  }

  #innerOf(text: string): Buffer {
    if (text.length > TEXT_BYTES_MAX) {
      return Buffer.concat([this.#inner.subarray(0, BLOCK_BYTES), Buffer.from(text, 'latin1')])
    }
    const written = this.#inner.write(text, BLOCK_BYTES, 'latin1')
    return this.#inner.subarray(0, BLOCK_BYTES + written)
  }
}
