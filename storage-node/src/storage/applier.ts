/**
 * Applies committed entries of one partition: one atomic batch each, in seq order, that also says
 * how far the partition has come (I19).
 *
 * Nothing here may depend on what the code of another version would have decided: effects are
 * applied blindly.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { PartitionId, Seq } from '../contract/identifiers.ts'
import type { BucketCounters } from '../model/bucket.ts'
import { addCounters } from '../model/bucket.ts'
import type { BucketId, VersionSeq } from '../model/identifiers.ts'
import type { Effects } from '../wire/stored/effects.ts'
import { NAMESPACES, appliedRowKey, bucketIdOfRow, countersRowKey } from '../wire/stored/keys.ts'
import { encodeAppliedRow, encodeCountersRow } from '../wire/stored/rows.ts'
import type { Mutation } from './key-value-engine.ts'
import { PartitionRows } from './partition-rows.ts'
import type { RowCache } from './row-cache.ts'
import type { StateWriter } from './state-writer.ts'

/** The state of one partition on one store. */
export class Applier {
  readonly #partition: PartitionId
  readonly #writer: StateWriter
  readonly #cache: RowCache
  readonly #rows: PartitionRows
  /** Counters of the buckets that changed since the start: what the rows will hold once written. */
  readonly #counters = new Map<BucketId, BucketCounters>()
  readonly #key: Uint8Array
  #queuedSeq: Seq
  #appliedSeq: Seq
  #versionSeq: VersionSeq

  private constructor(
    partition: PartitionId,
    parts: { writer: StateWriter; cache: RowCache },
    from: { seq: Seq; versionSeq: VersionSeq },
  ) {
    this.#partition = partition
    this.#writer = parts.writer
    this.#cache = parts.cache
    this.#rows = new PartitionRows(parts.cache)
    this.#key = appliedRowKey(partition)
    this.#queuedSeq = from.seq
    this.#appliedSeq = from.seq
    this.#versionSeq = from.versionSeq
  }

  /** Goes on where the engine stands. */
  static async open(
    partition: PartitionId,
    parts: { writer: StateWriter; cache: RowCache },
  ): Promise<Applier> {
    return new Applier(partition, parts, await new PartitionRows(parts.cache).applied(partition))
  }

  /** The last entry that the engine holds. */
  get appliedSeq(): Seq {
    return this.#appliedSeq
  }

  /** The highest version number of any entry so far. */
  get versionSeq(): VersionSeq {
    return this.#versionSeq
  }

  /** Loads what `apply` adds to, so that entries can then be applied without waiting in between. */
  async prepare({ effects }: Effects): Promise<void> {
    for (const effect of effects) {
      if (effect.kind !== 'count' || this.#counters.has(effect.bucketId)) continue
      const counters = await this.#rows.counters(effect.bucketId)
      // Another command may have loaded and changed them meanwhile.
      if (!this.#counters.has(effect.bucketId)) this.#counters.set(effect.bucketId, counters)
    }
  }

  /** Applies the next entry; calls in seq order, each after its `prepare`. */
  async apply(seq: Seq, effects: Effects): Promise<void> {
    assert(seq === this.#queuedSeq + 1, 'entries are applied in order')
    this.#queuedSeq = seq
    const mutations = this.#mutationsOf(seq, effects)
    this.#cache.applying(mutations)
    await this.#writer.write(mutations)
    this.#cache.applied(mutations)
    this.#appliedSeq = seq
  }

  #mutationsOf(seq: Seq, { versionSeq, effects }: Effects): Mutation[] {
    if (versionSeq > this.#versionSeq) this.#versionSeq = versionSeq
    const mutations: Mutation[] = []
    for (const effect of effects) {
      if (effect.kind === 'count') {
        const before = this.#counters.get(effect.bucketId)
        assert(before !== undefined, `entry ${seq} of partition ${this.#partition} was prepared`)
        const counters = addCounters(before, effect.delta)
        this.#counters.set(effect.bucketId, counters)
        const value = encodeCountersRow(counters)
        mutations.push({ key: countersRowKey(effect.bucketId), value })
      } else {
        if (isCountersRow(effect.key)) this.#counters.delete(bucketIdOfRow(effect.key))
        const value = effect.kind === 'put' ? effect.value : undefined
        mutations.push({ key: effect.key, value })
      }
    }
    const applied = encodeAppliedRow({ seq, versionSeq: this.#versionSeq })
    mutations.push({ key: this.#key, value: applied })
    return mutations
  }
}

/** Of a bucket that was deleted long ago: no command counts in it any more. */
function isCountersRow(key: Uint8Array): boolean {
  return key[0] === NAMESPACES.counters.charCodeAt(0)
}
