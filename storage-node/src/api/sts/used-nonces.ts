/**
 * Nonces that requests had: whoever overhears a request must not get credentials by repeating it.
 *
 * Each storage node remembers what it has seen itself, as long as the time of a request would still do.
 *
 * @module
 */

/** Bounds memory: more within the time, and the older half is forgotten. */
const NONCE_COUNT_MAX = 100_000

export class UsedNonces {
  readonly #keepMs: number
  /** In the order in which they came. */
  readonly #seen = new Map<string, number>()

  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  /** Remembers a nonce; false when it was there already. */
  use(nonce: string, nowMs: number): boolean {
    this.#forgetOld(nowMs)
    if (this.#seen.has(nonce)) return false
    this.#seen.set(nonce, nowMs)
    return true
  }

  #forgetOld(nowMs: number): void {
    const isFull = this.#seen.size >= NONCE_COUNT_MAX
    let excess = isFull ? this.#seen.size / 2 : 0
    for (const [nonce, seenMs] of this.#seen) {
      if (excess-- <= 0 && nowMs - seenMs <= this.#keepMs) return
      this.#seen.delete(nonce)
    }
  }
}
