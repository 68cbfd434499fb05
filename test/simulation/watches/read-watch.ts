/**
 * Judges what primaries answer: only with a lease or a check that came after the question (I16), from
 * rows that hold all that was acknowledged before it (I17), and not before everything up to the start
 * of their ballot is applied (I23).
 *
 * It sees answers that go to another storage node, and counts what was done at any time between the
 * question and the answer: a primary that passes may still have been too early, one that does not has
 * been.
 *
 * @module
 */

import type { Seq, StoreId } from '@granary/storage-node/contract/identifiers'
import type { PeerAnswer, PeerRequest, PeerRequestKind } from '@granary/storage-node/testing'
import type { Machine } from '../machine.ts'
import type { Plan } from '../plan.ts'
import type { QuorumCount } from './ballots.ts'
import type { LeaseWatch } from './lease-watch.ts'
import type { Accuse, LogWatch } from './log-watch.ts'
import { readApplied } from './row-watch.ts'

/** A question to a primary. */
type Question = Extract<PeerRequest, { kind: 'ask' | 'execute' }>

/** What held when it was asked. */
interface Asked {
  readonly nowMs: number
  readonly acknowledged: Seq
}

export interface ReadWatchParts {
  readonly plan: Plan
  readonly quorums: QuorumCount
  readonly leases: LeaseWatch
  readonly machineOf: (store: StoreId) => Machine | undefined
  readonly nowMs: () => number
  readonly accuse: Accuse
}

/** Hears every question when it is sent and every answer before it is on its way. */
export class ReadWatch {
  readonly #parts: ReadWatchParts
  readonly #asked = new WeakMap<PeerRequest, Asked>()

  constructor(parts: ReadWatchParts) {
    this.#parts = parts
  }

  asked(question: Question, log: LogWatch): void {
    this.#asked.set(question, { nowMs: this.#parts.nowMs(), acknowledged: log.acknowledgedSeq })
  }

  answered(
    primary: StoreId,
    question: Question,
    { kind }: PeerAnswer<PeerRequestKind> & { readonly kind?: unknown },
    log: LogWatch,
  ): void {
    const asked = this.#asked.get(question)
    const machine = this.#parts.machineOf(primary)
    if (asked === undefined || machine === undefined) return
    const isRead = question.kind === 'ask'
    if (kind !== 'done' && !(isRead && kind === 'refused')) return
    const where = `partition ${question.partition}: store ${primary}`
    if (isRead) this.#checkLease(primary, asked, log, where)
    const process = `${primary}#${machine.host.life}`
    const begun = log.beginningOf(process) ?? 0
    void readApplied(machine.engine, question.partition).then((applied) => {
      const { accuse } = this.#parts
      if (isRead && applied < asked.acknowledged) {
        accuse('I17', `${where} reads at ${applied}, ${asked.acknowledged} was acknowledged before`)
      }
      if (applied < begun) {
        accuse('I23', `${where} answers at ${applied}, its ballot begins at ${begun}`)
      }
    })
  }

  #checkLease(primary: StoreId, asked: Asked, log: LogWatch, where: string): void {
    const { plan, quorums, leases, accuse } = this.#parts
    if (plan.reads === 'lease') {
      if (!leases.holds(primary, log.partition)) accuse('I16', `${where} reads without a lease`)
      return
    }
    const confirming = new Set([primary, ...log.confirmedSince(asked.nowMs)])
    if (quorums.isWriteQuorum(confirming, log.members)) return
    accuse('I16', `${where} reads, confirmed by ${confirming.size - 1} others since it was asked`)
  }
}
