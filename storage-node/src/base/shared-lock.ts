/**
 * A lock that many may share or one may have alone; whoever came first goes first.
 *
 * @module
 */

import { assert } from './assert.ts'

export type LockMode = 'shared' | 'exclusive'

interface Waiter {
  readonly mode: LockMode
  readonly grant: () => void
}

/** Not re-entrant. An exclusive waiter is not overtaken by later shared ones. */
export class SharedLock {
  #sharedCount = 0
  #isExclusive = false
  readonly #waiters: Waiter[] = []

  /** Nobody holds it and nobody waits. */
  get isIdle(): boolean {
    return this.#sharedCount === 0 && !this.#isExclusive && this.#waiters.length === 0
  }

  /** Returns nothing when the lock was free, else a promise of its turn. */
  acquire(mode: LockMode): Promise<void> | undefined {
    if (this.#waiters.length === 0 && this.#isFreeFor(mode)) {
      this.#take(mode)
      return undefined
    }
    return new Promise((grant) => this.#waiters.push({ mode, grant }))
  }

  release(mode: LockMode): void {
    if (mode === 'exclusive') {
      assert(this.#isExclusive, 'a lock is released by who holds it')
      this.#isExclusive = false
    } else {
      assert(this.#sharedCount > 0, 'a lock is released by who holds it')
      this.#sharedCount--
    }
    this.#serveWaiters()
  }

  #serveWaiters(): void {
    for (;;) {
      const next = this.#waiters[0]
      if (next === undefined || !this.#isFreeFor(next.mode)) return
      this.#waiters.shift()
      this.#take(next.mode)
      next.grant()
    }
  }

  #isFreeFor(mode: LockMode): boolean {
    return !this.#isExclusive && (mode === 'shared' || this.#sharedCount === 0)
  }

  #take(mode: LockMode): void {
    if (mode === 'exclusive') this.#isExclusive = true
    else this.#sharedCount++
  }
}

/** Locks by name, there only while somebody holds or waits for them. */
export class LockTable {
  readonly #locks = new Map<string, SharedLock>()

  acquire(name: string, mode: LockMode): Promise<void> | undefined {
    let lock = this.#locks.get(name)
    if (lock === undefined) this.#locks.set(name, (lock = new SharedLock()))
    return lock.acquire(mode)
  }

  release(name: string, mode: LockMode): void {
    const lock = this.#locks.get(name)
    assert(lock !== undefined, `lock "${name}" is held`)
    lock.release(mode)
    if (lock.isIdle) this.#locks.delete(name)
  }
}
