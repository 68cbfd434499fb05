/**
 * Follows the log of one partition through what its replicas say to each other, and says which rule
 * of replication.md 1.11 they break.
 *
 * A watch sees messages when they are sent, before anything is lost. What it counts as acked is
 * therefore at least what a primary has heard; what it misses are messages that no network carries,
 * a primary's own sync among them.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { crc32 } from '@granary/storage-node/base/checksums'
import type { Configuration, Member } from '@granary/storage-node/contract/configuration'
import type { Ballot, Seq, StoreId } from '@granary/storage-node/contract/identifiers'
import type { PeerMessage } from '@granary/storage-node/testing'
import { compare, nameOf, type QuorumCount } from './ballots.ts'

type ReplicationMessage = PeerMessage['message']
type Prepare = Extract<ReplicationMessage, { kind: 'prepare' }>
type LogEntry = Prepare['entries'][number]
type LogPosition = Prepare['prev']

/** Reports a broken rule. */
export type Accuse = (rule: string, detail: string) => void

/** An entry as it was first seen. */
interface SeenEntry {
  readonly hash: number
  readonly opId: string
  /** Where the entry before it stands; undefined: not seen together with this one. */
  before: LogPosition | undefined
}

/** What a primary was in charge of under one ballot. */
interface Term {
  readonly ballot: Ballot
  readonly primary: StoreId
  readonly members: readonly Member[]
}

const NO_OP_ID = '0'.repeat(32)

/** One partition's log. */
export class LogWatch {
  readonly #partition: number
  readonly #quorums: QuorumCount
  readonly #accuse: Accuse
  readonly #promised = new Map<StoreId, Ballot>()
  readonly #preparer = new Map<string, string>()
  readonly #terms = new Map<string, Term>()
  readonly #entries = new Map<string, SeenEntry>()
  /** The first seq of each ballot. */
  readonly #firstSeq = new Map<string, Seq>()
  readonly #acked = new Map<string, Map<StoreId, Seq>>()
  readonly #ballots = new Map<string, Ballot>()
  readonly #sealed = new Map<number, Set<StoreId>>()
  readonly #committedBallots = new Map<Seq, string>()
  readonly #committedOpIds = new Map<string, Seq>()
  readonly #positionsOfOpIds = new Map<string, LogPosition>()
  #committed = 0 as Seq
  #members: readonly Member[] = []

  constructor(partition: number, quorums: QuorumCount, accuse: Accuse) {
    this.#partition = partition
    this.#quorums = quorums
    this.#accuse = (rule, detail) => accuse(rule, `partition ${partition}: ${detail}`)
  }

  /** The highest commit that any primary has told. */
  get committed(): Seq {
    return this.#committed
  }

  get partition(): number {
    return this.#partition
  }

  /** `process` tells one process of the store from another. */
  sent(from: StoreId, process: string, message: ReplicationMessage): void {
    switch (message.kind) {
      case 'prepare':
        this.#prepared(from, process, message)
        return
      case 'prepareAck':
        this.#promises(from, message.ballot, 'acks')
        this.#ack(from, message.ballot, message.seq)
        return
      case 'sealAck':
        this.#promises(from, message.ballot, 'is sealed by')
        this.#seal(from, message.ballot)
        return
      case 'checkAck':
        this.#promises(from, message.ballot, 'confirms')
        return
      case 'syncAck':
        this.#promises(from, message.ballot, 'takes the log of')
        return
      case 'logEntries':
        this.#seeEntries(message.entries, undefined)
        return
      case 'sync':
        this.#seeEntries(message.entries, message.prev)
        return
      // Questions, and refusals: they bind nobody.
      case 'nack':
      case 'seal':
      case 'resume':
      case 'sealRefused':
      case 'logFetch':
      case 'release':
      case 'check':
      case 'snapshotWanted':
      case 'snapshotDone':
        return
      default:
        unreachable(message)
    }
  }

  /** A configuration has been written; the one before it, if any (I1 to I3). */
  configured(next: Configuration, last: Configuration | undefined): void {
    this.#members = next.members
    if (last === undefined || next.primary === last.primary) return
    const sealed = new Set([...(this.#sealed.get(next.epoch) ?? []), next.primary])
    if (this.#quorums.isSealSet(sealed, last.members)) return
    const names = [...sealed].join(' ')
    this.#accuse('I2', `epoch ${next.epoch} is written, only ${names} have promised it`)
  }

  /** A success answer for the command goes out from its primary (I12). */
  acknowledged(primary: StoreId, opId: string): void {
    const position = this.#positionsOfOpIds.get(opId)
    if (position === undefined) return
    const isHeld = [...this.#acked].some(([name, acked]) => {
      const ballot = this.#ballots.get(name)
      if (ballot === undefined || compare(ballot, position.ballot) < 0) return false
      return this.#quorums.isEnough(this.#copies(acked, position.seq, primary))
    })
    if (!isHeld) this.#accuse('I12', `entry ${position.seq} is acknowledged with too few copies`)
  }

  /** A store takes a snapshot in place of what it has acked (I21). */
  wipes(store: StoreId, covered: Seq): void {
    const own = Math.max(0, ...[...this.#acked.values()].map((acked) => acked.get(store) ?? 0))
    const needed = Math.min(own, this.#committed)
    if (needed <= covered) return
    const isHeldElsewhere = [...this.#acked.values()].some((acked) => {
      const others = [...acked].filter(([other, seq]) => other !== store && seq >= needed)
      return this.#quorums.isWriteQuorum(new Set(others.map(([other]) => other)), this.#members)
    })
    if (isHeldElsewhere) return
    this.#accuse('I21', `store ${store} gives up entry ${needed}, covered is ${covered}`)
  }

  #prepared(from: StoreId, process: string, message: Prepare): void {
    const { ballot, entries, prev, commit, configuration } = message
    const name = nameOf(ballot)
    const preparer = this.#preparer.get(name)
    if (preparer !== undefined && preparer !== process) {
      this.#accuse('I7', `${preparer} and ${process} both prepare under ${name}`)
    }
    this.#preparer.set(name, process)
    this.#terms.set(name, { ballot, primary: from, members: configuration.members })
    this.#promises(from, ballot, 'prepares')
    this.#seeEntries(entries, prev)
    if (commit > this.#committed) this.#commit(ballot, commit)
  }

  /** What a store says under a ballot shows that it has promised nothing above it (I6). */
  #promises(store: StoreId, ballot: Ballot, what: string): void {
    const promised = this.#promised.get(store)
    if (promised !== undefined && compare(ballot, promised) < 0) {
      const [low, high] = [nameOf(ballot), nameOf(promised)]
      this.#accuse('I6', `store ${store} ${what} ${low} after it promised ${high}`)
      return
    }
    this.#promised.set(store, ballot)
  }

  #ack(store: StoreId, ballot: Ballot, seq: Seq): void {
    const name = nameOf(ballot)
    this.#ballots.set(name, ballot)
    const acked = this.#acked.get(name) ?? new Map<StoreId, Seq>()
    this.#acked.set(name, acked)
    if (seq > (acked.get(store) ?? 0)) acked.set(store, seq)
  }

  #seal(store: StoreId, { epoch, activation }: Ballot): void {
    if (activation !== 0) return
    const sealed = this.#sealed.get(epoch) ?? new Set<StoreId>()
    sealed.add(store)
    this.#sealed.set(epoch, sealed)
  }

  #seeEntries(entries: readonly LogEntry[], prev: LogPosition | undefined): void {
    let before = prev
    for (const entry of entries) {
      this.#seeEntry(entry, before)
      before = entry
    }
  }

  /** The same (ballot, seq) is the same entry, with the same one before it (I8). */
  #seeEntry({ ballot, seq, opId, payload }: LogEntry, before: LogPosition | undefined): void {
    const name = `${nameOf(ballot)}/${seq}`
    const hash = crc32(opId, crc32(payload))
    const seen = this.#entries.get(name)
    if (seen === undefined) {
      const text = Buffer.from(opId).toString('hex')
      this.#entries.set(name, { hash, opId: text, before })
      this.#positionsOfOpIds.set(text, { seq, ballot })
      const first = this.#firstSeq.get(nameOf(ballot))
      if (first === undefined || seq < first) this.#firstSeq.set(nameOf(ballot), seq)
      return
    }
    if (seen.hash !== hash) this.#accuse('I8', `two entries are ${name}`)
    if (seen.before === undefined) seen.before = before
    else if (before !== undefined && compare(seen.before.ballot, before.ballot) !== 0) {
      const [one, other] = [nameOf(seen.before.ballot), nameOf(before.ballot)]
      this.#accuse('I8', `before ${name} stands an entry of ${one}, elsewhere one of ${other}`)
    }
  }

  /** Committed is what a write quorum has acked under one ballot, from that one's start on (I10). */
  #commit(ballot: Ballot, commit: Seq): void {
    const isHeld = [...this.#terms.values()].some((term) => {
      // A new primary may have applied what the one before it has committed and told nobody.
      return compare(term.ballot, ballot) <= 0 && this.#isCommittedIn(term, commit)
    })
    if (!isHeld) {
      const name = nameOf(ballot)
      const holders = [...(this.#acked.get(name) ?? [])].filter(([, seq]) => seq >= commit)
      const names = holders.map(([store]) => store).join(' ')
      this.#accuse('I10', `${commit} is committed under ${name}, acked by ${names || 'nobody'}`)
    }
    this.#followCommitted(ballot, commit)
    this.#committed = commit
  }

  #isCommittedIn({ ballot, primary, members }: Term, commit: Seq): boolean {
    const name = nameOf(ballot)
    const first = this.#firstSeq.get(name)
    if (first !== undefined && commit < first) return false
    const holders = [...(this.#acked.get(name) ?? [])].filter(([, seq]) => seq >= commit)
    return this.#quorums.isWriteQuorum(
      new Set([primary, ...holders.map(([store]) => store)]),
      members,
    )
  }

  /** From the new commit back to the last one, along the entries that were seen. */
  #followCommitted(ballot: Ballot, commit: Seq): void {
    let at: LogPosition | undefined = this.#find(ballot, commit)
    while (at !== undefined && at.seq > 0) {
      const name: string = nameOf(at.ballot)
      const entry: SeenEntry | undefined = this.#entries.get(`${name}/${at.seq}`)
      if (entry === undefined) return
      const before = this.#committedBallots.get(at.seq)
      if (before === name) return
      if (before !== undefined) {
        this.#accuse('I13', `${at.seq} was committed of ballot ${before}, now of ${name}`)
      }
      this.#committedBallots.set(at.seq, name)
      this.#applyOnce(entry.opId, at.seq)
      at = entry.before
    }
  }

  /** An opId is committed at one place only (I22). */
  #applyOnce(opId: string, seq: Seq): void {
    if (opId === NO_OP_ID) return
    const other = this.#committedOpIds.get(opId)
    if (other !== undefined && other !== seq) {
      this.#accuse('I22', `the entries ${other} and ${seq} are of one command, ${opId}`)
    }
    this.#committedOpIds.set(opId, seq)
  }

  /** The entry with that seq in the log of a ballot, as far as it was seen. */
  #find(ballot: Ballot, seq: Seq): LogPosition | undefined {
    if (this.#entries.has(`${nameOf(ballot)}/${seq}`)) return { ballot, seq }
    const first = this.#firstSeq.get(nameOf(ballot))
    if (first === undefined || first <= seq) return undefined
    return this.#entries.get(`${nameOf(ballot)}/${first}`)?.before
  }

  #copies(acked: ReadonlyMap<StoreId, Seq>, seq: Seq, primary: StoreId): readonly Member[] {
    return this.#members.filter(({ store }) => store === primary || (acked.get(store) ?? 0) >= seq)
  }
}
