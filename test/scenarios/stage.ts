/**
 * A partition on which a scenario is played: the protocol's own steps in the pure cluster, where every delay is fixed
 * and only the scenario decides what goes wrong.
 *
 * @module
 */

import { assert } from '@granary/storage-node/base/assert'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import { mayAcceptWrites } from '@granary/storage-node/contract/quorum'
import { Cluster, mayRead } from '../../storage-node/src/testing.ts'
import type {
  ClusterOptions,
  Director,
  Effect,
  SimulatedStore,
  SwapFate,
} from '../../storage-node/src/testing.ts'
import { narrateEffect } from './narration.ts'
import type { Message } from './narration.ts'

const MESSAGE_DELAY_MS = 2
const NAMES = 'abcdefghi'
/** What is said again and again until it is heard is told once a round. */
const REPEATED = /: (refuses|asks|promises|wants|offers|sends)/

export interface StageOptions {
  readonly zones: readonly string[]
  readonly quorum: 'majority' | 'all'
  readonly reads: 'lease' | 'strict'
  readonly isOneKernel: boolean
  /** Of each store's clock. */
  readonly rates: readonly number[]
}

/** What happens to messages of a kind on a way, until all is healed. */
export interface MessageRule {
  readonly kind: string
  readonly from: string
  readonly to: string
  readonly delaysMs: readonly number[]
}

/** Moments at which a store may be told to die: after it has sent, or before what it writes is synced. */
export const crashMoments = ['prepare', 'ack', 'promise', 'swap', 'write'] as const
export type CrashMoment = (typeof crashMoments)[number]

interface OpenWrite {
  readonly number: number
  readonly store: SimulatedStore
  readonly seq: number
  readonly ballot: string
}

export class Stage {
  readonly #options: StageOptions
  readonly #cluster: Cluster
  readonly #lines: string[] = []
  readonly #rules: MessageRule[] = []
  readonly #deadly = new Map<string, CrashMoment>()
  readonly #writes: OpenWrite[] = []
  #swapFate: SwapFate | undefined
  #epoch = 0
  #round = 0

  constructor(options: StageOptions) {
    this.#options = options
    this.#cluster = new Cluster(this.#clusterOptions())
    this.#epoch = this.#cluster.config.configuration.epoch
  }

  #clusterOptions(): ClusterOptions {
    const { zones, quorum, reads, isOneKernel } = this.#options
    const minInsync = Math.min(2, zones.length)
    const zoneCount = new Set(zones).size
    const prepareEntryCountMax = 64
    return {
      ...{ seed: 1, zones, syncMsMax: 0, applyMsMax: 0, delayMsMax: 1 },
      settings: { quorum, minInsync, zoneCount, reads, isOneKernel, prepareEntryCountMax },
      director: this.#director(),
    }
  }

  #director(): Director {
    return {
      onEffect: (store, effect) => this.#onEffect(store, effect),
      rateOf: (store) => this.#options.rates[numberOf(store)] ?? 1,
      copiesOf: (from, to, message) => this.#copiesOf(from, to, message),
      fateOfSwap: () => this.#takeSwapFate(),
    }
  }

  /** What has happened since it was last asked, in order. */
  takeLines(): string[] {
    return this.#lines.splice(0)
  }

  /** Lets the time pass. */
  elapse(forMs: number): void {
    this.#cluster.run(forMs, () => {
      this.#watch()
      return false
    })
    this.#watch()
  }

  /** Until somebody is active, may read, and the others have all of it. */
  settle(): void {
    const isQuiet = () => {
      this.#watch()
      const active = this.#cluster.active()
      return active !== undefined && this.#options.reads === 'strict'
        ? true
        : active !== undefined && this.#cluster.reads(active)
    }
    this.#cluster.run(60_000, isQuiet)
    this.elapse(1_000)
    this.#lines.splice(0)
  }

  /** A client's write reaches the named store, or the one that was active last of those that move. */
  write(name?: string): void {
    const primary = name === undefined ? this.#newestPrimary() : this.#store(name)
    if (primary === undefined) return this.#tell('nobody takes a write')
    const { configuration, ballot, isActive } = primary.state.primary ?? {}
    if (configuration === undefined || isActive !== true || !primary.isRunning)
      return this.#say(primary.store, 'refuses write: notActive')
    // What the driver asks of the members before it evaluates (1.2).
    const refusal = mayAcceptWrites(configuration.members, this.#cluster.options.settings)
    if (refusal !== undefined) return this.#say(primary.store, `refuses write: ${refusal}`)
    this.#cluster.propose(primary)
    const number = this.#cluster.proposedCount
    const { seq } = primary.state.log.end
    this.#writes.push({ number, store: primary, seq, ballot: JSON.stringify(ballot) })
    this.#say(primary.store, `proposes write ${number}`)
    this.elapse(20)
  }

  #newestPrimary(): SimulatedStore | undefined {
    const moving = [...this.#cluster.stores.values()].filter(
      ({ isRunning, inputsFromMs }) => isRunning && inputsFromMs <= this.#cluster.nowMs,
    )
    const epochOf = ({ state }: SimulatedStore) => state.primary?.ballot.epoch ?? 0
    return moving
      .filter(({ state }) => state.primary?.isActive === true)
      .sort((one, other) => epochOf(other) - epochOf(one))[0]
  }

  read(name: string): void {
    const store = this.#store(name)
    if (!store.isRunning) return this.#say(store.store, 'is down')
    if (this.#options.reads === 'strict') {
      store.input({ kind: 'checkReads', round: ++this.#round })
      return this.elapse(50)
    }
    const refusal = mayRead(store.state, store.around)
    const last = store.rows.filter(({ payload }) => payload.byteLength > 0).length
    this.#say(
      store.store,
      refusal === undefined ? `reads ${last} writes` : `refuses read: ${refusal}`,
    )
  }

  cut(from: string, to: string): void {
    this.#cluster.cuts.add(`${idOf(from)}>${idOf(to)}`)
  }

  /** Ends cuts and rules for messages; the config store answers. Who is down stays down. */
  heal(): void {
    this.#cluster.cuts.clear()
    this.#rules.splice(0)
    this.#cluster.faults.isConfigDown = false
  }

  rule(rule: MessageRule): void {
    this.#rules.push(rule)
  }

  crash(name: string): void {
    const store = this.#store(name)
    if (!store.isRunning) return
    store.crash(0)
    this.#say(store.store, 'dies')
  }

  crashAfter(name: string, moment: CrashMoment): void {
    this.#deadly.set(idOf(name), moment)
  }

  restart(name: string): void {
    this.#cluster.restart(idOf(name))
  }

  /** The whole process stands still, or only its main loop while the beacon thread goes on. */
  pause(name: string, forMs: number, what: 'process' | 'loop'): void {
    const store = this.#store(name)
    const { nowMs } = this.#cluster
    store.inputsFromMs = nowMs + forMs
    if (what === 'process') store.beaconsFromMs = nowMs + forMs
    // L6: the beacon thread notices a loop that does not tick.
    else this.#cluster.schedule(2_000, () => (store.beaconsFromMs = nowMs + forMs))
  }

  haunt(name: string): void {
    this.#cluster.haunt(idOf(name))
  }

  handOver(from: string, to: string): void {
    this.#store(from).input({ kind: 'handOver', to: idOf(to) })
  }

  damage(name: string): void {
    this.#cluster.damage(idOf(name))
  }

  /** A checkpoint that keeps no entry. */
  flush(name: string): void {
    this.#store(name).flush(0)
  }

  setConfigStore(isDown: boolean): void {
    this.#cluster.faults.isConfigDown = isDown
  }

  decideSwap(fate: SwapFate): void {
    this.#swapFate = fate
  }

  /** One line for each store. */
  show(): void {
    for (const { store, isRunning, state, rows } of this.#cluster.stores.values()) {
      if (!isRunning) this.#say(store, 'is down')
      else {
        const role =
          state.primary === undefined ? 'secondary' : state.primary.isActive ? 'primary' : 'coming'
        this.#say(store, `${role}, log ${state.log.end.seq}, applied ${rows.length}`)
      }
    }
  }

  #takeSwapFate(): SwapFate | undefined {
    const fate = this.#swapFate
    this.#swapFate = undefined
    if (fate !== undefined) return fate
    // An outage loses the request; otherwise it is a matter of milliseconds.
    const isDown = this.#cluster.faults.isConfigDown
    return isDown
      ? { happensAfterMs: undefined, isAnswered: false }
      : { happensAfterMs: 10, isAnswered: true }
  }

  #copiesOf(from: StoreId, to: StoreId, { kind }: Message): readonly number[] {
    const rule = this.#rules.find(
      (rule) => rule.kind === kind && idOf(rule.from) === from && idOf(rule.to) === to,
    )
    return rule?.delaysMs ?? [MESSAGE_DELAY_MS]
  }

  #onEffect(store: SimulatedStore, effect: Effect): void {
    this.#watchConfiguration()
    const line = narrateEffect(effect)
    if (line !== undefined) this.#say(store.store, line, store.isGhost)
    const moment = this.#deadly.get(store.store)
    if (moment === undefined || momentOf(effect) !== moment) return
    this.#deadly.delete(store.store)
    this.#cluster.schedule(0, () => this.crash(nameOf(store.store)))
  }

  /** Notes what became of writes and of the configuration. */
  #watch(): void {
    this.#watchConfiguration()
    for (const write of [...this.#writes]) this.#watchWrite(write)
  }

  #watchConfiguration(): void {
    // The first steps are taken while the cluster is being made.
    if (this.#epoch === 0) return
    const { epoch, primary, members } = this.#cluster.config.configuration
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      const names = members.map(({ store }) => store).join(',')
      this.#tell(`config store: epoch ${epoch}, primary ${primary}, members ${names}`)
    }
  }

  #watchWrite(write: OpenWrite): void {
    const { number, store, seq, ballot } = write
    const isOver = !store.isRunning || JSON.stringify(store.state.primary?.ballot) !== ballot
    const isApplied = !isOver && store.rows.length >= seq
    if (!isApplied && !isOver) return
    this.#writes.splice(this.#writes.indexOf(write), 1)
    if (isApplied) this.#say(store.store, `acknowledges write ${number}`)
    else this.#tell(`write ${number}: unknown outcome`)
  }

  #store(name: string): SimulatedStore {
    const store = this.#cluster.stores.get(idOf(name))
    assert(store !== undefined, `there is a store ${name}`)
    return store
  }

  #say(store: StoreId, what: string, isGhost = false): void {
    this.#tell(`${store}${isGhost ? ' without its volume' : ''}: ${what}`)
  }

  #tell(line: string): void {
    const named = line.replaceAll(/\bs(\d)\b/g, (_, digit: string) => NAMES[Number(digit)] ?? digit)
    if (!REPEATED.test(named) || !this.#lines.includes(named)) this.#lines.push(named)
  }
}

function momentOf(effect: Effect): CrashMoment | undefined {
  if (effect.kind === 'swapConfiguration') return 'swap'
  if (effect.kind === 'sendEntries' && effect.message.kind === 'prepare') return 'prepare'
  if (effect.kind === 'persist' && effect.entries.length > 0) return 'write'
  if (effect.kind !== 'send') return undefined
  if (effect.message.kind === 'prepareAck') return 'ack'
  return effect.message.kind === 'sealAck' ? 'promise' : undefined
}

function idOf(name: string): StoreId {
  const number = NAMES.indexOf(name)
  assert(name.length === 1 && number !== -1, `stores are named by letters, "${name}" is none`)
  return `s${number}` as StoreId
}

function nameOf(store: StoreId): string {
  return NAMES[numberOf(store)] ?? store
}

function numberOf(store: StoreId): number {
  return Number(store.slice(1))
}
