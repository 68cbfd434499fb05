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
import type { Ballot, PartitionId, Seq, StoreId } from '@granary/storage-node/contract/identifiers'
import type { PeerMessage } from '@granary/storage-node/testing'
import { compare, nameOf, type QuorumCount } from './ballots.ts'
import { EffectsWatch, type DataWatch } from './effects-watch.ts'

type ReplicationMessage = PeerMessage['message']
type Prepare = Extract<ReplicationMessage, { kind: 'prepare' }>
type LogEntry = Prepare['entries'][number]
type LogPosition = Prepare['prev']

/** Reports a broken rule. */
export type Accuse = (rule: string, detail: string) => void

/** An entry as it was first seen. */
interface SeenEntry {
  readonly hash: number
  readonly payload: Uint8Array
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

export interface LogWatchParts {
  readonly partition: PartitionId
  readonly quorums: QuorumCount
  readonly data: DataWatch
  readonly nowMs: () => number
  readonly accuse: Accuse
}

const NO_OP_ID = '0'.repeat(32)

/** One partition's log. */
export class LogWatch {
  readonly #partition: PartitionId
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
  /** Where acknowledged entries stand, and the ballots in which they must still. */
  readonly #acknowledgedAt: LogPosition[] = []
  readonly #survived = new Set<string>()
  /** When each store has last said that its promise still holds. */
  readonly #confirmedMs = new Map<StoreId, number>()
  readonly #effects: EffectsWatch
  readonly #nowMs: () => number
  #committed = 0 as Seq
  #acknowledgedSeq = 0 as Seq
  #members: readonly Member[] = []

  constructor({ partition, quorums, data, nowMs, accuse }: LogWatchParts) {
    this.#partition = partition
    this.#quorums = quorums
    this.#nowMs = nowMs
    this.#accuse = (rule, detail) => accuse(rule, `partition ${partition}: ${detail}`)
    this.#effects = new EffectsWatch(data, this.#accuse)
  }

  /** The highest commit that any primary has told. */
  get committed(): Seq {
    return this.#committed
  }

  get partition(): PartitionId {
    return this.#partition
  }

  /** The highest entry of which a client may have heard. */
  get acknowledgedSeq(): Seq {
    return this.#acknowledgedSeq
  }

  /** Of the present configuration. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** Who has confirmed a promise since then (strict reads, 1.6). */
  confirmedSince(ms: number): StoreId[] {
    return [...this.#confirmedMs].filter(([, at]) => at >= ms).map(([store]) => store)
  }

  /**
   * The first seq of the process's ballot, if another process prepared the one before: a primary that
   * only changes its ballot stays active meanwhile.
   */
  beginningOf(process: string): Seq | undefined {
    const [last, before] = [...this.#preparer].slice(-2).reverse()
    if (last?.[1] !== process || before === undefined || before[1] === process) return undefined
    return this.#firstSeq.get(last[0])
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
        this.#confirmedMs.set(from, this.#nowMs())
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

  /** The positions of a ballot's log from `seq` down, as far as they were seen. */
  *backFrom(ballot: Ballot, seq: Seq): Iterable<LogPosition> {
    let at = this.#find(ballot, seq)
    while (at !== undefined && at.seq > 0) {
      yield at
      at = this.#before(at)
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
    this.#acknowledgedAt.push(position)
    if (position.seq > this.#acknowledgedSeq) this.#acknowledgedSeq = position.seq
    // Looked at when it was committed (I10): of its holders some may have been dropped since.
    if (this.#committedBallots.get(position.seq) === nameOf(position.ballot)) return
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
      this.#entries.set(name, { hash, payload, opId: text, before })
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
    this.#checkSurvival(ballot, commit)
    this.#followCommitted(ballot, commit)
    this.#committed = commit
  }

  /** What was acknowledged stands below the start of each later ballot that commits (I11). */
  #checkSurvival(ballot: Ballot, commit: Seq): void {
    const name = nameOf(ballot)
    const first = this.#firstSeq.get(name)
    if (first === undefined || commit < first || this.#survived.has(name)) return
    this.#survived.add(name)
    for (const { seq, ballot: acknowledged } of this.#acknowledgedAt) {
      if (seq < first || compare(acknowledged, ballot) >= 0) continue
      const lost = `${seq} of ballot ${nameOf(acknowledged)}`
      this.#accuse('I11', `entry ${lost} was acknowledged, ballot ${name} begins at ${first}`)
    }
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
    const fresh: { readonly seq: Seq; readonly payload: Uint8Array }[] = []
    for (const { ballot: of, seq } of this.backFrom(ballot, commit)) {
      const name = nameOf(of)
      const entry = this.#entries.get(`${name}/${seq}`)
      const before = this.#committedBallots.get(seq)
      if (entry === undefined || before === name) break
      if (before !== undefined) {
        this.#accuse('I13', `${seq} was committed of ballot ${before}, now of ${name}`)
      }
      this.#committedBallots.set(seq, name)
      this.#applyOnce(entry.opId, seq)
      // Only commands have effects.
      if (entry.opId !== NO_OP_ID) fresh.push({ seq, payload: entry.payload })
    }
    for (const { seq, payload } of fresh.reverse()) this.#effects.committed(seq, payload)
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
    let at = this.#before({ ballot, seq: first })
    while (at !== undefined && at.seq > seq) at = this.#before(at)
    return at
  }

  #before({ ballot, seq }: LogPosition): LogPosition | undefined {
    return this.#entries.get(`${nameOf(ballot)}/${seq}`)?.before
  }

  #copies(acked: ReadonlyMap<StoreId, Seq>, seq: Seq, primary: StoreId): readonly Member[] {
    return this.#members.filter(({ store }) => store === primary || (acked.get(store) ?? 0) >= seq)
  }
}
