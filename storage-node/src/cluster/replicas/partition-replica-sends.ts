/**
 * Takes the entries of messages from the log: from memory as a rule, else from the journal's files.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { LogEntry, ReplicationMessage } from '../../replication/messages.ts'
import type { Journal } from '../../storage/journal/journal.ts'
import type { EntryRecord } from '../../wire/stored/journal-records.ts'

export type EntryMessage = Extract<ReplicationMessage, { entries: readonly LogEntry[] }>

/** Entries of one message, unless it has only one. */
const MESSAGE_BYTES_MAX = 1024 ** 2
/** What an entry takes in a message beside its payload. */
const ENTRY_BYTES = 64

export interface EntrySenderOptions {
  readonly partition: PartitionId
  readonly journal: Journal
  readonly send: (to: StoreId, message: ReplicationMessage) => void
  /** False once this store has left the office or the candidacy that the message is of. */
  readonly isTimely: (message: EntryMessage) => boolean
  /** The journal could not be read. */
  readonly onFailed: (cause: Error) => void
}

export interface EntriesToSend {
  readonly to: StoreId
  readonly message: EntryMessage
  readonly from: Seq
  readonly upTo: Seq
}

/** Sends messages with entries, as many as it takes. */
export class EntrySender {
  readonly #options: EntrySenderOptions
  /** Readings from files under way: one to a store at a time, so that none overtakes another. */
  readonly #reading = new Set<StoreId>()

  constructor(options: EntrySenderOptions) {
    this.#options = options
  }

  /**
   * Settled at once when memory holds the entries; what files hold is as of the call, too. They may
   * be read for long: what a promise to somebody else has overtaken meanwhile is not sent (I6).
   */
  send({ to, message, from, upTo }: EntriesToSend): void {
    const { journal, partition } = this.#options
    const parts = new Parts(message, (part) => {
      if (this.#options.isTimely(part)) this.#options.send(to, part)
    })
    for (let seq = from; seq <= upTo; seq = (seq + 1) as Seq) {
      const entry = journal.recentEntry(partition, seq)
      if (entry !== undefined) parts.add(entry)
      else if (seq === from) return this.#sendFromFiles(to, parts, { from, upTo })
      else break
    }
    parts.end()
  }

  /** What cannot be read any more is not sent: the member is offered a snapshot then. */
  #sendFromFiles(to: StoreId, parts: Parts, range: { from: Seq; upTo: Seq }): void {
    // Sent again in time, should it be needed.
    if (this.#reading.has(to)) return
    this.#reading.add(to)
    this.#readParts(parts, range).then(
      () => this.#reading.delete(to),
      (error: Error) => this.#options.onFailed(error),
    )
  }

  async #readParts(parts: Parts, range: { from: Seq; upTo: Seq }): Promise<void> {
    const { journal, partition } = this.#options
    for await (const entry of journal.entries(partition, range)) parts.add(entry)
    parts.end()
  }
}

/** One message's entries, cut into messages of bounded size. */
class Parts {
  #message: EntryMessage
  readonly #send: (part: EntryMessage) => void
  #entries: EntryRecord[] = []
  #sizeBytes = 0

  constructor(message: EntryMessage, send: (part: EntryMessage) => void) {
    this.#message = message
    this.#send = send
  }

  add(entry: EntryRecord): void {
    const sizeBytes = ENTRY_BYTES + entry.payload.byteLength
    if (this.#entries.length > 0 && this.#sizeBytes + sizeBytes > MESSAGE_BYTES_MAX) this.end()
    this.#entries.push(entry)
    this.#sizeBytes += sizeBytes
  }

  /** Sends what there is; later entries follow in a message of their own. */
  end(): void {
    const last = this.#entries.at(-1)
    if (last === undefined) return
    this.#send({ ...this.#message, entries: this.#entries })
    this.#message = behind(this.#message, last)
    this.#entries = []
    this.#sizeBytes = 0
  }
}

/** The same message for the entries behind this one. */
function behind(message: EntryMessage, { seq, ballot }: EntryRecord): EntryMessage {
  switch (message.kind) {
    case 'prepare':
    case 'sync':
      return { ...message, prev: { seq, ballot } }
    case 'logEntries':
      return { ...message, from: (seq + 1) as Seq }
    default:
      return unreachable(message)
  }
}
