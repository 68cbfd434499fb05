/**
 * The opIds of the last seconds' entries: a command that took effect is not executed again when its
 * gateway asks again (replication.md 1.5, I22).
 *
 * Every replica keeps them as it applies, so a later primary has them too. What a command answered is
 * read from its entry when it is asked for; only entries that came with a snapshot bring it along.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { asBuffer } from '../../base/bytes.ts'
import type { Seq } from '../../contract/identifiers.ts'
import { mayBeAskedAgain, opIdMs } from '../../wire/stored/op-id.ts'

/** How far an opId's time may be off the hybrid clock for its command to be executed. */
export const OP_ID_OFF_MS_MAX = 10_000
/** Until nobody may ask again: 10 s after its time, and as much for clocks that differ. */
const KEPT_MS = 20_000
/** Bounds memory whatever clocks do: 13,000 commands a second. */
const COUNT_MAX = 262_144
/** Names that were forgotten before their list is made anew. */
const SLACK_COUNT = 4096

/** An operation that took effect. */
export interface RecentOperation {
  readonly opId: Uint8Array
  readonly seq: Seq
  /** Of its entry, when the log does not hold it. */
  readonly payload: Uint8Array | undefined
}

/** Finds what took effect in the last seconds. */
export class RecentOperations {
  readonly #operations = new Map<string, RecentOperation>()
  /**
   * Their names in the order of their entries, and how many of them are forgotten: a map would walk
   * past what it has lost each time that its first one is asked for.
   */
  #names: string[] = []
  #forgottenCount = 0
  #forgottenMs = 0

  /** Entries of earlier processes, or of a snapshot. */
  constructor(operations: readonly RecentOperation[] = []) {
    for (const operation of operations) this.#set(operation)
  }

  find(opId: Uint8Array): RecentOperation | undefined {
    return this.#operations.get(nameOf(opId))
  }

  /** What took effect under it would not be known any more. */
  isForgotten(opId: Uint8Array): boolean {
    return opIdMs(opId) <= this.#forgottenMs
  }

  /** Called in the order of seqs. */
  add(opId: Uint8Array, seq: Seq, nowMs: number): void {
    if (!mayBeAskedAgain(opId, nowMs)) return
    // Copied: the entry may be a view of a frame or a file's window.
    const copy = Uint8Array.prototype.slice.call(opId)
    this.#set({ opId: copy, seq, payload: undefined })
    this.#forgetOld(nowMs)
  }

  /** All that a later primary needs to know. */
  all(nowMs: number): RecentOperation[] {
    this.#forgetOld(nowMs)
    return [...this.#operations.values()]
  }

  #set(operation: RecentOperation): void {
    const name = nameOf(operation.opId)
    if (!this.#operations.has(name)) this.#names.push(name)
    this.#operations.set(name, operation)
  }

  #forgetOld(nowMs: number): void {
    for (let name; (name = this.#names[this.#forgottenCount]) !== undefined;) {
      const oldest = this.#operations.get(name)
      assert(oldest !== undefined, 'each name is of an operation')
      const timeMs = opIdMs(oldest.opId)
      if (timeMs > nowMs - KEPT_MS && this.#operations.size <= COUNT_MAX) break
      this.#operations.delete(name)
      this.#forgottenCount++
      this.#forgottenMs = Math.max(this.#forgottenMs, timeMs)
    }
    if (this.#forgottenCount < SLACK_COUNT || this.#forgottenCount * 2 < this.#names.length) return
    this.#names = this.#names.slice(this.#forgottenCount)
    this.#forgottenCount = 0
  }
}

function nameOf(opId: Uint8Array): string {
  return asBuffer(opId).toString('latin1')
}
