/**
 * Holds the log back until a start has succeeded: one that fails says why in a single line.
 *
 * @module
 */

import type { LineTarget } from './base/winston-logger.ts'

/** A target that keeps what is written until it is released. */
export interface HeldLines extends LineTarget {
  /** Writes what was kept, and everything later at once. */
  release(): void
}

/** Holds what is meant for `target`. */
export function holdLines(target: LineTarget): HeldLines {
  let held: string[] | undefined = []
  return {
    write: (text) => (held === undefined ? target.write(text) : held.push(text)),
    release() {
      const kept = held ?? []
      held = undefined
      if (kept.length > 0) target.write(kept.join(''))
    },
  }
}
