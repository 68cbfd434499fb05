/**
 * Where each partition's entries stand in the journal's files.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Ballot, PartitionId, Seq } from '../../contract/identifiers.ts'
import type { LogPosition } from '../../wire/stored/journal-records.ts'

/** File and offset of a record in one number. */
export type Location = number

const OFFSET_END = 2 ** 32

export function locationOf(file: number, offset: number): Location {
  return file * OFFSET_END + offset
}

export function fileOf(location: Location): number {
  return Math.floor(location / OFFSET_END)
}

export function offsetOf(location: Location): number {
  return location % OFFSET_END
}

/** What the files hold of every partition's log. */
export class LogIndex {
  readonly #logs = new Map<PartitionId, PartitionLog>()

  /** The log ends with this entry now; what stood above it is gone. Returns false over a gap. */
  place(partition: PartitionId, position: LogPosition, location: Location): boolean {
    let log = this.#logs.get(partition)
    if (log === undefined) {
      log = new PartitionLog(position.seq)
      this.#logs.set(partition, log)
    }
    return log.place(position, location)
  }

  /** The next entry begins the log anew: a snapshot has replaced what stood below. */
  restart(partition: PartitionId): void {
    this.#logs.delete(partition)
  }

  end(partition: PartitionId): LogPosition | undefined {
    return this.#logs.get(partition)?.end()
  }

  /** The oldest entry that the files hold. */
  first(partition: PartitionId): Seq | undefined {
    const log = this.#logs.get(partition)
    return log?.end() === undefined ? undefined : log.first
  }

  /** Where the entry stands; undefined when the files do not hold it. */
  find(partition: PartitionId, seq: Seq): Location | undefined {
    return this.#logs.get(partition)?.find(seq)
  }

  /** Partitions of which the files hold entries. */
  partitions(): PartitionId[] {
    return [...this.#logs.keys()]
  }

  /** Forgets what stands in files below `file`. */
  forgetFilesBelow(file: number): void {
    for (const log of this.#logs.values()) log.forgetBelow(locationOf(file, 0))
  }
}

/** Entries from `first` on, one behind the other; their locations rise with them. */
class PartitionLog {
  first: Seq
  readonly #locations: Location[] = []
  /** Where each ballot's entries begin. */
  readonly #ballots: { readonly from: Seq; readonly ballot: Ballot }[] = []

  constructor(first: Seq) {
    this.first = first
  }

  end(): LogPosition | undefined {
    const last = this.#ballots.at(-1)
    if (last === undefined) return undefined
    return { seq: (this.first + this.#locations.length - 1) as Seq, ballot: last.ballot }
  }

  place({ seq, ballot }: LogPosition, location: Location): boolean {
    if (this.#locations.length === 0 || seq < this.first) this.first = seq
    if (seq > this.first + this.#locations.length) return false
    this.#locations.length = seq - this.first
    while ((this.#ballots.at(-1)?.from ?? -1) >= seq) this.#ballots.pop()
    this.#locations.push(location)
    const current = this.#ballots.at(-1)?.ballot
    if (current?.epoch !== ballot.epoch || current.activation !== ballot.activation) {
      this.#ballots.push({ from: seq, ballot })
    }
    return true
  }

  find(seq: Seq): Location | undefined {
    return this.#locations[seq - this.first]
  }

  forgetBelow(location: Location): void {
    let count = this.#locations.findIndex((held) => held >= location)
    if (count < 0) count = this.#locations.length
    this.#locations.splice(0, count)
    this.first = (this.first + count) as Seq
    if (this.#locations.length === 0) this.#ballots.length = 0
    while (this.#ballots.length > 1 && (this.#ballots[1]?.from ?? 0) <= this.first) {
      this.#ballots.shift()
    }
    assert(this.#locations.length === 0 || this.#ballots.length > 0, 'every entry has a ballot')
  }
}
