/**
 * Digests of bodies as a collaborator: computed here, or by other threads (`hash-threads.ts`).
 *
 * @module
 */

import type { BodyChecksums, Checksums } from './checksums.ts'
import { SectionDigest } from './section-digest.ts'

/** The digest of one body. */
export interface BodyHasher {
  /**
   * Takes the next bytes; they may be overwritten once the promise resolves, to the CRC-64 of all
   * that came so far. Calls may overlap.
   */
  update(bytes: Uint8Array): Promise<bigint>
  /** Ends the body, after every update that was called before. */
  finish(): Promise<BodyChecksums>
  /** Forgets the body; updates under way still resolve. No other call may follow. */
  abandon(): void
}

/** SHA-256 of sections of one body, which need not touch. */
export interface SectionHasher {
  /**
   * Takes the next bytes, in which sections begin and end in turns at `marks`, a section that was begun
   * in those before ending first. They may be overwritten once the promise resolves, to the hashes, in
   * hex, of the sections that have ended. Calls may overlap.
   */
  update(bytes: Uint8Array, marks: readonly number[]): Promise<readonly string[]>
  /** Forgets the body; updates under way still resolve. No other call may follow. */
  close(): void
}

/** Sections that a body is cut into, whose hashes somebody makes for whoever knows what they must be. */
export interface BodySections {
  /** Where they begin and end in turns, in bytes of the body: marks up to here that were not taken yet. */
  takeMarks(upToBytes: number): readonly number[]
  /** Takes the hashes of the next sections, in hex. Throws what one gets that is not as it must be. */
  verify(hashes: readonly string[]): void
  /** After the end of the body: all have been verified. */
  finish(): void
}

/** Makes digests. */
export interface BodyHashers {
  open(): BodyHasher
  openSections(): SectionHasher
}

/** Hashes where it is called: for small bodies, where a hop costs more, and for the simulator. */
export function inlineBodyHashers(checksums: Checksums): BodyHashers {
  return {
    open() {
      const digest = checksums.startBody()
      return {
        update(bytes) {
          digest.update(bytes)
          return Promise.resolve(digest.crc64SoFar())
        },
        finish: () => Promise.resolve(digest.finish()),
        abandon() {},
      }
    },
    openSections() {
      const digest = new SectionDigest()
      return {
        update: (bytes, marks) => Promise.resolve(digest.update(bytes, marks)),
        close() {},
      }
    },
  }
}
