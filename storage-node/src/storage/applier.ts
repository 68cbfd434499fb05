/**
 * Applies committed entries of one partition in seq order, those of one turn in one atomic batch,
 * which also says how far the partition has come (I19).
 *
 * Rows that every entry changes, the counters and how far it has come, are written once for a batch.
 *
 * Nothing here may depend on what the code of another version would have decided: effects are
 * applied blindly.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import { WHOLE_SPACE } from '../contract/founding-ranges.ts'
import type { PartitionRange } from '../contract/configuration.ts'
import type { PartitionId, Seq } from '../contract/identifiers.ts'
import type { BucketCounters } from '../model/bucket.ts'
import { addCounters } from '../model/bucket.ts'
import type { BucketId, VersionSeq } from '../model/identifiers.ts'
import type { Effect, Effects } from '../wire/stored/effects.ts'
import { NAMESPACES, appliedRowKey, bucketIdOfRow, countersRowKey } from '../wire/stored/keys.ts'
import { decodeFenceRow, encodeAppliedRow, encodeCountersRow } from '../wire/stored/rows.ts'
import type { Mutation } from './key-value-engine.ts'
import { PartitionRows } from './partition-rows.ts'
import type { RowCache } from './row-cache.ts'
import type { StateWriter } from './state-writer.ts'

export interface ApplierParts {
  readonly writer: StateWriter
  readonly cache: RowCache
  /** Whose fences are known; all, when it is not known yet. */
  readonly range?: PartitionRange
}

/** Entries on their way into the engine together. */
class Batch {
  readonly mutations: Mutation[] = []
  /** Buckets whose counters the entries change. */
  readonly counted = new Set<BucketId>()
  readonly written: Promise<void>

  constructor(write: (batch: Batch) => Promise<void>) {
    // What else is applied in this turn of the event loop rides along.
    this.written = Promise.resolve().then(() => write(this))
  }
}

/** The state of one partition on one store. */
export class Applier {
  readonly #partition: PartitionId
  readonly #writer: StateWriter
  readonly #cache: RowCache
  readonly #rows: PartitionRows
  /** Counters of the buckets that changed since the start: what the rows will hold once written. */
  readonly #counters = new Map<BucketId, BucketCounters>()
  /** Buckets that refuse changes (replication.md 1.14): every command looks. */
  readonly #fenced: Set<BucketId>
  readonly #key: Uint8Array
  /** Takes entries until it goes to the engine. */
  #batch: Batch | undefined
  #queuedSeq: Seq
  #appliedSeq: Seq
  #versionSeq: VersionSeq

  private constructor(
    partition: PartitionId,
    { writer, cache }: ApplierParts,
    from: { seq: Seq; versionSeq: VersionSeq; fenced: Set<BucketId> },
  ) {
    this.#partition = partition
    this.#writer = writer
    this.#cache = cache
    this.#rows = new PartitionRows(cache)
    this.#key = appliedRowKey(partition)
    this.#queuedSeq = from.seq
    this.#appliedSeq = from.seq
    this.#versionSeq = from.versionSeq
    this.#fenced = from.fenced
  }

  /** Goes on where the engine stands. */
  static async open(partition: PartitionId, parts: ApplierParts): Promise<Applier> {
    const rows = new PartitionRows(parts.cache, parts.range ?? WHOLE_SPACE)
    const fenced = new Set(await rows.fencedBuckets())
    return new Applier(partition, parts, { ...(await rows.applied(partition)), fenced })
  }

  /** The last entry that the engine holds. */
  get appliedSeq(): Seq {
    return this.#appliedSeq
  }

  /** The highest version number of any entry so far. */
  get versionSeq(): VersionSeq {
    return this.#versionSeq
  }

  /** Buckets that refuse changes, as far as entries are applied. */
  get fenced(): ReadonlySet<BucketId> {
    return this.#fenced
  }

  /** True when `apply` may be called at once. */
  isPrepared({ effects }: Effects): boolean {
    return effects.every((effect) => {
      return effect.kind !== 'count' || this.#counters.has(effect.bucketId)
    })
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

  /**
   * Applies the next entry; calls in seq order, each after its `prepare`. Entries of one batch are
   * told so by the same promise.
   */
  apply(seq: Seq, { versionSeq, effects }: Effects): Promise<void> {
    assert(seq === this.#queuedSeq + 1, 'entries are applied in order')
    this.#queuedSeq = seq
    if (versionSeq > this.#versionSeq) this.#versionSeq = versionSeq
    this.#batch ??= new Batch((batch) => this.#write(batch))
    for (const effect of effects) this.#take(this.#batch, effect)
    return this.#batch.written
  }

  #take({ mutations, counted }: Batch, effect: Effect): void {
    if (effect.kind === 'count') {
      const before = this.#counters.get(effect.bucketId)
      assert(before !== undefined, `entry ${this.#queuedSeq} of ${this.#partition} was prepared`)
      this.#counters.set(effect.bucketId, addCounters(before, effect.delta))
      counted.add(effect.bucketId)
      return
    }
    const value = effect.kind === 'put' ? effect.value : undefined
    mutations.push({ key: effect.key, value })
    if (!isCountersRow(effect.key)) return
    const bucketId = bucketIdOfRow(effect.key)
    this.#counters.delete(bucketId)
    counted.delete(bucketId)
  }

  async #write({ mutations, counted }: Batch): Promise<void> {
    const seq = this.#queuedSeq
    this.#batch = undefined
    for (const bucketId of counted) {
      const counters = this.#counters.get(bucketId)
      assert(counters !== undefined, 'what was counted is known')
      mutations.push({ key: countersRowKey(bucketId), value: encodeCountersRow(counters) })
    }
    const applied = encodeAppliedRow({ seq, versionSeq: this.#versionSeq })
    mutations.push({ key: this.#key, value: applied })
    this.#cache.applying(mutations)
    await this.#writer.write(mutations)
    this.#cache.applied(mutations)
    for (const { key, value } of mutations) this.#noteFence(key, value)
    this.#appliedSeq = seq
  }

  #noteFence(key: Uint8Array, value: Uint8Array | undefined): void {
    if (key[0] !== NAMESPACES.fence.charCodeAt(0)) return
    if (value !== undefined && !decodeFenceRow(value).isLifted) this.#fenced.add(bucketIdOfRow(key))
    else this.#fenced.delete(bucketIdOfRow(key))
  }
}

/** Of a bucket that was deleted long ago: no command counts in it any more. */
function isCountersRow(key: Uint8Array): boolean {
  return key[0] === NAMESPACES.counters.charCodeAt(0)
}
