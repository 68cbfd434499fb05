/**
 * Where each partition's entries stand in the journal's files.
 *
 * @module
 */

import type { Ballot, PartitionId, Seq } from '../../contract/identifiers.ts'
import type { LogPosition } from '../../wire/stored/journal-records.ts'
import type { Location } from './location.ts'
import { locationOf } from './location.ts'
import { PartitionLog } from './partition-log-index.ts'

/** What the files hold of every partition's log. */
export class LogIndex {
  readonly #logs = new Map<PartitionId, PartitionLog>()

  /** The log ends with this entry now; what stood above it is gone. Returns false over a gap. */
  place(partition: PartitionId, position: LogPosition, location: Location): boolean {
    return this.#log(partition).place(position, location)
  }

  /** The entry stands there too; the log stays as it is. */
  copy(partition: PartitionId, position: LogPosition, location: Location): void {
    this.#log(partition).copy(position, location)
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

  /** Where each ballot's entries begin, ascending. */
  ballots(partition: PartitionId): readonly LogPosition[] {
    return this.#logs.get(partition)?.ballots ?? []
  }

  /** The ballot of an entry that the files hold. */
  ballotAt(partition: PartitionId, seq: Seq): Ballot | undefined {
    return this.#logs.get(partition)?.ballotAt(seq)
  }

  /** Partitions of which the files hold entries. */
  partitions(): PartitionId[] {
    return [...this.#logs.keys()]
  }

  /** Seqs from `from` on that stand in files below `file`, ascending. */
  *seqsBelow(partition: PartitionId, from: Seq, file: number): Iterable<Seq> {
    yield* this.#logs.get(partition)?.seqsBelow(from, locationOf(file, 0)) ?? []
  }

  /** The lowest location of the entries from `from` on. */
  lowestFrom(partition: PartitionId, from: Seq): Location | undefined {
    return this.#logs.get(partition)?.lowestFrom(from)
  }

  /** Forgets what stands in files below `file`. */
  forgetFilesBelow(file: number): void {
    for (const log of this.#logs.values()) log.forgetBelow(locationOf(file, 0))
  }

  /** All files were read: copies take the places of entries whose files are gone. */
  adoptCopies(): void {
    for (const log of this.#logs.values()) log.adoptCopies()
  }

  #log(partition: PartitionId): PartitionLog {
    let log = this.#logs.get(partition)
    if (log === undefined) this.#logs.set(partition, (log = new PartitionLog()))
    return log
  }
}
