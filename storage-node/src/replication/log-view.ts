/**
 * What a replica knows of its log without the entries: which ballot each position has.
 *
 * A log's ballots never fall from one entry to the next, so a few runs describe millions of entries.
 * Two logs that have the same ballot at the same seq are equal up to there (replication.md I8); that
 * makes runs enough to find where two logs part.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Ballot, Seq } from '../contract/identifiers.ts'
import { compareBallots, sameBallot } from './ballot.ts'
import type { LogPosition, LogSummary } from './messages.ts'

/** A log's ballots, from the oldest known position to its end. */
export class LogView {
  /** Ascending; the first one stands at or below the base. */
  #runs: LogPosition[]
  #base: LogPosition
  #end: LogPosition
  #first: Seq | undefined

  constructor({ ballots, base, end, first }: LogSummary) {
    this.#runs = ballots.length === 0 ? [base] : [...ballots]
    this.#base = base
    this.#end = end
    this.#first = first
  }

  get base(): LogPosition {
    return this.#base
  }

  get end(): LogPosition {
    return this.#end
  }

  /** The oldest entry that can still be sent; undefined: none. */
  get first(): Seq | undefined {
    return this.#first
  }

  /** The ballot of the entry at `seq`; undefined where nothing is known. */
  ballotAt(seq: Seq): Ballot | undefined {
    if (seq > this.#end.seq) return undefined
    return this.#runs.findLast((run) => run.seq <= seq)?.ballot
  }

  positionAt(seq: Seq): LogPosition | undefined {
    const ballot = this.ballotAt(seq)
    return ballot && { seq, ballot }
  }

  has({ seq, ballot }: LogPosition): boolean {
    const known = this.ballotAt(seq)
    return known !== undefined && sameBallot(known, ballot)
  }

  /** Takes entries in; what stood at and above the first of them is gone. */
  append(entries: readonly LogPosition[]): void {
    const [head] = entries
    if (head === undefined) return
    assert(head.seq > this.#base.seq, 'what the base covers is never replaced')
    this.#truncate(head.seq)
    for (const { seq, ballot } of entries) {
      assert(seq === this.#end.seq + 1, 'entries follow each other')
      assert(compareBallots(ballot, this.#end.ballot) >= 0, 'ballots never fall along a log')
      if (!sameBallot(ballot, this.#end.ballot)) this.#runs.push({ seq, ballot })
      this.#end = { seq, ballot }
    }
    this.#first = Math.min(this.#first ?? head.seq, head.seq) as Seq
  }

  #truncate(from: Seq): void {
    if (from > this.#end.seq) return
    const before = this.positionAt((from - 1) as Seq)
    assert(before !== undefined, 'a log is truncated only where it is known')
    this.#runs = this.#runs.filter((run) => run.seq < from)
    this.#end = before
  }

  /** A checkpoint covers `base`; entries before `first` are dropped. */
  flushed(base: LogPosition, first: Seq | undefined): void {
    assert(this.has(base) && base.seq >= this.#base.seq, 'the base moves up along the log')
    this.#base = base
    this.#first = first
    const floor = Math.min(base.seq, (first ?? base.seq + 1) - 1)
    const at = this.#runs.findLastIndex((run) => run.seq <= floor)
    if (at > 0) this.#runs = this.#runs.slice(at)
  }

  /** The rows are those of `position`: the log goes on there, or starts anew if it does not reach it. */
  rebase(position: LogPosition): void {
    if (this.has(position)) return this.flushed(position, this.#firstAbove(position.seq))
    this.#runs = [position]
    this.#base = position
    this.#end = position
    this.#first = undefined
  }

  #firstAbove(seq: Seq): Seq | undefined {
    return this.#end.seq > seq ? ((seq + 1) as Seq) : undefined
  }

  summary(): LogSummary {
    return { first: this.#first, base: this.#base, end: this.#end, ballots: [...this.#runs] }
  }
}

/** The better log is the one with the higher last ballot, then the longer one (T3). */
export function compareLogs(a: LogSummary, b: LogSummary): number {
  return compareBallots(a.end.ballot, b.end.ballot) || a.end.seq - b.end.seq
}

/** The last position that both logs are known to share; undefined where their knowledge does not overlap. */
export function matchPoint(a: LogSummary, b: LogSummary): LogPosition | undefined {
  let found: LogPosition | undefined
  for (const one of runsOf(a)) {
    const other = runsOf(b).find(({ ballot }) => sameBallot(ballot, one.ballot))
    if (other === undefined) continue
    const seq = Math.min(one.last, other.last)
    if (seq >= Math.max(one.start, other.start)) found = { seq: seq as Seq, ballot: one.ballot }
  }
  return found
}

interface Run {
  readonly ballot: Ballot
  readonly start: number
  readonly last: number
}

function runsOf({ ballots, base, end }: LogSummary): Run[] {
  const runs = ballots.length === 0 ? [base] : ballots
  return runs.map(({ seq, ballot }, at) => ({
    ballot,
    start: seq,
    last: (runs[at + 1]?.seq ?? end.seq + 1) - 1,
  }))
}
