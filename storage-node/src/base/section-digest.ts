/**
 * SHA-256 of sections of a stream.
 *
 * @module
 */

import { createHash, type Hash } from 'node:crypto'

/** Of one stream. */
export class SectionDigest {
  /** Of the section under way. */
  #hash: Hash | undefined

  /** Takes the next bytes; sections begin and end in turns at `marks`. The hashes, in hex, of those that end. */
  update(bytes: Uint8Array, marks: readonly number[]): string[] {
    const hashes: string[] = []
    let at = 0
    for (const mark of marks) {
      if (this.#hash === undefined) this.#hash = createHash('sha256')
      else {
        hashes.push(this.#hash.update(bytes.subarray(at, mark)).digest('hex'))
        this.#hash = undefined
      }
      at = mark
    }
    this.#hash?.update(bytes.subarray(at))
    return hashes
  }
}
