/**
 * Sections of a body that somebody else hashes, and what is to be found of each.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { BodySections } from '../../base/body-hasher.ts'

/** Judges the hash of a section, in hex; throws what the body gets when it is not right. */
export type HashCheck = (sha256: string) => void

/** Of one body. */
export class DeferredHashes implements BodySections {
  #marks: number[] = []
  readonly #checks: HashCheck[] = []

  /** A section begins behind this many bytes of the body. */
  begin(atBytes: number): void {
    this.#marks.push(atBytes)
  }

  /** The section that has begun ends behind this many bytes. */
  end(atBytes: number, check: HashCheck): void {
    this.#marks.push(atBytes)
    this.#checks.push(check)
  }

  takeMarks(upToBytes: number): readonly number[] {
    const marks = this.#marks
    const later = marks.findIndex((mark) => mark > upToBytes)
    this.#marks = later < 0 ? [] : marks.splice(later)
    return marks
  }

  verify(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const check = this.#checks.shift()
      assert(check !== undefined, 'each section is hashed once')
      check(hash)
    }
  }

  finish(): void {
    const left = this.#marks.length + this.#checks.length
    assert(left === 0, 'every section of a body that is kept was verified')
  }
}
