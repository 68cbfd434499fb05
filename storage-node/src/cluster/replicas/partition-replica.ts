/**
 * One partition on one store: feeds the protocol with what happens and does what it asks for. It has
 * no opinion of its own; the protocol is `replication/step.ts`.
 *
 * @module
 */

import { assert, unreachable } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Fatal } from '../../base/crash.ts'
import type { HybridClock } from '../../base/hybrid-clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Configuration, Member, Zone } from '../../contract/configuration.ts'
import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { Command, CommandResult } from '../../model/command.ts'
import type { Answer, Query, QueryKind } from '../../model/query.ts'
import type { LogPosition, ReplicationMessage } from '../../replication/messages.ts'
import type {
  Effect,
  Input,
  ProposedEntry,
  RecoveredReplica,
  ReplicationSettings,
  Surroundings,
} from '../../replication/protocol.ts'
import { NO_BALLOT, sameBallot } from '../../replication/ballot.ts'
import { mayRead } from '../../replication/reads.ts'
import { isActive, logEnd, openReplica, step } from '../../replication/step.ts'
import type { ReplicaState } from '../../replication/step.ts'
import type { Store } from '../../storage/store.ts'
import type { PeerAnswer, PeerRequest } from '../../wire/peer/messages.ts'
import type { PrimaryReply } from '../../wire/peer/operation-messages.ts'
import type { Effects } from '../../wire/stored/effects.ts'
import type { EntryRecord } from '../../wire/stored/journal-records.ts'
import type { ConfigStore } from '../config-store.ts'
import type { Leases } from '../leases.ts'
import { ApplyQueue } from './partition-replica-applies.ts'
import { ReplicaOutside } from './partition-replica-outside.ts'
import { findResult, openRows } from './partition-replica-rows.ts'
import type { ReplicaRows } from './partition-replica-rows.ts'
import { EntrySender } from './partition-replica-sends.ts'
import type { EntryMessage } from './partition-replica-sends.ts'
import { WakeTimer } from './partition-replica-wake.ts'
import type { PeerNetwork } from '../peer-network.ts'
import { Primary } from './primary.ts'
import { ReadChecks } from './read-checks.ts'
import { RecentOperations } from './recent-operations.ts'
import { positionOf, recordOf, recoverReplica } from './replica-record.ts'
import type { SystemReplica } from '../settings/settings-authority.ts'
import { SnapshotReceiver } from './snapshot-receiver.ts'
import type { SnapshotOffer } from './snapshot-receiver.ts'
import { SnapshotSender } from './snapshot-sender.ts'
import { UnappliedBytes } from './unapplied-bytes.ts'

type SnapshotEffect = Extract<Effect, { kind: 'offerSnapshot' | 'answerSnapshotOffer' }>

/** Below the milliseconds of a version number. */
const VERSION_COUNTER_BITS = 16n

export interface PartitionReplicaOptions {
  readonly partition: PartitionId
  readonly zone: Zone
  readonly settings: ReplicationSettings
  readonly store: Store
  /** The store's, for messages. */
  readonly directory: string
  readonly network: Pick<PeerNetwork, 'send' | 'request'>
  readonly configs: Pick<ConfigStore, 'get' | 'swap'>
  readonly leases: Leases
  readonly clock: Clock
  readonly hybridClock: HybridClock
  readonly logger: Logger
  readonly fatal: Fatal
  /** Until when this process must neither seal nor grant (L4), by the monotonic clock. */
  readonly silenceUntilMs: number
  /** Called whenever this store has become the active primary. */
  readonly onActivated?: (partition: PartitionId) => void
  /** Of a partition that a region with one store made before there were configurations. */
  readonly inherited?: Configuration
}

/** A replica and, while it is the active primary, the partition's gateway to its rows. */
export class PartitionReplica implements SystemReplica {
  readonly partition: PartitionId
  readonly #options: PartitionReplicaOptions
  readonly #state: ReplicaState
  readonly #around: Surroundings
  readonly #applies: ApplyQueue
  readonly #sender: EntrySender
  readonly #primary: Primary
  readonly #readChecks: ReadChecks
  readonly #unapplied = new UnappliedBytes()
  readonly #wake: WakeTimer
  readonly #snapshots: SnapshotSender
  readonly #receiver: SnapshotReceiver
  readonly #outside: ReplicaOutside
  #recent: RecentOperations
  readonly #inputs: Input[] = []
  #isStepping = false
  #isClosed = false
  /** What an engine flush that begins now will cover. */
  #applied: LogPosition
  #isAppliedNoted = true

  private constructor(
    options: PartitionReplicaOptions,
    { applier, operations }: ReplicaRows,
    recovered: RecoveredReplica,
  ) {
    const { partition, settings, zone, store, clock } = options
    const { journal, storeId } = store
    this.partition = partition
    this.#options = options
    this.#state = openReplica({ identity: { partition, self: storeId, zone }, settings, recovered })
    this.#around = this.#surroundings()
    this.#applied = positionOf(journal, partition, recovered.applied)
    const logged = journal.takeOpIds(partition, recovered.applied).map((found) => {
      return { ...found, payload: undefined }
    })
    this.#recent = new RecentOperations([...operations, ...logged])
    this.#primary = this.#openPrimary()
    this.#readChecks = new ReadChecks(clock, (round) => this.#input({ kind: 'checkReads', round }))
    this.#wake = new WakeTimer(clock, () => this.#input({ kind: 'wake' }))
    this.#sender = new EntrySender({
      ...{ partition, journal },
      send: (to, message) => this.#send(to, message),
      isTimely: (message) => this.#isTimely(message),
      onFailed: (cause) => this.#fail('Cannot read the journal', cause),
    })
    const queue = {
      ...{ partition, journal },
      effectsOf: (seq: Seq, payload: Uint8Array) => this.#primary.effectsOf(seq, payload),
      onApplied: (entry: EntryRecord, effects: Effects) => this.#onApplied(entry, effects),
      onFailed: (cause: Error) => this.#onDamaged(cause),
      onUnreadable: (cause: Error) => this.#fail('Cannot read the journal', cause),
    }
    this.#applies = new ApplyQueue(queue, applier)
    this.#outside = new ReplicaOutside({
      ...{ partition, leases: options.leases, configs: options.configs },
      send: (to, message) => this.#send(to, message),
      input: (input) => this.#input(input),
    })
    this.#snapshots = this.#openSender()
    this.#receiver = this.#openReceiver()
  }

  /** Takes up what the store has kept. Rejects with a `StoreOpenError` if that must not be served. */
  static async open(options: PartitionReplicaOptions): Promise<PartitionReplica> {
    const { partition, store, directory, inherited } = options
    const { journal } = store
    const rows = await openRows(partition, store)
    const { applier } = rows
    const recovered = recoverReplica({ partition, directory, journal, applier, inherited })
    return new PartitionReplica(options, rows, recovered)
  }

  /** Begins; called once. */
  start(): void {
    this.#input({ kind: 'start', silenceUntilMs: this.#options.silenceUntilMs })
  }

  get isActive(): boolean {
    return isActive(this.#state)
  }

  /** Undefined unless this store is the active primary. */
  get activation(): { readonly ballot: Ballot; readonly members: readonly Member[] } | undefined {
    const { primary } = this.#state
    if (primary?.isActive !== true) return undefined
    return { ballot: primary.ballot, members: primary.configuration.members }
  }

  /** The rows hold everything up to here. */
  get appliedSeq(): Seq {
    return this.#applied.seq
  }

  /** The highest ballot that this store has promised, synced or not. */
  get promised(): Ballot {
    return this.#state.durable?.promised.ballot ?? NO_BALLOT
  }

  /** The last entry of the log, synced or not. */
  get endSeq(): Seq {
    return logEnd(this.#state).seq
  }

  /** The last configuration that this store has learned of. */
  get configuration(): Configuration | undefined {
    return this.#state.durable?.configuration
  }

  /** Where the rows stand; undefined while they are not those of any position. */
  get base(): LogPosition | undefined {
    const { durable, isDamaged } = this.#state
    return durable === undefined || durable.installing || isDamaged ? undefined : this.#applied
  }

  /** The oldest entry that a member of this primary has not acknowledged. */
  get lacking(): Seq | undefined {
    const { primary, log } = this.#state
    if (primary === undefined) return undefined
    const acked = [...primary.others.values()].map((progress) => progress.acked)
    const lowest = Math.min(log.end.seq, ...acked)
    return lowest === log.end.seq ? undefined : ((lowest + 1) as Seq)
  }

  execute(opId: Uint8Array, command: Command, epoch: Epoch): Promise<PrimaryReply<CommandResult>> {
    return this.#primary.execute(opId, command, epoch)
  }

  ask<K extends QueryKind>(query: Query<K>): Promise<PrimaryReply<Answer<K>>> {
    return this.#primary.ask(query)
  }

  /** The read check, after the reading (I16). */
  mayRead(): boolean | Promise<boolean> {
    if (this.#options.settings.reads === 'strict') return this.#readChecks.check()
    return mayRead(this.#state, this.#around) === undefined
  }

  message(from: StoreId, message: ReplicationMessage): void {
    this.#input({ kind: 'message', from, message })
  }

  /** Another store wants to replace the rows here by its own (replication.md 1.9). */
  snapshotOffered(from: StoreId, offer: SnapshotOffer): Promise<PeerAnswer<'snapshotOffer'>> {
    return this.#receiver.offered(from, offer)
  }

  snapshotRows(
    from: StoreId,
    rows: PeerRequest<'snapshotRows'>,
  ): Promise<PeerAnswer<'snapshotRows'>> {
    return this.#receiver.rows(from, rows)
  }

  /** The config store may have something new. */
  hint(configuration: Configuration): void {
    this.#input({ kind: 'configurationHint', configuration })
  }

  grantRefused(member: StoreId, promised: Ballot): void {
    this.#input({ kind: 'grantRefused', member, promised })
  }

  /** Steps down in favour of another member, if this is the primary. */
  handOver(to: StoreId): void {
    this.#input({ kind: 'handOver', to })
  }

  /** A checkpoint is over: its record is synced, files may have been dropped. */
  flushed(): void {
    const { journal } = this.#options.store
    const base = journal.replica(this.partition)?.base
    if (base === undefined || base.seq === 0) return
    this.#input({ kind: 'flushed', base, first: journal.firstSeq(this.partition) })
  }

  /** Ends it: nothing further is sent, evaluated or applied. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake.cancel()
    this.#snapshots.stop()
    this.#receiver.stop()
    this.#primary.deactivate()
    await this.#applies.idle()
  }

  #input(input: Input): void {
    if (this.#isClosed) return
    this.#inputs.push(input)
    // What effects bring at once waits until the step that asked for them is over.
    if (this.#isStepping) return
    this.#isStepping = true
    try {
      for (let next; (next = this.#inputs.shift()) !== undefined;) {
        for (const effect of step(this.#state, next, this.#around).effects) this.#perform(effect)
      }
    } catch (cause) {
      this.#fail('A replica cannot go on', cause as Error)
    }
    this.#isStepping = false
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        return this.#send(effect.to, effect.message)
      case 'sendEntries':
        return this.#sender.send(effect)
      case 'persist':
        return this.#persist(effect)
      case 'apply':
        return this.#applies.apply(effect.upTo)
      case 'settled':
        return this.#primary.settled(effect.upTo)
      case 'activated':
        return this.#activate()
      case 'admission':
        return this.#primary.admit(effect.isOpen)
      case 'deactivated':
        return this.#primary.deactivate()
      case 'readsChecked':
        return this.#readChecks.checked(effect.round, effect.mayRead)
      case 'wake':
        return this.#wake.set(effect.atMs)
      case 'report':
        return this.#report(effect.what)
      case 'getConfiguration':
      case 'swapConfiguration':
        return this.#outside.askConfigs(effect)
      case 'allowGrants':
      case 'revokeGrants':
      case 'holdLease':
      case 'dropLease':
        return this.#outside.tellLeases(effect)
      case 'offerSnapshot':
      case 'answerSnapshotOffer':
        return this.#performOnSnapshots(effect)
      default:
        return unreachable(effect)
    }
  }

  #performOnSnapshots(effect: SnapshotEffect): void {
    switch (effect.kind) {
      case 'offerSnapshot': {
        const { configuration } = this
        assert(configuration !== undefined, 'a primary knows its configuration')
        return this.#snapshots.send({ ...effect, configuration })
      }
      case 'answerSnapshotOffer':
        return this.#receiver.decide(effect.token, effect.refusal)
      default:
        return unreachable(effect)
    }
  }

  #send(to: StoreId, message: ReplicationMessage): void {
    if (this.#isClosed) return
    this.#options.network.send(to, { kind: 'replication', partition: this.partition, message })
  }

  #isTimely(message: EntryMessage): boolean {
    const { primary, candidacy } = this.#state
    switch (message.kind) {
      case 'prepare':
        return primary !== undefined && sameBallot(primary.ballot, message.ballot)
      case 'sync':
        return candidacy !== undefined && sameBallot(candidacy.ballot, message.ballot)
      case 'logEntries':
        return true
      default:
        return unreachable(message)
    }
  }

  #persist({ token, replica, entries }: Extract<Effect, { kind: 'persist' }>): void {
    const { partition } = this
    const { journal } = this.#options.store
    const record = replica && recordOf(partition, replica)
    const records = entries.map(({ ballot, seq, opId, payload }) => {
      return { partition, ballot, seq, opId, payload }
    })
    this.#unapplied.add(entries)
    const last = entries.at(-1)
    void journal.persist(record, records).then(() => {
      this.#input({ kind: 'persisted', token })
      if (last !== undefined) this.#primary.synced(last.seq)
    })
  }

  #onApplied({ seq, ballot, opId }: EntryRecord, { versionSeq }: Effects): void {
    const { hybridClock } = this.#options
    this.#applied = { seq, ballot }
    this.#unapplied.applied(seq)
    hybridClock.hear(Number(versionSeq >> VERSION_COUNTER_BITS))
    this.#recent.add(opId, seq, hybridClock.nowMs())
    if (!this.#isAppliedNoted) return
    // The entries of one batch of the engine come one behind the other: the protocol hears once.
    this.#isAppliedNoted = false
    void Promise.resolve().then(() => {
      this.#isAppliedNoted = true
      this.#input({ kind: 'applied', seq: this.#applied.seq })
      this.#primary.applied(this.#applied.seq)
    })
  }

  #activate(): void {
    const { configuration } = this
    assert(configuration !== undefined, 'a primary knows its configuration')
    this.#primary.activate(configuration, this.#applies.applier)
    this.#options.onActivated?.(this.partition)
  }

  #openPrimary(): Primary {
    const { store, clock, hybridClock, settings } = this.#options
    const { engine, cache, reserve, storeId } = store
    return new Primary({
      ...{ self: storeId, engine, cache, clock, hybridClock, floor: settings },
      mayWrite: (bytes) => reserve.mayWrite(bytes),
      propose: (entries) => this.#propose(entries),
      mayRead: () => this.mayRead(),
      findResult: (opId) => findResult(opId, this.#recent, this.partition, store.journal),
      configuration: () => this.configuration,
    })
  }

  #openSender(): SnapshotSender {
    const { store, network, hybridClock } = this.#options
    const { engine, journal } = store
    return new SnapshotSender({
      ...{ partition: this.partition, engine, journal, network },
      operations: () => this.#recent.all(hybridClock.nowMs()),
      report: (what) => this.#report(what),
    })
  }

  #openReceiver(): SnapshotReceiver {
    const { store, clock } = this.#options
    return new SnapshotReceiver({
      ...{ partition: this.partition, store, clock },
      ask: (token, from, { ballot, configuration, position, covered }) => {
        const offer = { token, from, ballot, configuration, position, covered }
        this.#input({ kind: 'snapshotOffered', ...offer })
      },
      idle: () => this.#applies.idle(),
      installed: (position) => this.#install(position),
      failed: (why) => {
        this.#report(`A snapshot cannot be taken: ${why}`)
        this.#input({ kind: 'snapshotFailed' })
      },
    })
  }

  /** Goes on with the rows of a snapshot. */
  async #install(position: LogPosition): Promise<void> {
    const { applier, operations } = await openRows(this.partition, this.#options.store)
    this.#applies.restart(applier)
    this.#recent = new RecentOperations(operations)
    this.#applied = position
    this.#input({ kind: 'snapshotInstalled', position })
  }

  #propose(entries: readonly ProposedEntry[]): Seq | undefined {
    if (!this.isActive || this.#isClosed) return undefined
    assert(!this.#isStepping, 'proposals come from outside')
    const first = (logEnd(this.#state).seq + 1) as Seq
    this.#input({ kind: 'propose', entries })
    return first
  }

  #surroundings(): Surroundings {
    const { clock, leases } = this.#options
    const { partition } = this
    const { view } = leases
    const unapplied = this.#unapplied
    return {
      get nowMs() {
        return clock.monotonicMs()
      },
      heardMs: (store) => view.heardMs(store),
      heldUntilMs: (member) => view.heldUntilMs(partition, member),
      grantedUntilMs: () => view.grantedUntilMs(partition),
      restartedMs: (store) => view.restartedMs(store),
      isBacklogged: () => unapplied.isTooMuch,
    }
  }

  /** Others have what this store cannot read; a lone one can only try to read it anew. */
  #onDamaged(cause: Error): void {
    if (this.configuration?.members.length === 1) {
      return this.#fail('A partition cannot be applied', cause)
    }
    const { logger } = this.#options
    logger.error('A partition cannot be applied', { partition: this.partition, why: cause.message })
    this.#input({ kind: 'damaged' })
  }

  #report(what: string): void {
    this.#options.logger.info(what, { partition: this.partition })
  }

  #fail(message: string, cause: Error): void {
    this.#isClosed = true
    this.#options.fatal(new Error(`${message}: partition ${this.partition}`, { cause }))
  }
}
