/**
 * The primary's side of a partition's replica: latches, evaluates, proposes, answers (replication.md
 * 1.5, 1.6).
 *
 * A command holds the latch of its key from before its evaluation until its effects are applied, so
 * commands on one key follow each other and those on different keys ride in the same journal group.
 * Whatever is answered without an entry of its own is a read: it is checked after the reading that
 * this store still is the primary.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { HybridClock } from '../../base/hybrid-clock.ts'
import { LockTable } from '../../base/shared-lock.ts'
import type { Configuration } from '../../contract/configuration.ts'
import type { Epoch, Seq, StoreId } from '../../contract/identifiers.ts'
import { mayAcceptWrites } from '../../contract/quorum.ts'
import type { WriteFloor } from '../../contract/quorum.ts'
import type { Command, CommandResult, Decision } from '../../model/command.ts'
import { OssError } from '../../model/errors.ts'
import type { VersionSeq } from '../../model/identifiers.ts'
import type { Answer, Query, QueryKind } from '../../model/query.ts'
import { answerQuery } from '../../storage/answer-query.ts'
import type { Applier } from '../../storage/applier.ts'
import { CallLimit } from '../../storage/call-limit.ts'
import { effectsOf } from '../../storage/effects-of.ts'
import { evaluate } from '../../storage/evaluate.ts'
import type { KeyValueEngine, Reader } from '../../storage/key-value-engine.ts'
import { PartitionRows } from '../../storage/partition-rows.ts'
import type { PrimaryReply } from '../../wire/peer/operation-messages.ts'
import type { Effects } from '../../wire/stored/effects.ts'
import { encodeEntry } from '../../wire/stored/entry-result.ts'
import { opIdMs } from '../../wire/stored/op-id.ts'
import type { AnswerWithoutEntry } from './answered-operations.ts'
import { AnsweredOperations } from './answered-operations.ts'
import {
  addsData,
  diskFull,
  isCleaning,
  isPage,
  latchNames,
  needsSnapshot,
} from '../command-rules.ts'
import { isInRange, resultOfDecision } from '../command-rules.ts'
import { PrimaryProposals } from './primary-proposals.ts'
import type { Propose } from './primary-proposals.ts'
import { OP_ID_OFF_MS_MAX } from './recent-operations.ts'
import { refusalOf } from '../refusals.ts'
import { SoftWait } from './soft-wait.ts'

/** What a command adds to the journal and the engine beside its body, roughly. */
const COMMAND_BYTES = 4096
/** List pages under way: each holds a thousand rows, and more at a time would not end sooner. */
const PAGE_COUNT_MAX = 4
/** Version numbers: 16 bits of counter below the milliseconds. */
const COUNTER_BITS = 16n
const RETRY_AFTER_MS = 50

export interface PrimaryParts {
  readonly self: StoreId
  readonly engine: KeyValueEngine
  /** Hot rows in front of the engine. */
  readonly cache: Reader
  readonly clock: Clock
  readonly hybridClock: HybridClock
  readonly floor: WriteFloor
  /** Whether so many more bytes may be written to the store's volume. */
  readonly mayWrite: (bytes: number) => boolean
  readonly propose: Propose
  /** The read check, after the reading (I16). */
  readonly mayRead: () => boolean | Promise<boolean>
  /** What became of a command that took effect in the last seconds. */
  readonly findResult: (opId: Uint8Array) => EarlierResult | Promise<EarlierResult>
  /** The last configuration that this store has learned of. */
  readonly configuration: () => Configuration | undefined
}

/** `forgotten`: it may have taken effect, and nobody knows any more. */
export type EarlierResult =
  | { readonly kind: 'none' }
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'found'; readonly result: CommandResult | undefined }

/** One activation: from when everything before it is applied until it ends. */
interface Term {
  readonly rows: PartitionRows
  readonly applier: Applier
  readonly configuration: Configuration
}

/** A reply, or an entry whose soft wait is still to come. */
type Outcome =
  | { readonly reply: PrimaryReply<CommandResult> }
  | { readonly seq: Seq; readonly result: CommandResult }

/** Executes commands and answers queries while its store is the active primary. */
export class Primary {
  readonly #parts: PrimaryParts
  readonly #latches = new LockTable()
  readonly #pages = new CallLimit(PAGE_COUNT_MAX)
  readonly #proposals: PrimaryProposals
  readonly #softWait: SoftWait
  readonly #answered = new AnsweredOperations(OP_ID_OFF_MS_MAX)
  #term: Term | undefined
  #versionSeq = 0n as VersionSeq

  constructor(parts: PrimaryParts) {
    this.#parts = parts
    this.#proposals = new PrimaryProposals(parts.propose)
    this.#softWait = new SoftWait(parts.clock)
  }

  get isActive(): boolean {
    return this.#term !== undefined
  }

  /** Everything up to this ballot's epoch start is applied (I23). */
  activate(configuration: Configuration, applier: Applier): void {
    const rows = new PartitionRows(this.#parts.cache, configuration.range)
    this.#term = { rows, applier, configuration }
  }

  /** No reading and no proposal from now on; those under way have an unknown outcome. */
  deactivate(): void {
    this.#term = undefined
    this.#proposals.abandon()
    this.#softWait.end()
  }

  /** While a handover drains, nothing is proposed. */
  admit(isOpen: boolean): void {
    this.#proposals.admit(isOpen)
  }

  /** The effects of an entry that was evaluated here. */
  effectsOf(seq: Seq, payload: Uint8Array): Effects | undefined {
    return this.#proposals.effectsOf(seq, payload)
  }

  /** The log is synced here up to this entry. */
  synced(upTo: Seq): void {
    this.#proposals.synced(upTo)
  }

  applied(upTo: Seq): void {
    this.#proposals.applied(upTo)
  }

  settled(upTo: Seq): void {
    this.#softWait.settled(upTo)
  }

  /**
   * Answers once the command's effects are durable on a write quorum and visible here. A try that was
   * sent to the primary of an earlier epoch is sent back: the gateway's next one names this epoch.
   */
  async execute(
    opId: Uint8Array,
    command: Command,
    epoch: Epoch,
  ): Promise<PrimaryReply<CommandResult>> {
    const term = this.#term
    if (term === undefined || !isInRange(command, term.configuration.range)) return this.#notHere()
    const refused = this.#refuseNow(term, opId, epoch)
    if (refused !== undefined) return refused
    const { bucket, key } = latchNames(command)
    const bucketMode = key === undefined ? 'exclusive' : 'shared'
    await this.#latches.acquire(bucket, bucketMode)
    let outcome: Outcome
    try {
      if (key !== undefined) await this.#latches.acquire(key, 'exclusive')
      try {
        outcome = await this.#executeLatched(opId, command, epoch)
      } finally {
        if (key !== undefined) this.#latches.release(key, 'exclusive')
      }
    } finally {
      this.#latches.release(bucket, bucketMode)
    }
    if ('reply' in outcome) return outcome.reply
    await this.#softWait.wait(outcome.seq)
    return { kind: 'done', value: outcome.result }
  }

  /** Answers as of a moment after every command that was acknowledged before the call. */
  async ask<K extends QueryKind>(query: Query<K>): Promise<PrimaryReply<Answer<K>>> {
    const term = this.#term
    if (term === undefined || !isInRange(query as Query, term.configuration.range))
      return this.#notHere()
    const value = await this.#read(term, query)
    if (this.#term !== term || !(await this.#parts.mayRead())) return unavailable('No lease')
    return { kind: 'done', value }
  }

  async #read<K extends QueryKind>(term: Term, query: Query<K>): Promise<Answer<K>> {
    if (!needsSnapshot(query as Query)) return answerQuery(query, term.rows)
    if (!isPage(query.kind)) return this.#readSnapshot(term, query)
    await new Promise<void>((start) => this.#pages.enter(start))
    try {
      return await this.#readSnapshot(term, query)
    } finally {
      this.#pages.leave()
    }
  }

  async #readSnapshot<K extends QueryKind>({ rows }: Term, query: Query<K>): Promise<Answer<K>> {
    const snapshot = this.#parts.engine.snapshot()
    try {
      return await answerQuery(query, new PartitionRows(snapshot, rows.range))
    } finally {
      snapshot.release()
    }
  }

  /** What needs no evaluation to be refused. */
  #refuseNow(
    { configuration }: Term,
    opId: Uint8Array,
    epoch: Epoch,
  ): PrimaryReply<never> | undefined {
    if (epoch < configuration.epoch) return elsewhere(configuration)
    const offMs = opIdMs(opId) - this.#parts.hybridClock.nowMs()
    if (Math.abs(offMs) > OP_ID_OFF_MS_MAX) return unavailable('The command is of another time')
    const refusal = mayAcceptWrites(configuration.members, this.#parts.floor)
    if (refusal !== undefined) return unavailable(refusal)
    return this.#proposals.isFull ? unavailable('Too much waits to be committed') : undefined
  }

  async #executeLatched(opId: Uint8Array, command: Command, epoch: Epoch): Promise<Outcome> {
    // The latch may have been waited for through a change of office, and for longer than what took
    // effect is remembered: the command before it may have waited so long for its quorum.
    const term = this.#term
    if (term === undefined) return { reply: this.#notHere() }
    const earlier = await this.#parts.findResult(opId)
    if (earlier.kind !== 'none') return { reply: replyOfEarlier(earlier) }
    if (this.#answered.isForgotten(opId)) return { reply: replyOfEarlier({ kind: 'forgotten' }) }
    const answer = this.#answered.find(opId)
    if (answer !== undefined) return this.#answerRead(term, opId, answer)
    const reply = this.#refuseNow(term, opId, epoch)
    if (reply !== undefined) return { reply }
    const refused = this.#refuseUnread(term, command)
    if (refused !== undefined) return this.#answerRead(term, opId, refused)
    const nowMs = this.#parts.hybridClock.nowMs()
    const versionSeq = this.#nextVersionSeq(term, nowMs)
    const decision = await evaluate(command, term.rows, { nowMs, versionSeq })
    if ('refused' in decision) return this.#answerRead(term, opId, decision.refused)
    if (decision.changes.length === 0) return this.#answerRead(term, opId, decision.result)
    // Evaluated on rows that another primary may have changed since.
    if (this.#term !== term) return { reply: this.#notHere() }
    return this.#propose(opId, versionSeq, decision)
  }

  async #propose(
    opId: Uint8Array,
    versionSeq: VersionSeq,
    decision: Exclude<Decision, { refused: unknown }>,
  ): Promise<Outcome> {
    const effects = { versionSeq, effects: effectsOf(decision.changes) }
    const payload = encodeEntry(effects, resultOfDecision(decision))
    const seq = await this.#proposals.add({ opId, payload }, effects)
    if (seq === undefined) return { reply: unavailable('The outcome is not known yet') }
    return { seq, result: decision.result }
  }

  /** A refusal, or an answer that changed nothing, holds only if this still is the primary. */
  async #answerRead(term: Term, opId: Uint8Array, answer: AnswerWithoutEntry): Promise<Outcome> {
    if (this.#term !== term || !(await this.#parts.mayRead())) {
      return { reply: unavailable('No lease') }
    }
    this.#answered.add(opId, answer, this.#parts.hybridClock.nowMs())
    if (answer instanceof OssError) {
      return { reply: { kind: 'refused', refusal: refusalOf(answer) } }
    }
    return { reply: { kind: 'done', value: answer } }
  }

  #refuseUnread({ applier }: Term, command: Command): OssError | undefined {
    // A PUT that has streamed for an hour meets the fence of its deleted bucket here (I24).
    const isOnKey = 'bucketId' in command && 'key' in command && !isCleaning(command)
    if (isOnKey && applier.fenced.has(command.bucketId)) return new OssError('NoSuchBucket')
    return addsData(command) && !this.#parts.mayWrite(COMMAND_BYTES) ? diskFull() : undefined
  }

  /** Hybrid clock: follows the wall clock, never falls, also from one primary to the next. */
  #nextVersionSeq({ applier }: Term, nowMs: number): VersionSeq {
    const byClock = BigInt(nowMs) << COUNTER_BITS
    const last = applier.versionSeq > this.#versionSeq ? applier.versionSeq : this.#versionSeq
    this.#versionSeq = (byClock > last ? byClock : last + 1n) as VersionSeq
    return this.#versionSeq
  }

  #notHere(): PrimaryReply<never> {
    const configuration = this.#parts.configuration()
    if (configuration === undefined || configuration.primary === this.#parts.self) {
      return unavailable('The primary is not active')
    }
    return elsewhere(configuration)
  }
}

function elsewhere({ epoch, primary }: Configuration): PrimaryReply<never> {
  return { kind: 'elsewhere', epoch, primary }
}

function replyOfEarlier(earlier: EarlierResult): PrimaryReply<CommandResult> {
  // It took effect, or may have; executing it again is worse than not knowing.
  if (earlier.kind !== 'found' || earlier.result === undefined) {
    return unavailable('What became of the command is not known any more')
  }
  return { kind: 'done', value: earlier.result }
}

function unavailable(why: string): PrimaryReply<never> {
  return { kind: 'unavailable', why, retryAfterMs: RETRY_AFTER_MS }
}
