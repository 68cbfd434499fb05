/**
 * Holds the log back until a start has succeeded: one that fails says why in a single line.
 *
 * @module
 */

import { Writable } from 'node:stream'

/** A stream that keeps what is written until it is released. */
export interface HeldStream {
  readonly stream: Writable
  /** Writes what was kept, and everything later at once. */
  release(): void
}

/** Holds what is meant for `target`. */
export function holdStream(target: { write(text: string): unknown }): HeldStream {
  let held: string[] | undefined = []
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      if (held === undefined) target.write(text)
      else held.push(text)
      done()
    },
  })
  return {
    stream,
    release() {
      const kept = held ?? []
      held = undefined
      if (kept.length > 0) target.write(kept.join(''))
    },
  }
}
