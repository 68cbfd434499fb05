/**
 * Where received bulk bytes come to lie.
 *
 * The bytes of a request are needed until it is answered, so large ones are put into pooled slabs:
 * the pool bounds what all peers together can make this process hold, and fresh memory costs more
 * than a copy. The pool must be one that only receivers take from, or storage nodes that are busy
 * sending could wait for each other.
 *
 * @module
 */

import type { Slab, SlabPool } from '../../base/slabs.ts'
import { SLAB_BYTES } from '../../base/slabs.ts'

/** Up to here plain memory is cheaper. */
const PLAIN_BYTES_MAX = 64 * 1024

/** Buffers for some bulk. */
export interface Landing {
  readonly buffers: Uint8Array[]
  /** The bytes are not needed any more. */
  release(): void
}

/** Buffers that are never given back; for what outlives a request, such as its answer. */
export function plainLanding(sizeBytes: number): Landing {
  const buffers = sizeBytes === 0 ? [] : [Buffer.allocUnsafeSlow(sizeBytes)]
  return { buffers, release() {} }
}

/** True if `pooledLanding` would take slabs. */
export function needsSlabs(sizeBytes: number): boolean {
  return sizeBytes > PLAIN_BYTES_MAX
}

/** Slabs for the bytes of a request, as soon as there are as many. */
export async function pooledLanding(
  slabs: SlabPool,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<Landing> {
  const taken = await slabs.acquire(Math.ceil(sizeBytes / SLAB_BYTES), signal)
  return { buffers: trimmed(taken, sizeBytes), release: () => slabs.release(taken) }
}

function trimmed(slabs: readonly Slab[], sizeBytes: number): Uint8Array[] {
  return slabs.map(({ bytes }, index) => bytes.subarray(0, sizeBytes - index * SLAB_BYTES))
}

/** Copies pieces, one behind the other, into buffers of the same size together. */
export function fill(buffers: readonly Uint8Array[], pieces: readonly Uint8Array[]): void {
  let index = 0
  let at = 0
  for (const piece of pieces) {
    for (let from = 0; from < piece.byteLength;) {
      const target = buffers[index]!
      const part = piece.subarray(from, from + target.byteLength - at)
      target.set(part, at)
      from += part.byteLength
      at += part.byteLength
      if (at === target.byteLength) {
        index++
        at = 0
      }
    }
  }
}
