/**
 * An MD5 whose state can be kept, and gone on with by another process.
 *
 * `node:crypto` lets nothing of a hash out before its end. A state says which code wrote it: one of
 * another version is not gone on with, it is simply not known what it stands for.
 *
 * @module
 */

import { createMD5 } from 'hash-wasm'
import type { IHasher } from 'hash-wasm'

/** The MD5 of a stream, from some point of it on. */
export interface RunningMd5 {
  update(bytes: Uint8Array): void
  /** What it comes to so far: 16 bytes; and the state, of 156 bytes. */
  sum(): { readonly md5: Uint8Array; readonly state: Uint8Array }
}

/** One for all streams, each of which brings its own state; few processes ever need it. */
let loading: Promise<IHasher> | undefined

/** Goes on from `state`, none meaning from the beginning; undefined: it is no state of this version. */
export async function continueMd5(state: Uint8Array): Promise<RunningMd5 | undefined> {
  const hasher = await (loading ??= createMD5())
  let now = state.byteLength === 0 ? hasher.init().save() : state
  try {
    hasher.load(now)
  } catch {
    return undefined
  }
  return {
    update(bytes) {
      now = hasher.load(now).update(bytes).save()
    },
    sum: () => ({ md5: hasher.load(now).digest('binary'), state: now }),
  }
}
