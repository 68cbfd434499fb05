/**
 * Applies a replica's committed entries, in order and one behind the other, as fast as the engine
 * takes them.
 *
 * @module
 */

import type { PartitionId, Seq } from '../../contract/identifiers.ts'
import type { Applier } from '../../storage/applier.ts'
import type { Journal } from '../../storage/journal/journal.ts'
import type { Effects } from '../../wire/stored/effects.ts'
import { decodeEffects } from '../../wire/stored/effects.ts'
import type { EntryRecord } from '../../wire/stored/journal-records.ts'
import type { VersionSeq } from '../../model/identifiers.ts'

/** Entries on their way into the engine at a time. */
const IN_FLIGHT_COUNT_MAX = 512
/** An epoch start changes nothing. */
const NO_EFFECTS: Effects = { versionSeq: 0n as VersionSeq, effects: [] }

export interface ApplyQueueOptions {
  readonly partition: PartitionId
  readonly journal: Journal
  /** Of entries that were evaluated here; others are decoded. */
  readonly effectsOf: (seq: Seq, payload: Uint8Array) => Effects | undefined
  /** The engine holds the entry, and all before it. */
  readonly onApplied: (entry: EntryRecord, effects: Effects) => void
  /** The rows cannot be trusted any more; nothing further is applied. */
  readonly onFailed: (cause: Error) => void
  /** The journal cannot be read: what it holds may still be good, for another process. */
  readonly onUnreadable: (cause: Error) => void
}

class UnreadableJournalError extends Error {}

interface HandedOver {
  readonly entry: EntryRecord
  readonly effects: Effects
}

/** One replica's way from the log into the engine. */
export class ApplyQueue {
  readonly #options: ApplyQueueOptions
  #applier: Applier
  /** The last entry that was handed to the engine, and the last that may be. */
  #issued: Seq
  #target: Seq
  #working: Promise<void> | undefined
  #inFlightCount = 0
  #last: Promise<void> = Promise.resolve()
  /** The last batch that the applier has begun, and the entries in it. */
  #batch: { readonly written: Promise<void>; readonly entries: HandedOver[] } | undefined
  #hasFailed = false

  constructor(options: ApplyQueueOptions, applier: Applier) {
    this.#options = options
    this.#applier = applier
    this.#issued = applier.appliedSeq
    this.#target = applier.appliedSeq
  }

  get applier(): Applier {
    return this.#applier
  }

  apply(upTo: Seq): void {
    this.#target = upTo
    if (!this.#hasFailed) this.#working ??= this.#work()
  }

  /** Resolves once nothing is on its way into the engine. */
  async idle(): Promise<void> {
    await this.#working
    await this.#last
  }

  /** Goes on with rows that a snapshot has brought; nothing may be on its way. */
  restart(applier: Applier): void {
    this.#applier = applier
    this.#issued = applier.appliedSeq
    this.#target = applier.appliedSeq
    this.#hasFailed = false
  }

  async #work(): Promise<void> {
    try {
      while (this.#issued < this.#target) {
        const waiting = this.#applyRecent()
        await (waiting ?? this.#applyFromFiles())
      }
    } catch (error) {
      if (error instanceof UnreadableJournalError) this.#options.onUnreadable(error.cause as Error)
      else this.#fail(error as Error)
    }
    this.#working = undefined
  }

  /** Applies what is in memory; returns what has to be waited for, or nothing when files are due. */
  #applyRecent(): Promise<void> | undefined {
    const { journal, partition } = this.#options
    let isAny = false
    while (this.#issued < this.#target) {
      const entry = journal.recentEntry(partition, (this.#issued + 1) as Seq)
      if (entry === undefined) return isAny ? Promise.resolve() : undefined
      isAny = true
      const waiting = this.#applyEntry(entry)
      if (waiting !== undefined) return waiting
    }
    return Promise.resolve()
  }

  async #applyFromFiles(): Promise<void> {
    const [from, upTo] = [(this.#issued + 1) as Seq, this.#target]
    for await (const entry of this.#read(from, upTo)) {
      await this.#applyEntry(entry)
    }
    if (this.#issued < from) throw new Error(`Entry ${from} is committed and not in the journal`)
  }

  /** Tells what the journal fails with from what becomes of its entries. */
  async *#read(from: Seq, upTo: Seq): AsyncIterable<EntryRecord> {
    const { journal, partition } = this.#options
    try {
      yield* journal.entries(partition, { from, upTo })
    } catch (cause) {
      throw new UnreadableJournalError('The journal cannot be read', { cause })
    }
  }

  /** Hands one entry to the engine; returns what has to be waited for before the next. */
  #applyEntry(entry: EntryRecord): Promise<void> | undefined {
    const { seq, payload } = entry
    const effects = this.#options.effectsOf(seq, payload) ?? effectsIn(payload)
    if (this.#applier.isPrepared(effects)) {
      this.#handOver(entry, effects)
      return this.#inFlightCount > IN_FLIGHT_COUNT_MAX ? this.#last : undefined
    }
    return this.#applier.prepare(effects).then(() => this.#handOver(entry, effects))
  }

  #handOver(entry: EntryRecord, effects: Effects): void {
    this.#issued = entry.seq
    this.#inFlightCount++
    const written = this.#applier.apply(entry.seq, effects)
    if (this.#batch?.written !== written) this.#begin(written)
    this.#batch?.entries.push({ entry, effects })
  }

  #begin(written: Promise<void>): void {
    const entries: HandedOver[] = []
    this.#batch = { written, entries }
    this.#last = written.then(
      () => {
        this.#inFlightCount -= entries.length
        for (const { entry, effects } of entries) this.#options.onApplied(entry, effects)
      },
      (error: Error) => this.#fail(error),
    )
  }

  #fail(cause: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#options.onFailed(cause)
  }
}

function effectsIn(payload: Uint8Array): Effects {
  return payload.byteLength === 0 ? NO_EFFECTS : decodeEffects(payload)
}
