/**
 * One store of the pure cluster: runs `step`, and plays journal, engine and lease service around it.
 *
 * What is persisted becomes durable after a while and in order; a crash loses the rest, the rows
 * since the last flush, and the memory of grants.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Member } from '../contract/configuration.ts'
import type { Ballot, PartitionId, Seq, StoreId } from '../contract/identifiers.ts'
import { compareBallots, NO_BALLOT, sameBallot } from './ballot.ts'
import type { Cluster } from './cluster-fixtures.ts'
import type { LogEntry, LogPosition, LogSummary, ReplicationMessage } from './messages.ts'
import type { DurableReplica, Effect, Input, Surroundings } from './protocol.ts'
import { openReplica, step } from './step.ts'
import type { ReplicaState } from './step.ts'
import { GRANT_MS } from './timing.ts'

const HOLDER_MS = 2600
/** L6: an old process that cannot sync stops its beacons. */
export const GRAY_LIMIT_MS = 2000

/** What survives a crash. */
export interface Disk {
  record: DurableReplica | undefined
  /** From `first` on. */
  entries: LogEntry[]
  /** Entries that a flush of the engine covers. */
  rows: LogEntry[]
  incarnation: number
  readonly peers: Map<StoreId, number>
}

export interface Beacon {
  readonly from: StoreId
  readonly incarnation: number
  readonly sentMs: number
  readonly holds: Ballot | undefined
}

export interface BeaconAnswer {
  readonly ballot: Ballot
  readonly stampMs: number
  readonly outcome: 'granted' | { readonly promised: Ballot } | undefined
}

interface Write {
  readonly token: number
  readonly replica: DurableReplica | undefined
  readonly entries: readonly LogEntry[]
}

/** A process of a store. */
export class SimulatedStore {
  readonly store: StoreId
  readonly disk: Disk
  readonly incarnation: number
  readonly state: ReplicaState
  readonly #cluster: Cluster
  readonly #member: Member
  readonly #rate: number
  /** The log as the process sees it, synced or not. */
  entries: LogEntry[]
  /** Everything applied, from entry 1. */
  rows: LogEntry[]
  isRunning = true
  /** Goes on without its volume: nothing it writes becomes durable any more. */
  isGhost = false
  readonly heldMs = new Map<StoreId, number>()
  readonly #writes: Write[] = []
  readonly #heardMs = new Map<StoreId, number>()
  readonly #restartedMs = new Map<StoreId, number>()
  #allowed: { readonly ballot: Ballot; readonly to: StoreId } | undefined
  #granted: { readonly to: StoreId; readonly untilMs: number } | undefined
  #holds: Ballot | undefined
  /** A ghost's beacon thread has noticed. */
  isSilenced = false
  /** Nothing is taken in before; it comes all at once then. */
  inputsFromMs = 0
  /** No beacon is sent or answered before. */
  beaconsFromMs = 0

  constructor(cluster: Cluster, member: Member, disk: Disk, rate: number) {
    this.#cluster = cluster
    this.#member = member
    this.#rate = rate
    this.store = member.store
    this.disk = disk
    disk.incarnation += 1
    this.incarnation = disk.incarnation
    this.entries = [...disk.entries]
    this.rows = [...disk.rows]
    this.state = openReplica({
      identity: { partition: 1 as PartitionId, self: member.store, zone: member.zone },
      settings: cluster.options.settings,
      recovered: {
        durable: disk.record,
        log: summaryOf(disk),
        applied: disk.rows.length as Seq,
        isDamaged: false,
      },
    })
  }

  start(): void {
    this.input({ kind: 'start', silenceUntilMs: this.nowMs + GRANT_MS })
  }

  /** The store's own monotonic clock. */
  get nowMs(): number {
    return this.#cluster.nowMs * this.#rate
  }

  toReal(localMs: number): number {
    return localMs / this.#rate
  }

  get around(): Surroundings {
    return {
      nowMs: this.nowMs,
      heardMs: (store) => this.#heardMs.get(store) ?? 0,
      heldUntilMs: (store) => this.heldMs.get(store) ?? 0,
      grantedUntilMs: () => this.#granted?.untilMs ?? 0,
      restartedMs: (store) => this.#restartedMs.get(store) ?? 0,
      isBacklogged: () => false,
    }
  }

  get isMute(): boolean {
    return this.#cluster.nowMs < this.beaconsFromMs
  }

  input(input: Input): void {
    if (!this.isRunning) return
    const waitMs = this.inputsFromMs - this.#cluster.nowMs
    if (waitMs > 0) return this.#cluster.schedule(waitMs, () => this.input(input))
    const { effects } = step(this.state, input, this.around)
    for (const effect of effects) this.#perform(effect)
    this.#cluster.checks.afterStep(this)
  }

  #perform(effect: Effect): void {
    this.#cluster.checks.onEffect(this, effect)
    this.#cluster.options.director?.onEffect(this, effect)
    switch (effect.kind) {
      case 'send':
        return this.#cluster.send(this, effect.to, effect.message)
      case 'sendEntries':
        return this.#sendEntries(effect)
      case 'persist':
        return this.#persist(effect)
      case 'apply':
        return this.#apply(effect.upTo)
      case 'wake':
        // A little late, as timers are: rounding must not wake it before its time.
        return this.#cluster.schedule(this.toReal(effect.atMs) - this.#cluster.nowMs + 0.01, () =>
          this.input({ kind: 'wake' }),
        )
      case 'getConfiguration':
        return this.#cluster.config.get(this, effect.token)
      case 'swapConfiguration':
        return this.#cluster.config.swap(this, effect)
      case 'offerSnapshot':
        return this.#cluster.offerSnapshot(this, effect)
      case 'answerSnapshotOffer':
        return this.#cluster.answerOffer(this, effect)
      default:
        return this.#performLease(effect)
    }
  }

  #performLease(effect: Effect): void {
    if (effect.kind === 'allowGrants') this.#allowed = effect
    if (effect.kind === 'holdLease') this.#holds = effect.ballot
    if (effect.kind === 'revokeGrants') {
      this.#allowed = undefined
      this.#later(3, () => {
        const untilMs = this.#granted?.untilMs ?? 0
        this.input({ kind: 'grantsRevoked', token: effect.token, untilMs })
      })
    }
    if (effect.kind !== 'dropLease') return
    this.#holds = undefined
    this.heldMs.clear()
    for (const { to, message } of effect.then) this.#cluster.send(this, to, message)
  }

  #later(msMax: number, callback: () => void): void {
    this.#cluster.schedule(this.#cluster.below(msMax + 1), () => {
      if (this.isRunning) callback()
    })
  }

  #persist({ token, replica, entries }: Extract<Effect, { kind: 'persist' }>): void {
    replaceTail(this.entries, entries)
    if (replica !== undefined && replica.base.seq > (this.entries.at(-1)?.seq ?? 0))
      this.entries = []
    this.#writes.push({ token, replica, entries })
    this.#later(this.#cluster.options.syncMsMax, () => this.#sync(token))
  }

  #sync(token: number): void {
    if (this.isGhost) return
    let last: Write | undefined
    while (this.#writes[0] !== undefined && this.#writes[0].token <= token) {
      last = this.#writes.shift()
      if (last !== undefined) writeTo(this.disk, last)
    }
    this.#cluster.checks.onSynced(this)
    if (last !== undefined) this.input({ kind: 'persisted', token: last.token })
  }

  #sendEntries(effect: Extract<Effect, { kind: 'sendEntries' }>): void {
    const first = this.entries[0]?.seq ?? 0
    const entries = this.entries.slice(effect.from - first, effect.upTo - first + 1)
    assert(
      entries[0]?.seq === effect.from && entries.at(-1)?.seq === effect.upTo,
      'entries are kept',
    )
    this.#cluster.send(this, effect.to, { ...effect.message, entries } as ReplicationMessage)
  }

  #apply(upTo: Seq): void {
    this.#later(this.#cluster.options.applyMsMax, () => {
      if (this.state.isDamaged) return
      const first = this.entries[0]?.seq ?? 0
      while (this.rows.length < upTo) {
        const entry = this.entries[this.rows.length + 1 - first]
        assert(entry?.seq === this.rows.length + 1, 'what is applied is in the log')
        this.rows.push(entry)
        this.#cluster.checks.onApplied(this, entry)
      }
      this.input({ kind: 'applied', seq: upTo })
    })
  }

  /** A checkpoint: rows are flushed, the base moves up, old entries go. */
  flush(keepCount: number): void {
    const at = this.rows.at(-1)
    const record = this.disk.record
    if (at === undefined || record === undefined || record.installing || this.isGhost) return
    if (at.seq <= record.base.seq) return
    const base: LogPosition = { seq: at.seq, ballot: at.ballot }
    this.disk.rows = [...this.rows]
    this.disk.record = { ...record, base }
    for (const [index, write] of this.#writes.entries()) {
      if (write.replica !== undefined) {
        this.#writes[index] = { ...write, replica: { ...write.replica, base } }
      }
    }
    const keepFrom = Math.max(1, base.seq + 1 - keepCount)
    this.entries = this.entries.filter(({ seq }) => seq >= keepFrom)
    this.disk.entries = this.disk.entries.filter(({ seq }) => seq >= keepFrom)
    this.input({ kind: 'flushed', base, first: this.entries[0]?.seq })
  }

  /** Ends the process. What was written but not synced survives as a prefix, or not at all. */
  crash(survivingCount: number): void {
    this.isRunning = false
    for (const write of this.#writes.splice(0, survivingCount)) writeTo(this.disk, write)
    if (this.disk.record?.installing === true) this.disk.rows = []
  }

  /** Rows go; the record that they are incomplete is synced. */
  clearRows(): void {
    this.rows = []
    this.disk.rows = []
  }

  install(rows: readonly LogEntry[]): void {
    const last = rows.at(-1)
    assert(last !== undefined, 'a snapshot has rows')
    this.rows = [...rows]
    this.disk.rows = [...rows]
    this.#cluster.checks.onInstalled(this)
    this.input({ kind: 'snapshotInstalled', position: { seq: last.seq, ballot: last.ballot } })
  }

  beacon(): Beacon {
    return {
      from: this.store,
      incarnation: this.incarnation,
      sentMs: this.nowMs,
      holds: this.#holds,
    }
  }

  /** Takes a beacon in; undefined if it is of a process of the past. */
  onBeacon(beacon: Beacon): BeaconAnswer | undefined {
    if (this.isMute || !this.meet(beacon.from, beacon.incarnation)) return undefined
    this.#heardMs.set(beacon.from, this.nowMs)
    const ballot = beacon.holds ?? NO_BALLOT
    const outcome = beacon.holds && this.#grant(beacon.from, beacon.holds)
    return { ballot, stampMs: beacon.sentMs, outcome }
  }

  #grant(from: StoreId, ballot: Ballot): BeaconAnswer['outcome'] {
    const promised = this.state.durable?.promised.ballot ?? NO_BALLOT
    if (compareBallots(promised, ballot) > 0) return { promised }
    if (this.#allowed?.to !== from || !sameBallot(this.#allowed.ballot, ballot)) return undefined
    const live = this.#granted
    if (live !== undefined && live.to !== from && live.untilMs > this.nowMs) return undefined
    this.#granted = { to: from, untilMs: this.nowMs + GRANT_MS }
    this.#cluster.checks.onGranted(this, from, this.#granted.untilMs)
    return 'granted'
  }

  onBeaconAnswer(member: StoreId, { ballot, stampMs, outcome }: BeaconAnswer): void {
    if (this.#holds === undefined || !sameBallot(this.#holds, ballot) || outcome === undefined)
      return
    if (outcome !== 'granted') {
      return this.input({ kind: 'grantRefused', member, promised: outcome.promised })
    }
    this.heldMs.set(member, Math.max(this.heldMs.get(member) ?? 0, stampMs + HOLDER_MS))
    this.#cluster.checks.onHeld(this, member)
  }

  /** Notes a process of another store; false if it is one of the past. */
  meet(store: StoreId, incarnation: number): boolean {
    const known = this.disk.peers.get(store) ?? 0
    if (incarnation < known) return false
    if (incarnation > known) {
      this.disk.peers.set(store, incarnation)
      if (known > 0) this.#restartedMs.set(store, this.nowMs)
    }
    return true
  }

  get member(): Member {
    return this.#member
  }
}

function writeTo(disk: Disk, { replica, entries }: Write): void {
  if (replica !== undefined) {
    disk.record = replica
    if (replica.base.seq > (disk.entries.at(-1)?.seq ?? 0)) disk.entries = []
  }
  replaceTail(disk.entries, entries)
}

function replaceTail(log: LogEntry[], entries: readonly LogEntry[]): void {
  const [head] = entries
  if (head === undefined) return
  const keep = log.length === 0 ? 0 : head.seq - (log[0]?.seq ?? 0)
  assert(keep >= 0 && keep <= log.length, 'entries follow the log')
  log.splice(keep, log.length - keep, ...entries)
}

/** What a recovery says of the disk's log. */
function summaryOf({ record, entries }: Disk): LogSummary {
  const base = record?.base ?? { seq: 0 as Seq, ballot: NO_BALLOT }
  const last = entries.at(-1)
  const end =
    last !== undefined && last.seq > base.seq ? { seq: last.seq, ballot: last.ballot } : base
  const known = entries.length > 0 && (entries[0]?.seq ?? 0) <= base.seq ? [] : [base]
  const ballots: LogPosition[] = [...known]
  for (const { seq, ballot } of entries) {
    const before = ballots.at(-1)
    if (before === undefined || !sameBallot(before.ballot, ballot)) ballots.push({ seq, ballot })
  }
  return { first: entries[0]?.seq, base, end, ballots }
}
