/**
 * Where one partition's entries stand in the journal's files: one behind the other from the oldest
 * that they hold, each ballot's in one piece.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Ballot, Seq } from '../../contract/identifiers.ts'
import { sameBallot } from '../../replication/ballot.ts'
import type { LogPosition } from '../../wire/stored/journal-records.ts'
import type { Location } from './location.ts'

interface Copy {
  readonly ballot: Ballot
  readonly location: Location
}

/** Entries from `first` on. Their locations rise with them, but for copies. */
export class PartitionLog {
  #first = 1 as Seq
  #locations: Location[] = []
  /** Where each ballot's entries begin. */
  #ballots: LogPosition[] = []
  /** Copies of entries below `first`, met while the files are read. */
  readonly #copies = new Map<Seq, Copy>()

  /** The oldest entry that there is a location of, if there is any. */
  get first(): Seq {
    return this.#first
  }

  get ballots(): readonly LogPosition[] {
    return this.#ballots
  }

  end(): LogPosition | undefined {
    const last = this.#ballots.at(-1)
    if (last === undefined) return undefined
    return { seq: (this.#first + this.#locations.length - 1) as Seq, ballot: last.ballot }
  }

  /** The log ends with this entry now. Returns false over a gap. */
  place({ seq, ballot }: LogPosition, location: Location): boolean {
    if (this.#locations.length === 0 || seq < this.#first) this.#first = seq
    if (seq > this.#first + this.#locations.length) return false
    for (const copied of this.#copies.keys()) if (copied >= seq) this.#copies.delete(copied)
    this.#locations.length = seq - this.#first
    while ((this.#ballots.at(-1)?.seq ?? -1) >= seq) this.#ballots.pop()
    this.#locations.push(location)
    const current = this.#ballots.at(-1)?.ballot
    if (current === undefined || !sameBallot(current, ballot)) this.#ballots.push({ seq, ballot })
    return true
  }

  /** An entry that has been cut off meanwhile, or become another, is not taken. */
  copy({ seq, ballot }: LogPosition, location: Location): void {
    if (this.#locations.length === 0 || seq < this.#first) {
      this.#copies.set(seq, { ballot, location })
      return
    }
    const current = this.ballotAt(seq)
    if (current === undefined || !sameBallot(current, ballot)) return
    this.#locations[seq - this.#first] = location
  }

  find(seq: Seq): Location | undefined {
    return this.#locations[seq - this.#first]
  }

  ballotAt(seq: Seq): Ballot | undefined {
    if (this.find(seq) === undefined) return undefined
    return this.#ballots.findLast((run) => run.seq <= seq)?.ballot
  }

  *seqsBelow(from: Seq, location: Location): Iterable<Seq> {
    for (let at = Math.max(0, from - this.#first); at < this.#locations.length; at++) {
      if ((this.#locations[at] ?? location) < location) yield (this.#first + at) as Seq
    }
  }

  lowestFrom(from: Seq): Location | undefined {
    let lowest: Location | undefined
    for (let at = Math.max(0, from - this.#first); at < this.#locations.length; at++) {
      const location = this.#locations[at]
      if (lowest === undefined || (location ?? lowest) < lowest) lowest = location
    }
    return lowest
  }

  /** What is still needed stands higher, or has a copy there. */
  forgetBelow(location: Location): void {
    this.#cutFront(this.#locations.findLastIndex((held) => held < location) + 1)
  }

  adoptCopies(): void {
    const isEmpty = this.#locations.length === 0
    if (isEmpty && this.#copies.size > 0)
      this.#first = (Math.max(...this.#copies.keys()) + 1) as Seq
    const locations: Location[] = []
    const ballots: LogPosition[] = []
    for (let seq = (this.#first - 1) as Seq; ; seq = (seq - 1) as Seq) {
      const copy = this.#copies.get(seq)
      if (copy === undefined) break
      locations.unshift(copy.location)
      const next = ballots[0]
      if (next !== undefined && sameBallot(next.ballot, copy.ballot)) ballots.shift()
      ballots.unshift({ seq, ballot: copy.ballot })
    }
    this.#copies.clear()
    this.#prepend(locations, ballots)
  }

  #prepend(locations: Location[], ballots: LogPosition[]): void {
    const [before, after] = [ballots.at(-1), this.#ballots[0]]
    if (before !== undefined && after !== undefined && sameBallot(before.ballot, after.ballot)) {
      this.#ballots.shift()
    }
    this.#first = (this.#first - locations.length) as Seq
    this.#locations = [...locations, ...this.#locations]
    this.#ballots = [...ballots, ...this.#ballots]
  }

  #cutFront(count: number): void {
    this.#locations.splice(0, count)
    this.#first = (this.#first + count) as Seq
    if (this.#locations.length === 0) this.#ballots.length = 0
    while (this.#ballots.length > 1 && (this.#ballots[1]?.seq ?? 0) <= this.#first) {
      this.#ballots.shift()
    }
    assert(this.#locations.length === 0 || this.#ballots.length > 0, 'every entry has a ballot')
  }
}
