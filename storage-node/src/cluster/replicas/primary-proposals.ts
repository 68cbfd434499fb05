/**
 * What a primary has proposed and not applied yet, and its way into the log: everything that one turn
 * of the event loop brings is proposed at once, and what comes while that is being synced is proposed
 * at once when it is.
 *
 * The journal has one group in flight, here and at the members, so what comes meanwhile would wait
 * there; sent one by one it would only cost every store more messages.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { afterTurn } from '../../base/turn.ts'
import type { Seq } from '../../contract/identifiers.ts'
import type { ProposedEntry } from '../../replication/protocol.ts'
import type { Effects } from '../../wire/stored/effects.ts'

/** Not committed, of one partition; more are not admitted (replication.md 2.1). */
const UNCOMMITTED_BYTES_MAX = 64 * 1024 ** 2

interface Proposal extends ProposedEntry {
  readonly effects: Effects
  /** With the entry's seq once it is applied; with nothing when nobody knows what becomes of it. */
  readonly done: (seq: Seq | undefined) => void
}

/** Hands entries to the log; returns the first one's seq, or nothing when this is no primary any more. */
export type Propose = (entries: readonly ProposedEntry[]) => Seq | undefined

/** Proposals in the order of their entries. */
export class PrimaryProposals {
  readonly #propose: Propose
  /** Waiting for the end of the turn. */
  #queued: Proposal[] = []
  /** In the log. */
  readonly #logged = new Map<Seq, Proposal>()
  #uncommittedBytes = 0
  #isOpen = true
  /** The last one that was handed to the log, while it is not synced here. */
  #unsynced: Seq | undefined

  constructor(propose: Propose) {
    this.#propose = propose
  }

  get isFull(): boolean {
    return this.#uncommittedBytes > UNCOMMITTED_BYTES_MAX
  }

  /** Resolves with the seq once the entry is applied, or with nothing: its outcome is not known. */
  add(entry: ProposedEntry, effects: Effects): Promise<Seq | undefined> {
    return new Promise((done) => {
      if (this.#queued.length === 0) afterTurn(() => this.#flush())
      this.#queued.push({ ...entry, effects, done })
      this.#uncommittedBytes += entry.payload.byteLength
    })
  }

  /** While a handover drains, what is not proposed yet waits. */
  admit(isOpen: boolean): void {
    this.#isOpen = isOpen
    this.#flush()
  }

  /** The effects of an entry that was proposed here: they need not be decoded. */
  effectsOf(seq: Seq, payload: Uint8Array): Effects | undefined {
    const proposal = this.#logged.get(seq)
    return proposal?.payload === payload ? proposal.effects : undefined
  }

  /** The log is synced here up to this entry. */
  synced(upTo: Seq): void {
    if (this.#unsynced === undefined || this.#unsynced > upTo) return
    this.#unsynced = undefined
    if (this.#queued.length > 0) afterTurn(() => this.#flush())
  }

  applied(upTo: Seq): void {
    for (const [seq, proposal] of this.#logged) {
      if (seq > upTo) break
      this.#logged.delete(seq)
      this.#end(proposal, seq)
    }
  }

  /** This is no primary any more: entries may be committed by the next one, or not. */
  abandon(): void {
    this.#isOpen = true
    this.#unsynced = undefined
    const queued = this.#queued
    this.#queued = []
    for (const proposal of queued) this.#end(proposal, undefined)
    for (const [seq, proposal] of this.#logged) {
      this.#logged.delete(seq)
      this.#end(proposal, undefined)
    }
  }

  #flush(): void {
    const queued = this.#queued
    if (queued.length === 0 || !this.#isOpen || this.#unsynced !== undefined) return
    this.#queued = []
    const first = this.#propose(queued.map(({ opId, payload }) => ({ opId, payload })))
    for (const [at, proposal] of queued.entries()) {
      if (first === undefined) this.#end(proposal, undefined)
      else this.#logged.set((first + at) as Seq, proposal)
    }
    if (first !== undefined) this.#unsynced = (first + queued.length - 1) as Seq
  }

  #end(proposal: Proposal, seq: Seq | undefined): void {
    this.#uncommittedBytes -= proposal.payload.byteLength
    assert(this.#uncommittedBytes >= 0, 'a proposal ends once')
    proposal.done(seq)
  }
}
