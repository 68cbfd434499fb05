/**
 * One replica on a bench: inputs by hand, effects to look at, disk and leases that answer at once or
 * when they are told to.
 *
 * @module
 */

import type { Configuration, Member } from '../contract/configuration.ts'
import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../contract/identifiers.ts'
import { NO_BALLOT } from './ballot.ts'
import type { LogEntry, LogPosition, LogSummary, ReplicationMessage } from './messages.ts'
import type {
  DurableReplica,
  Effect,
  Input,
  ReplicationSettings,
  Surroundings,
} from './protocol.ts'
import { openReplica, step } from './step.ts'
import type { ReplicaState } from './step.ts'

export const A = 'a' as StoreId
export const B = 'b' as StoreId
export const C = 'c' as StoreId

export const SETTINGS: ReplicationSettings = {
  quorum: 'majority',
  minInsync: 2,
  zoneCount: 3,
  reads: 'lease',
  isOneKernel: false,
  prepareEntryCountMax: 4,
}

export function ballot(epoch: number, activation: number): Ballot {
  return { epoch: epoch as Epoch, activation }
}

export function position(seq: number, of: Ballot): LogPosition {
  return { seq: seq as Seq, ballot: of }
}

/** An entry for each seq from `from` to `to`. */
export function entries(from: number, to: number, of: Ballot): LogEntry[] {
  return Array.from({ length: to - from + 1 }, (_, at) => ({
    ...position(from + at, of),
    opId: new Uint8Array(16),
    payload: new Uint8Array([from + at]),
  }))
}

export function configuration(epoch: number, primary: StoreId, stores = [A, B, C]): Configuration {
  return {
    partition: 1 as PartitionId,
    uid: 'one',
    epoch: epoch as Epoch,
    primary,
    members: stores.map((store): Member => ({ store, zone: `zone-${store}` as Member['zone'] })),
    range: { start: new Uint8Array(), end: new Uint8Array() },
  }
}

/** A log of whole ballots: `log([1, ballot(1, 1)], [4, ballot(2, 1)], 6)` ends at 6. */
export function summary(end: number, ...runs: LogPosition[]): LogSummary {
  const base = position(0, NO_BALLOT)
  const last = runs.at(-1)?.ballot ?? NO_BALLOT
  const first = end === 0 ? undefined : (1 as Seq)
  return { first, base, end: position(end, last), ballots: [base, ...runs] }
}

export interface BenchOptions {
  readonly self?: StoreId
  readonly settings?: Partial<ReplicationSettings>
  readonly durable?: DurableReplica | undefined
  readonly log?: LogSummary
  readonly applied?: number
  /** Starts with the silence of L4 over. */
  readonly silenceMs?: number
}

/** What a replica of (1, 1) has durable when `a` is its primary. */
export function durableOf(
  promised: Ballot,
  to: StoreId,
  known: Configuration = configuration(1, A),
): DurableReplica {
  const base = position(0, NO_BALLOT)
  return { promised: { ballot: promised, to }, configuration: known, base, installing: false }
}

export class Bench {
  readonly state: ReplicaState
  nowMs = 10_000
  /** Effects since they were last taken. */
  effects: Effect[] = []
  /** Persists and revocations are answered at once while this is set. */
  isPrompt = true
  readonly heardMs = new Map<StoreId, number>()
  readonly heldMs = new Map<StoreId, number>()
  readonly restartedMs = new Map<StoreId, number>()
  grantedUntilMs = 0
  isBacklogged = false

  constructor({ self = B, settings, durable, log, applied = 0, silenceMs = 0 }: BenchOptions) {
    this.state = openReplica({
      identity: { partition: 1 as PartitionId, self, zone: `zone-${self}` },
      settings: { ...SETTINGS, ...settings },
      recovered: {
        durable,
        log: log ?? summary(0),
        applied: applied as Seq,
        isDamaged: false,
      },
    })
    this.input({ kind: 'start', silenceUntilMs: this.nowMs + silenceMs })
    this.effects = []
  }

  get around(): Surroundings {
    return {
      nowMs: this.nowMs,
      heardMs: (store) => this.heardMs.get(store) ?? 0,
      heldUntilMs: (store) => this.heldMs.get(store) ?? 0,
      grantedUntilMs: () => this.grantedUntilMs,
      restartedMs: (store) => this.restartedMs.get(store) ?? 0,
      isBacklogged: () => this.isBacklogged,
    }
  }

  input(input: Input): readonly Effect[] {
    const { effects } = step(this.state, input, this.around)
    this.effects.push(...effects)
    for (const effect of effects) if (this.isPrompt) this.#answer(effect)
    return effects
  }

  #answer(effect: Effect): void {
    if (effect.kind === 'persist') this.input({ kind: 'persisted', token: effect.token })
    if (effect.kind === 'apply') this.input({ kind: 'applied', seq: effect.upTo })
    if (effect.kind === 'revokeGrants') {
      this.input({ kind: 'grantsRevoked', token: effect.token, untilMs: this.grantedUntilMs })
    }
  }

  receive(from: StoreId, message: ReplicationMessage): readonly Effect[] {
    return this.input({ kind: 'message', from, message })
  }

  /** Answers every `persist` that is not answered. */
  sync(): void {
    const last = this.effects.findLast((effect) => effect.kind === 'persist')
    if (last?.kind === 'persist') this.input({ kind: 'persisted', token: last.token })
  }

  /** Lets time pass, waking the replica whenever it asked for that. */
  elapse(ms: number): void {
    const untilMs = this.nowMs + ms
    while (this.state.wakeAtMs !== undefined && this.state.wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.state.wakeAtMs)
      this.input({ kind: 'wake' })
    }
    this.nowMs = untilMs
  }

  /** The effects of a kind since this was last called for it. */
  take<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    const taken = this.effects.filter((effect) => effect.kind === kind)
    this.effects = this.effects.filter((effect) => effect.kind !== kind)
    return taken as Extract<Effect, { kind: K }>[]
  }

  /** Messages of a kind that were sent since the last look at any. */
  sent<K extends ReplicationMessage['kind']>(
    kind: K,
  ): { readonly to: StoreId; readonly message: Extract<ReplicationMessage, { kind: K }> }[] {
    return [...this.take('send'), ...this.take('sendEntries')].filter(
      (effect): effect is never => effect.message.kind === kind,
    )
  }

  /** Answers the question that the replica has put to the config store. */
  readAs(found: Configuration | 'unavailable', version = '1'): void {
    const token = this.take('getConfiguration').at(-1)?.token ?? -1
    const outcome =
      found === 'unavailable'
        ? ({ kind: 'unavailable' } as const)
        : ({ kind: 'found', version, configuration: found } as const)
    this.input({ kind: 'configurationRead', token, outcome })
  }

  /** Answers the swap that the replica has asked for; returns what it wanted to write. */
  swapAs(outcome: 'won' | 'lost' | 'unknown'): Configuration | undefined {
    const swap = this.take('swapConfiguration').at(-1)
    this.input({ kind: 'configurationSwapped', token: swap?.token ?? -1, outcome })
    return swap?.configuration
  }

  prepare(
    of: Ballot,
    prev: LogPosition,
    tail: readonly LogEntry[],
    commit = 0,
    from: StoreId = A,
    known: Configuration = configuration(of.epoch, from),
  ): readonly Effect[] {
    const message = {
      kind: 'prepare',
      ballot: of,
      prev,
      entries: tail,
      commit: commit as Seq,
    } as const
    return this.receive(from, { ...message, configuration: known })
  }
}

/** A primary of three that is active under (1, 1), with grants of both others for an hour. */
export function activePrimary(options: BenchOptions = {}): Bench {
  const bench = new Bench({ self: A, ...options })
  bench.input({ kind: 'configurationHint', configuration: configuration(1, A) })
  bench.readAs(configuration(1, A))
  for (const store of [B, C]) {
    bench.receive(store, {
      kind: 'sealAck',
      ballot: ballot(1, 1),
      log: summary(0),
      configuration: undefined,
    })
    bench.heldMs.set(store, bench.nowMs + 3_600_000)
    bench.heardMs.set(store, bench.nowMs)
  }
  ack(bench, B, 1)
  ack(bench, C, 1)
  bench.effects = []
  return bench
}

export function ack(bench: Bench, from: StoreId, seq: number, of = ballot(1, 1)): void {
  bench.receive(from, { kind: 'prepareAck', ballot: of, seq: seq as Seq })
}

export function propose(bench: Bench, count = 1): void {
  const proposed = Array.from({ length: count }, () => ({
    opId: new Uint8Array(16),
    payload: new Uint8Array([1]),
  }))
  bench.input({ kind: 'propose', entries: proposed })
}
