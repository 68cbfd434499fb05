/**
 * The newest entries in memory, so that those who are sent or apply them do not read them back.
 *
 * All partitions share one bound. What is not durable yet stays whatever its size: the files do not
 * hold it.
 *
 * @module
 */

import type { PartitionId, Seq } from '../../contract/identifiers.ts'
import type { EntryRecord } from '../../wire/stored/journal-records.ts'

/** What an entry costs beside its payload, roughly. */
const ENTRY_OVERHEAD_BYTES = 300
/** Slots of the queue that were given up before it is made anew. */
const SLACK_COUNT = 4096

/** Entries by partition and seq; the oldest give way. */
export class RecentEntries {
  readonly #sizeBytesMax: number
  readonly #logs = new Map<PartitionId, Map<Seq, EntryRecord>>()
  /** In the order of their coming, which is the order in which they become durable. */
  #queue: EntryRecord[] = []
  #head = 0
  /** How many entries of the queue are durable, from its beginning. */
  #durableCount = 0
  #sizeBytes = 0

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax
  }

  /** The log ends with this entry now. */
  add(entry: EntryRecord): void {
    const { partition, seq } = entry
    let log = this.#logs.get(partition)
    if (log === undefined) this.#logs.set(partition, (log = new Map()))
    for (let above = seq; log.delete(above); above = (above + 1) as Seq);
    log.set(seq, entry)
    this.#queue.push(entry)
    this.#sizeBytes += sizeOf(entry)
  }

  /** The next entry in the order of coming is durable. */
  nextIsDurable(): void {
    this.#durableCount++
    while (this.#sizeBytes > this.#sizeBytesMax && this.#head < this.#durableCount) {
      const oldest = this.#queue[this.#head++]
      if (oldest === undefined) break
      this.#sizeBytes -= sizeOf(oldest)
      const log = this.#logs.get(oldest.partition)
      if (log?.get(oldest.seq) === oldest) log.delete(oldest.seq)
    }
    if (this.#head < SLACK_COUNT || this.#head * 2 < this.#queue.length) return
    this.#queue = this.#queue.slice(this.#head)
    this.#durableCount -= this.#head
    this.#head = 0
  }

  get(partition: PartitionId, seq: Seq): EntryRecord | undefined {
    return this.#logs.get(partition)?.get(seq)
  }

  /** Forgets a log that a snapshot has replaced. */
  forget(partition: PartitionId): void {
    this.#logs.delete(partition)
  }
}

function sizeOf({ payload }: EntryRecord): number {
  return payload.byteLength + ENTRY_OVERHEAD_BYTES
}
