/**
 * Digests of bodies as a collaborator: computed here, or by other threads (`hash-threads.ts`).
 *
 * @module
 */

import type { BodyChecksums, Checksums } from './checksums.ts'

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

/** Makes digests. */
export interface BodyHashers {
  open(): BodyHasher
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
  }
}
