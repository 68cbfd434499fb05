/**
 * The pool of 1 MiB buffers that object bytes travel in.
 *
 * The pool is what bounds memory: who gets no slab waits, its client's socket is paused, and TCP
 * pushes back. A writer asks for all the slabs of a chunk at once, so that writers never hold some
 * and wait for others: that would be a deadlock.
 *
 * @module
 */

import { assert } from './assert.ts'

export const SLAB_BYTES = 1024 ** 2

/** One pooled buffer, shared with the hash threads without a copy. */
export interface Slab {
  readonly bytes: Uint8Array
}

interface Waiter {
  readonly count: number
  readonly grant: (slabs: Slab[]) => void
}

/** A bounded pool; waiters are served in order of arrival. */
export class SlabPool {
  readonly #countMax: number
  readonly #free: Slab[] = []
  readonly #waiters: Waiter[] = []
  #made = 0

  constructor(sizeBytesMax: number) {
    this.#countMax = Math.floor(sizeBytesMax / SLAB_BYTES)
    assert(this.#countMax >= 4, 'the slab pool holds at least one chunk')
  }

  /** Slabs in use, for metrics. */
  get usedCount(): number {
    return this.#made - this.#free.length
  }

  /** Resolves with `count` slabs as soon as there are as many; rejects when `signal` is aborted. */
  acquire(count: number, signal?: AbortSignal): Promise<Slab[]> {
    assert(count > 0 && count <= this.#countMax, 'a request for slabs fits into the pool')
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#waiters.length === 0 && this.#availableCount() >= count) {
      return Promise.resolve(this.#take(count))
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        count,
        grant: (slabs) => {
          signal?.removeEventListener('abort', giveUp)
          resolve(slabs)
        },
      }
      const giveUp = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        reject(signal?.reason as Error)
        this.#serveWaiters()
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#waiters.push(waiter)
    })
  }

  /** Gives slabs back. Their bytes must not be touched afterwards. */
  release(slabs: readonly Slab[]): void {
    this.#free.push(...slabs)
    this.#serveWaiters()
  }

  /** Takes slabs out of the pool for good: somebody may still read them, so nobody may fill them. */
  discard(slabs: readonly Slab[]): void {
    this.#made -= slabs.length
    this.#serveWaiters()
  }

  #serveWaiters(): void {
    for (;;) {
      const next = this.#waiters[0]
      if (next === undefined || this.#availableCount() < next.count) return
      this.#waiters.shift()
      next.grant(this.#take(next.count))
    }
  }

  #availableCount(): number {
    return this.#countMax - this.usedCount
  }

  #take(count: number): Slab[] {
    const slabs: Slab[] = []
    while (slabs.length < count) {
      slabs.push(this.#free.pop() ?? this.#makeSlab())
    }
    return slabs
  }

  #makeSlab(): Slab {
    this.#made++
    return { bytes: new Uint8Array(new SharedArrayBuffer(SLAB_BYTES)) }
  }
}
