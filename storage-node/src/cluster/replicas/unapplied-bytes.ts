/**
 * How much of a replica's log waits to be applied: a member that falls behind with that stops to
 * acknowledge (replication.md 1.5, step 4).
 *
 * @module
 */

import type { Seq } from '../../contract/identifiers.ts'
import type { LogEntry } from '../../replication/messages.ts'

const BACKLOG_BYTES_MAX = 64 * 1024 ** 2

/** Sizes of the entries that are accepted and not applied. */
export class UnappliedBytes {
  readonly #sizes = new Map<Seq, number>()
  #end = 0 as Seq
  #total = 0

  get isTooMuch(): boolean {
    return this.#total > BACKLOG_BYTES_MAX
  }

  /** The log ends with these entries now. */
  add(entries: readonly LogEntry[]): void {
    for (const { seq, payload } of entries) {
      for (let above = seq; above <= this.#end; above = (above + 1) as Seq) this.#remove(above)
      this.#end = seq
      this.#sizes.set(seq, payload.byteLength)
      this.#total += payload.byteLength
    }
  }

  applied(seq: Seq): void {
    this.#remove(seq)
  }

  #remove(seq: Seq): void {
    this.#total -= this.#sizes.get(seq) ?? 0
    this.#sizes.delete(seq)
  }
}
