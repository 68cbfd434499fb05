/**
 * The invariants of replication.md 1.11 as checks of the pure cluster, by name.
 *
 * @module
 */

import type { Configuration } from '../contract/configuration.ts'
import type { Ballot, Seq, StoreId } from '../contract/identifiers.ts'
import { isSealSet, isWriteQuorum } from '../contract/quorum.ts'
import { compareBallots, formatBallot, NO_BALLOT, sameBallot } from './ballot.ts'
import type { Cluster } from './cluster-fixtures.ts'
import type { LogEntry } from './messages.ts'
import type { Effect } from './protocol.ts'
import { mayRead } from './reads.ts'
import type { SimulatedStore } from './store-fixtures.ts'

/** Something that must never be. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

interface Known {
  readonly op: number
  readonly before: Ballot | undefined
}

export class InvariantChecks {
  readonly #cluster: Cluster
  /** What stands at (ballot, seq) in whatever log. */
  readonly #entries = new Map<string, Known>()
  /** What was applied at each seq, by whoever was first. */
  readonly #committed: LogEntry[] = []
  readonly #appliedOps = new Set<number>()
  readonly #preparers = new Map<string, string>()
  readonly #promised = new Map<StoreId, Ballot>()
  readonly #ackedMax = new Map<StoreId, Seq>()
  readonly #grantedMs = new Map<string, number>()
  /** Success told to clients up to here. */
  acknowledged = 0
  takeovers = 0
  snapshots = 0
  readonly trace: string[] = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  #require(condition: boolean, invariant: string, what: string): void {
    if (!condition) throw new InvariantError(`${invariant}: ${what}`)
  }

  onEffect(store: SimulatedStore, effect: Effect): void {
    if (effect.kind === 'persist') this.#checkLog(store, effect.entries)
    else if (effect.kind === 'send') this.#checkMessage(store, effect.message)
    else if (effect.kind === 'sendEntries') this.#checkPreparer(store, effect.message.ballot)
    else if (effect.kind === 'apply') this.#checkApply(store, effect.upTo)
    else if (effect.kind === 'activated') this.#checkActivation(store, effect.ballot)
    else if (effect.kind === 'swapConfiguration') this.#checkFence(store, effect)
    else if (effect.kind === 'answerSnapshotOffer' && effect.refusal === undefined)
      this.#checkWipe(store)
  }

  /** I8: the same ballot and seq mean the same entry and the same entries before. */
  #checkLog(store: SimulatedStore, entries: readonly LogEntry[]): void {
    // Nothing that a ghost writes becomes durable.
    if (store.isGhost) return
    for (const entry of entries) {
      const before = store.state.log.ballotAt((entry.seq - 1) as Seq)
      const key = `${formatBallot(entry.ballot)}:${entry.seq}`
      const known = this.#entries.get(key)
      if (known === undefined) {
        this.#entries.set(key, { op: opOf(entry), before })
        continue
      }
      const isSame =
        known.op === opOf(entry) &&
        (known.before === undefined || before === undefined || sameBallot(known.before, before))
      this.#require(isSame, 'I8', `${store.store} has another entry at ${key}`)
    }
  }

  #checkMessage(
    store: SimulatedStore,
    message: Extract<Effect, { kind: 'send' }>['message'],
  ): void {
    if (message.kind === 'prepare') this.#checkPreparer(store, message.ballot)
    if (message.kind === 'prepareAck') {
      this.#checkSyncedPromise(store, message.ballot, 'I9')
      this.#checkSynced(store, message.seq, 'I9')
      const before = this.#ackedMax.get(store.store) ?? 0
      this.#ackedMax.set(store.store, Math.max(before, message.seq) as Seq)
    }
    if (message.kind === 'sealAck') this.#checkSyncedPromise(store, message.ballot, 'I6')
    if (message.kind === 'syncAck') this.#checkSynced(store, message.seq, 'I3')
  }

  #checkSyncedPromise(store: SimulatedStore, ballot: Ballot, invariant: string): void {
    const promised = store.disk.record?.promised.ballot ?? NO_BALLOT
    const isSynced = store.isGhost || compareBallots(promised, ballot) >= 0
    this.#require(isSynced, invariant, `${store.store} speaks before its promise is synced`)
  }

  #checkSynced({ disk, store }: SimulatedStore, seq: Seq, invariant: string): void {
    const end = Math.max(disk.entries.at(-1)?.seq ?? 0, disk.record?.base.seq ?? 0)
    const isHeld = end >= seq && disk.record?.installing !== true
    this.#require(isHeld, invariant, `${store} acknowledges ${seq}, has ${end} synced`)
  }

  /** I7: one process for each ballot, and its own promise is that ballot. */
  #checkPreparer(store: SimulatedStore, ballot: Ballot): void {
    if (ballot.activation === 0 || store.state.primary === undefined) return
    const key = formatBallot(ballot)
    const name = `${store.store}#${store.incarnation}`
    const known = this.#preparers.get(key) ?? name
    this.#preparers.set(key, known)
    this.#require(known === name, 'I7', `${name} and ${known} both prepare under ${key}`)
    this.#checkSyncedPromise(store, ballot, 'I7')
  }

  /** I13: nothing is applied that is not synced here. */
  #checkApply({ disk, store, isGhost }: SimulatedStore, upTo: Seq): void {
    const end = Math.max(disk.entries.at(-1)?.seq ?? 0, disk.record?.base.seq ?? 0)
    this.#require(isGhost || end >= upTo, 'I13', `${store} applies ${upTo}, has ${end} synced`)
  }

  /** I10, I13, I22: everybody applies the same entries, each operation once. */
  onApplied(store: SimulatedStore, entry: LogEntry): void {
    const known = this.#committed[entry.seq - 1]
    if (known !== undefined) {
      const isSame = opOf(known) === opOf(entry) && sameBallot(known.ballot, entry.ballot)
      this.#require(isSame, 'I13', `${store.store} applies another entry at ${entry.seq}`)
      return this.#acknowledge(store, entry)
    }
    this.#require(entry.seq === this.#committed.length + 1, 'I13', 'entries are applied in order')
    this.#committed.push(entry)
    const op = opOf(entry)
    if (op !== 0) this.#require(!this.#appliedOps.has(op), 'I22', `${op} is applied twice`)
    this.#appliedOps.add(op)
    this.#checkSurvival(entry.seq)
    this.#acknowledge(store, entry)
  }

  /** I11: an entry that somebody applies is synced on a write quorum of the stored configuration. */
  #checkSurvival(seq: Seq): void {
    const { members } = this.#cluster.config.configuration
    const holders = new Set<StoreId>()
    for (const { store, disk } of this.#cluster.stores.values()) {
      const end = Math.max(disk.entries.at(-1)?.seq ?? 0, disk.record?.base.seq ?? 0)
      if (end >= seq) holders.add(store)
    }
    const { quorum } = this.#cluster.options.settings
    this.#require(isWriteQuorum(holders, members, quorum), 'I11', `${seq} is on too few members`)
  }

  #acknowledge(store: SimulatedStore, entry: LogEntry): void {
    const { primary } = store.state
    if (primary?.isActive === true && sameBallot(primary.ballot, entry.ballot)) {
      this.acknowledged = Math.max(this.acknowledged, entry.seq)
    }
  }

  /** I23, I11: an active primary has applied its epoch start, and everything ever acknowledged. */
  #checkActivation(store: SimulatedStore, ballot: Ballot): void {
    this.takeovers += 1
    const start = store.rows.findLast((row) => sameBallot(row.ballot, ballot))
    this.#require(
      start !== undefined,
      'I23',
      `${store.store} acts before its epoch start is applied`,
    )
    this.#requireAcknowledged(store, 'I11')
  }

  #requireAcknowledged({ store, rows }: SimulatedStore, invariant: string): void {
    const { acknowledged } = this
    this.#require(rows.length >= acknowledged, invariant, `${store} lacks ${acknowledged}`)
    const [mine, known] = [rows[acknowledged - 1], this.#committed[acknowledged - 1]]
    const isSame = known === undefined || (mine !== undefined && opOf(mine) === opOf(known))
    this.#require(isSame, invariant, `${store} has other rows at ${acknowledged}`)
  }

  /** I14, I17: one reader at a time, and it has everything acknowledged. */
  afterStep(store: SimulatedStore): void {
    const ballot = store.disk.record?.promised.ballot ?? NO_BALLOT
    const before = this.#promised.get(store.store) ?? NO_BALLOT
    this.#require(compareBallots(ballot, before) >= 0, 'I6', `${store.store} forgets a promise`)
    this.#promised.set(store.store, ballot)
    const all = [...this.#cluster.stores.values(), ...this.#cluster.ghosts]
    const readers = all.filter(
      (each) => each.isRunning && mayRead(each.state, each.around) === undefined,
    )
    const names = readers.map((reader) => `${reader.store}#${reader.incarnation}`)
    this.#require(readers.length <= 1, 'I14', `${names.join(' and ')} both read`)
    for (const reader of readers) this.#requireAcknowledged(reader, 'I17')
  }

  onSynced(store: SimulatedStore): void {
    const { applyIssued, log } = store.state
    this.#require(applyIssued <= log.end.seq, 'I13', `${store.store} applied beyond its log`)
  }

  onGranted(grantor: SimulatedStore, to: StoreId, untilMs: number): void {
    this.#grantedMs.set(`${grantor.store}>${to}`, grantor.toReal(untilMs))
  }

  /** I15: the holder's deadline lies before the grantor's. */
  onHeld(holder: SimulatedStore, member: StoreId): void {
    const heldMs = holder.toReal(holder.heldMs.get(member) ?? 0)
    const grantedMs = this.#grantedMs.get(`${member}>${holder.store}`) ?? 0
    this.#require(heldMs < grantedMs, 'I15', `${holder.store} counts a grant for too long`)
  }

  /** I2, I3: fenced by a seal set, and what is dropped is dropped behind the merged log. */
  #checkFence(
    store: SimulatedStore,
    { configuration: next, expected }: Extract<Effect, { kind: 'swapConfiguration' }>,
  ): void {
    const { configuration: current, version } = this.#cluster.config
    // Against any other version it has no effect.
    if (expected !== String(version)) return
    const isBump = store.state.primary?.isActive === true
    if (isBump) return
    const sealed = new Set<StoreId>()
    for (const { store: name, disk } of this.#cluster.stores.values()) {
      if ((disk.record?.promised.ballot.epoch ?? 0) >= next.epoch) sealed.add(name)
    }
    const { quorum } = this.#cluster.options.settings
    const isFenced = isSealSet(sealed, current.members, quorum)
    this.#require(isFenced, 'I2', `${store.store} proposes ${next.epoch} without a seal set`)
  }

  /** I1, I3: epochs rise, nobody is added. */
  onSwapped(store: SimulatedStore, before: Configuration, next: Configuration): void {
    this.#require(next.epoch > before.epoch, 'I1', `epoch ${next.epoch} follows ${before.epoch}`)
    const isKept = next.members.every(({ store: kept }) =>
      before.members.some((member) => member.store === kept),
    )
    this.#require(isKept, 'I3', `${store.store} adds a member`)
    this.#require(next.primary === store.store, 'I3', `${store.store} makes another one primary`)
    const missing = this.acknowledged
    if (missing > 0) this.#checkSurvivalIn(next, missing as Seq)
  }

  #checkSurvivalIn(next: Configuration, seq: Seq): void {
    const holders = new Set<StoreId>()
    for (const { store, disk } of this.#cluster.stores.values()) {
      const end = Math.max(disk.entries.at(-1)?.seq ?? 0, disk.record?.base.seq ?? 0)
      const entry = disk.entries.find((each) => each.seq === seq)
      const known = this.#committed[seq - 1]
      if (end < seq || disk.record?.installing === true) continue
      if (entry === undefined || known === undefined || opOf(entry) === opOf(known))
        holders.add(store)
    }
    const { quorum } = this.#cluster.options.settings
    const isHeld = isWriteQuorum(holders, next.members, quorum)
    this.#require(isHeld, 'I11', `${seq} is not on a write quorum of epoch ${next.epoch}`)
  }

  /** I21: what the store acknowledged is on a write quorum without it. */
  #checkWipe(store: SimulatedStore): void {
    this.snapshots += 1
    const acked = this.#ackedMax.get(store.store) ?? (0 as Seq)
    const needed = Math.min(acked, this.#committed.length) as Seq
    if (needed === 0) return
    const holders = new Set<StoreId>()
    for (const other of this.#cluster.stores.values()) {
      const end = Math.max(other.disk.entries.at(-1)?.seq ?? 0, other.disk.record?.base.seq ?? 0)
      const isWhole = other.disk.record?.installing !== true
      if (other.store !== store.store && isWhole && end >= needed) holders.add(other.store)
    }
    const { members } = this.#cluster.config.configuration
    const { quorum } = this.#cluster.options.settings
    this.#require(isWriteQuorum(holders, members, quorum), 'I21', `${store.store} wipes ${needed}`)
  }

  /** A snapshot's rows are the committed entries. */
  onInstalled(store: SimulatedStore): void {
    for (const [at, row] of store.rows.entries()) {
      const known = this.#committed[at]
      const isSame = known !== undefined && opOf(known) === opOf(row)
      this.#require(isSame, 'I18', `${store.store} installs other rows at ${at + 1}`)
    }
  }
}

function opOf({ opId }: LogEntry): number {
  return new DataView(opId.buffer, opId.byteOffset).getUint32(0)
}
