/**
 * The log of a partition that has one member: this store. Its own journal is the write quorum.
 *
 * Each start is an activation of its own, promised before its first entry (I7), so that the entries
 * of two processes never share a ballot.
 *
 * @module
 */

import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../contract/identifiers.ts'
import type { Applier } from '../storage/applier.ts'
import type { Journal } from '../storage/journal/journal.ts'
import { StoreDamagedError } from '../storage/store-open-error.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { Effects } from '../wire/stored/effects.ts'
import { decodeEffects } from '../wire/stored/effects.ts'
import { encodeEntry } from '../wire/stored/entry-result.ts'

/** Entries that are on their way into the engine at a time while the journal is replayed. */
const REPLAY_WINDOW_COUNT = 512
const FIRST_EPOCH = 1 as Epoch

export interface SingleMemberLogOptions {
  readonly partition: PartitionId
  readonly storeId: StoreId
  /** The store's, for messages. */
  readonly directory: string
  readonly journal: Journal
  readonly applier: Applier
}

/** Appends to the journal, then applies. */
export class SingleMemberLog implements PartitionLog {
  readonly #partition: PartitionId
  readonly #journal: Journal
  readonly #applier: Applier
  readonly #ballot: Ballot
  #lastSeq: Seq
  #base: { readonly seq: Seq; readonly ballot: Ballot }

  private constructor(
    { partition, journal, applier }: SingleMemberLogOptions,
    ballot: Ballot,
    end: { readonly seq: Seq; readonly ballot: Ballot },
  ) {
    this.#partition = partition
    this.#journal = journal
    this.#applier = applier
    this.#ballot = ballot
    this.#lastSeq = end.seq
    this.#base = end
  }

  /** Replays what the engine lacks, then promises the next activation. */
  static async open(options: SingleMemberLogOptions): Promise<SingleMemberLog> {
    const { partition, journal, applier, storeId } = options
    refuseMisfit(options)
    await replay(partition, journal, applier)
    const last = journal.replicas().find((replica) => replica.partition === partition)
    const ballot = { epoch: FIRST_EPOCH, activation: (last?.promised.ballot.activation ?? 0) + 1 }
    const base = last?.base ?? { seq: 0 as Seq, ballot: { epoch: FIRST_EPOCH, activation: 0 } }
    await journal.writeReplica({
      partition,
      promised: { ballot, to: storeId },
      configuration: last?.configuration ?? new Uint8Array(),
      base,
      installing: false,
    })
    return new SingleMemberLog(options, ballot, journal.logEnd(partition) ?? base)
  }

  /** The last applied entry: what an engine flush that begins now will cover. */
  get base(): { readonly seq: Seq; readonly ballot: Ballot } {
    return this.#base
  }

  async propose(opId: Uint8Array, effects: Effects): Promise<void> {
    const encoded = encodeEntry(effects, { result: { kind: 'done' }, effectIndex: -1 })
    await this.#applier.prepare(effects)
    const seq = (this.#lastSeq + 1) as Seq
    this.#lastSeq = seq
    const ballot = this.#ballot
    await this.#journal.append({
      partition: this.#partition,
      ballot,
      seq,
      opId,
      payload: encoded,
    })
    // Only now: the engine never leads the journal (I13).
    await this.#applier.apply(seq, effects)
    this.#base = { seq, ballot }
  }
}

/** The engine holds all that a flush covered, and nothing that the journal lacks (J3). */
function refuseMisfit({ partition, directory, journal, applier }: SingleMemberLogOptions): void {
  const applied = applier.appliedSeq
  const end = journal.logEnd(partition)?.seq ?? 0
  const replica = journal.replicas().find((known) => known.partition === partition)
  const base = replica?.base.seq ?? 0
  if (applied >= base && applied <= end) return
  throw new StoreDamagedError(
    directory,
    `partition ${partition} is applied up to entry ${applied}, must be from ${base}, which was flushed, ` +
      `to ${end}, the journal's last`,
  )
}

/** With one member, what the journal holds is committed. */
async function replay(partition: PartitionId, journal: Journal, applier: Applier): Promise<void> {
  let window: Promise<void>[] = []
  const from = (applier.appliedSeq + 1) as Seq
  const end = journal.logEnd(partition)?.seq ?? from
  for await (const entry of journal.entries(partition, { from, upTo: end })) {
    const effects = decodeEffects(entry.payload)
    await applier.prepare(effects)
    window.push(applier.apply(entry.seq, effects))
    if (window.length < REPLAY_WINDOW_COUNT) continue
    await Promise.all(window)
    window = []
  }
  await Promise.all(window)
}
