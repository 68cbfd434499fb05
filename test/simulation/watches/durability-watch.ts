/**
 * Compares what a store says with what is durable on its disk (I6, I7, I9).
 *
 * @module
 */

import type { Ballot, Seq, StoreId } from '@granary/storage-node/contract/identifiers'
import type { PeerMessage } from '@granary/storage-node/testing'
import { compare, nameOf } from './ballots.ts'
import { nameOfEntry, type DurableReplica, type JournalWatch } from './journal-watch.ts'
import type { Accuse, LogWatch } from './log-watch.ts'

type ReplicationMessage = PeerMessage['message']

/** What messages bind their sender to a ballot, and by which rule they do. */
const BINDING: Partial<Record<ReplicationMessage['kind'], string>> = {
  prepare: 'I7',
  prepareAck: 'I6',
  sealAck: 'I6',
  checkAck: 'I6',
  syncAck: 'I6',
}

/** Looks at every message before it is on its way. */
export class DurabilityWatch {
  readonly #journalOf: (store: StoreId) => JournalWatch | undefined
  readonly #accuse: Accuse
  /** By store and partition: entries that were found durable, with all before them. */
  readonly #checked = new Map<string, Set<string>>()

  constructor(journalOf: (store: StoreId) => JournalWatch | undefined, accuse: Accuse) {
    this.#journalOf = journalOf
    this.#accuse = accuse
  }

  sent(from: StoreId, message: ReplicationMessage, log: LogWatch): void {
    const rule = BINDING[message.kind]
    if (rule === undefined) return
    const replica = this.#journalOf(from)?.replica(log.partition)
    const { ballot } = message as { readonly ballot: Ballot }
    const where = `partition ${log.partition}: store ${from}`
    const promised = replica?.promised
    if (promised === undefined || compare(promised, ballot) < 0) {
      const durable = promised === undefined ? 'nothing' : nameOf(promised)
      const what = `sends a ${message.kind} under ${nameOf(ballot)}`
      this.#accuse(rule, `${where} ${what}, and has durably promised ${durable}`)
    } else if (message.kind === 'prepareAck' && replica !== undefined) {
      const missing = this.#findMissing(from, replica, log, message)
      if (missing === undefined) return
      this.#accuse('I9', `${where} acks ${message.seq}, and entry ${missing} is not durable`)
    }
  }

  /** The first entry at or below `seq`, from there down, that is not durable. */
  #findMissing(
    store: StoreId,
    { entries, baseSeq }: DurableReplica,
    log: LogWatch,
    { ballot, seq }: { readonly ballot: Ballot; readonly seq: Seq },
  ): string | undefined {
    const key = `${store}/${log.partition}`
    const checked = this.#checked.get(key) ?? new Set<string>()
    this.#checked.set(key, checked)
    for (const position of log.backFrom(ballot, seq)) {
      const name = nameOfEntry(position.ballot, position.seq)
      // Rows up to the base are durable.
      if (position.seq <= baseSeq || checked.has(name)) return undefined
      if (!entries.has(name)) return name
      checked.add(name)
    }
    return undefined
  }
}
