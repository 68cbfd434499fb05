/**
 * The opIds of entries that a gateway may still ask about again, as a start finds them in the journal
 * (replication.md 1.5): collected on the way, so that no file is read twice for them.
 *
 * @module
 */

import type { PartitionId, Seq } from '../../contract/identifiers.ts'
import type { EntryRecord } from '../../wire/stored/journal-records.ts'
import { mayBeAskedAgain } from '../../wire/stored/op-id.ts'

/** Of entries of the last seconds, by partition and seq. */
export class RecoveredOpIds {
  readonly #nowMs: number
  readonly #partitions = new Map<PartitionId, Map<Seq, Uint8Array>>()

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  /** Remembers it unless it is old; one at the same seq is replaced. */
  take({ partition, seq, opId }: EntryRecord): void {
    const held = this.#partitions.get(partition)
    held?.delete(seq)
    if (!mayBeAskedAgain(opId, this.#nowMs)) return
    const opIds = held ?? new Map<Seq, Uint8Array>()
    this.#partitions.set(partition, opIds)
    // Copied: the entry is a view of a window of its file.
    opIds.set(seq, Uint8Array.prototype.slice.call(opId))
  }

  /** Those of entries up to `seq`; they may be of an entry that has been cut off meanwhile. */
  upTo(partition: PartitionId, end: Seq): { readonly seq: Seq; readonly opId: Uint8Array }[] {
    const opIds = [...(this.#partitions.get(partition) ?? [])]
    return opIds.filter(([seq]) => seq <= end).map(([seq, opId]) => ({ seq, opId }))
  }

  /** Frees what a partition no longer needs. */
  forget(partition: PartitionId): void {
    this.#partitions.delete(partition)
  }
}
