/**
 * A partition's replicas as pure step machines under a simulated network, clocks, disks, leases and
 * config store: one seed is one run.
 *
 * @module
 */

import type { Configuration, Member } from '../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../contract/identifiers.ts'
import { isWriteQuorum } from '../contract/quorum.ts'
import { InvariantChecks, InvariantError } from './cluster-checks-fixtures.ts'
import type { LogEntry, ReplicationMessage } from './messages.ts'
import type { Effect, ReplicationSettings } from './protocol.ts'
import { mayRead } from './reads.ts'
import { isActive } from './step.ts'
import type { Beacon, Disk } from './store-fixtures.ts'
import { GRAY_LIMIT_MS, SimulatedStore } from './store-fixtures.ts'

export { InvariantError }

const BEACON_MS = 500
/** So many events without time moving on mean that a replica keeps itself busy. */
const RESTLESS_EVENTS_MAX = 2000
const RESTLESS_MS = 0.01
const PARTITION = 1 as PartitionId

export interface ClusterOptions {
  readonly seed: number
  /** One store in each of these zones. */
  readonly zones: readonly string[]
  readonly settings: ReplicationSettings
  readonly syncMsMax: number
  readonly applyMsMax: number
  readonly delayMsMax: number
  readonly director?: Director
}

/** A hand in the run, for scenarios: sees what stores do, and decides what else the dice would. */
export interface Director {
  onEffect(store: SimulatedStore, effect: Effect): void
  /** How fast the store's clock runs. */
  rateOf(store: StoreId): number
  /** The delays of the copies that arrive; none: the message is lost. */
  copiesOf(from: StoreId, to: StoreId, message: ReplicationMessage): readonly number[]
  /** What becomes of the next swap; undefined: what else would. */
  fateOfSwap(): SwapFate | undefined
}

export interface SwapFate {
  /** Undefined: it never happens. */
  readonly happensAfterMs: number | undefined
  readonly isAnswered: boolean
}

/** Times and chances of what goes wrong; all zero after healing. */
export interface Faults {
  loss: number
  duplication: number
  /** Of answers of the config store; a lost answer may be one of a swap that took effect. */
  configLoss: number
  isConfigDown: boolean
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

export class Cluster {
  readonly options: ClusterOptions
  readonly members: readonly Member[]
  readonly config: SimulatedConfigStore
  readonly checks: InvariantChecks
  readonly stores = new Map<StoreId, SimulatedStore>()
  /** Processes that go on without their volume. */
  ghosts: SimulatedStore[] = []
  readonly faults: Faults = { loss: 0, duplication: 0, configLoss: 0, isConfigDown: false }
  /** Pairs that hear nothing of each other, one way. */
  readonly cuts = new Set<string>()
  nowMs = 0
  #dice: number
  #order = 0
  #restless = 0
  #heap: Event[] = []
  #transfers = new Map<number, SimulatedTransfer>()
  #transferCount = 0
  proposedCount = 0

  constructor(options: ClusterOptions) {
    this.options = options
    this.#dice = (options.seed + 1) >>> 0
    this.members = options.zones.map((zone, at) => ({
      store: `s${at}` as StoreId,
      zone: zone as Member['zone'],
    }))
    this.checks = new InvariantChecks(this)
    this.config = new SimulatedConfigStore(this)
    for (const member of this.members) this.#boot(member)
    this.schedule(0, () => this.#beat())
    const { configuration } = this.config
    for (const store of this.stores.values())
      store.input({ kind: 'configurationHint', configuration })
  }

  below(end: number): number {
    this.#dice = (this.#dice + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#dice ^ (this.#dice >>> 15), this.#dice | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end
  }

  chance(probability: number): boolean {
    return this.below(1) < probability
  }

  pick<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.below(choices.length))]
  }

  schedule(delayMs: number, run: () => void): void {
    push(this.#heap, { atMs: this.nowMs + Math.max(delayMs, 0), order: this.#order++, run })
  }

  /** Runs until the time is over or `isDone`. */
  run(forMs: number, isDone: () => boolean = () => false): boolean {
    const untilMs = this.nowMs + forMs
    while (!isDone()) {
      const event = this.#heap[0]
      if (event === undefined || event.atMs > untilMs) {
        this.nowMs = untilMs
        return false
      }
      pop(this.#heap)
      this.#restless = event.atMs > this.nowMs + RESTLESS_MS ? 0 : this.#restless + 1
      if (this.#restless > RESTLESS_EVENTS_MAX)
        throw new InvariantError('restless: time stands still')
      this.nowMs = event.atMs
      event.run()
    }
    return true
  }

  #boot(member: Member, disk = newDisk()): void {
    const rate = this.options.director?.rateOf(member.store) ?? 0.98 + this.below(0.04)
    const store = new SimulatedStore(this, member, disk, rate)
    this.stores.set(member.store, store)
    store.start()
    store.input({ kind: 'configurationHint', configuration: this.config.configuration })
  }

  crash(store: StoreId, restartAfterMs: number): void {
    const process = this.stores.get(store)
    if (process?.isRunning !== true) return
    process.crash(Math.floor(this.below(4)))
    this.schedule(restartAfterMs, () => this.restart(store))
  }

  restart(store: StoreId): void {
    const process = this.stores.get(store)
    if (process !== undefined && !process.isRunning) this.#boot(process.member, process.disk)
  }

  /**
   * The volume goes to a new process while the old one lives on. It is away for as long as L6 takes
   * to notice: the silence of L4 covers what the old one still holds by then.
   */
  haunt(store: StoreId): void {
    const process = this.stores.get(store)
    if (process?.isRunning !== true || process.isGhost) return
    process.isGhost = true
    this.schedule(GRAY_LIMIT_MS, () => {
      process.isSilenced = true
      // Alone it has no grants that run out: it has to end itself.
      if (process.state.primary?.others.size === 0) process.crash(0)
      if (this.stores.get(store) !== process) return
      this.ghosts.push(process)
      this.#boot(process.member, process.disk)
    })
  }

  send(from: SimulatedStore, to: StoreId, message: ReplicationMessage): void {
    const copies = this.options.director?.copiesOf(from.store, to, message) ?? this.#copies()
    for (const delayMs of copies) {
      const take = (process: SimulatedStore) =>
        process.input({ kind: 'message', from: from.store, message })
      this.#deliver(from, to, take, delayMs)
    }
  }

  #copies(): number[] {
    if (this.chance(this.faults.loss)) return []
    const count = this.chance(this.faults.duplication) ? 2 : 1
    return Array.from({ length: count }, () => this.#delayMs())
  }

  #delayMs(): number {
    const extra = this.chance(this.faults.loss) ? this.below(2000) : 0
    return 1 + this.below(this.options.delayMsMax) + extra
  }

  #deliver(
    from: SimulatedStore,
    to: StoreId,
    take: (process: SimulatedStore) => void,
    delayMs = this.#delayMs(),
  ): void {
    const { incarnation } = from
    this.schedule(delayMs, () => {
      const process = this.stores.get(to)
      if (process?.isRunning !== true || this.cuts.has(`${from.store}>${to}`)) return
      if (process.meet(from.store, incarnation)) take(process)
    })
  }

  #beat(): void {
    this.schedule(BEACON_MS, () => this.#beat())
    for (const process of [...this.stores.values(), ...this.ghosts]) {
      if (!process.isRunning || process.isSilenced || process.isMute) continue
      const beacon = process.beacon()
      for (const { store } of this.members) {
        if (store !== process.store) this.#sendBeacon(process, store, beacon)
      }
    }
  }

  #sendBeacon(from: SimulatedStore, to: StoreId, beacon: Beacon): void {
    if (this.chance(this.faults.loss)) return
    this.#deliver(from, to, (process) => {
      const answer = process.onBeacon(beacon)
      if (answer === undefined || this.chance(this.faults.loss)) return
      this.schedule(1 + this.below(this.options.delayMsMax), () => {
        if (!from.isRunning || this.cuts.has(`${to}>${from.store}`)) return
        from.onBeaconAnswer(to, answer)
      })
    })
  }

  /** The store that may evaluate, if there is one. */
  active(): SimulatedStore | undefined {
    return [...this.stores.values()].find((store) => store.isRunning && isActive(store.state))
  }

  reads(store: SimulatedStore): boolean {
    return mayRead(store.state, store.around) === undefined
  }

  get first(): StoreId {
    return this.members[0]?.store ?? ('s0' as StoreId)
  }

  /** The rows of a store cannot be trusted any more; only where others have everything. */
  damage(store: StoreId): void {
    const { members } = this.config.configuration
    const others = new Set(members.map((member) => member.store))
    others.delete(store)
    // A good copy is left: the others can rebuild it.
    if (!isWriteQuorum(others, members, this.options.settings.quorum)) return
    if ([...this.stores.values()].some(({ state }) => state.isDamaged)) return
    this.stores.get(store)?.input({ kind: 'damaged' })
  }

  propose(store: SimulatedStore): void {
    this.proposedCount += 1
    const opId = new Uint8Array(16)
    new DataView(opId.buffer).setUint32(0, this.proposedCount)
    store.input({ kind: 'propose', entries: [{ opId, payload: opId }] })
  }

  offerSnapshot(from: SimulatedStore, effect: Extract<Effect, { kind: 'offerSnapshot' }>): void {
    const last = from.rows.at(-1)
    const configuration = from.state.primary?.configuration
    if (last === undefined || configuration === undefined) return
    const token = ++this.#transferCount
    const rows = [...from.rows]
    this.#deliver(from, effect.to, (process) => {
      this.#transfers.set(token, { to: process, rows })
      process.input({
        kind: 'snapshotOffered',
        token,
        from: from.store,
        ballot: effect.ballot,
        configuration,
        position: { seq: last.seq, ballot: last.ballot },
        covered: effect.covered,
      })
    })
  }

  answerOffer(to: SimulatedStore, effect: Extract<Effect, { kind: 'answerSnapshotOffer' }>): void {
    const transfer = this.#transfers.get(effect.token)
    this.#transfers.delete(effect.token)
    if (transfer === undefined || effect.refusal !== undefined) return
    to.clearRows()
    this.schedule(this.below(300), () => {
      if (!transfer.to.isRunning) return
      if (this.chance(this.faults.loss)) transfer.to.input({ kind: 'snapshotFailed' })
      else transfer.to.install(transfer.rows)
    })
  }

  /** Ends all faults and starts what is down. */
  heal(): void {
    Object.assign(this.faults, { loss: 0, duplication: 0, configLoss: 0, isConfigDown: false })
    this.cuts.clear()
    for (const { store } of this.members) this.restart(store)
    const { configuration } = this.config
    for (const store of this.stores.values())
      store.input({ kind: 'configurationHint', configuration })
  }
}

interface SimulatedTransfer {
  readonly to: SimulatedStore
  readonly rows: readonly LogEntry[]
}

/** One record with a version; answers may be late or lost, and what they answer may happen late. */
export class SimulatedConfigStore {
  readonly #cluster: Cluster
  configuration: Configuration
  version = 1

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.configuration = {
      partition: PARTITION,
      uid: 'first',
      epoch: 1 as Epoch,
      primary: 's0' as StoreId,
      members: cluster.members,
      range: { start: new Uint8Array(), end: new Uint8Array() },
    }
  }

  get(store: SimulatedStore, token: number): void {
    const { faults } = this.#cluster
    this.#later(10, () => {
      const { configuration, version } = this
      const isLost = faults.isConfigDown || this.#cluster.chance(faults.configLoss)
      this.#later(10, () =>
        store.input({
          kind: 'configurationRead',
          token,
          outcome: isLost
            ? { kind: 'unavailable' }
            : { kind: 'found', version: String(version), configuration },
        }),
      )
    })
  }

  swap(
    store: SimulatedStore,
    { token, expected, configuration }: Extract<Effect, { kind: 'swapConfiguration' }>,
  ): void {
    const { faults } = this.#cluster
    const fate = this.#cluster.options.director?.fateOfSwap()
    if (fate !== undefined) return this.#swapAs(fate, store, { token, expected, configuration })
    if (faults.isConfigDown || this.#cluster.chance(faults.configLoss)) {
      // The answer is lost; the swap takes effect before, after or never.
      if (this.#cluster.chance(0.6))
        this.#later(3000, () => this.#write(store, expected, configuration))
      return this.#later(300, () =>
        store.input({ kind: 'configurationSwapped', token, outcome: 'unknown' }),
      )
    }
    this.#later(20, () => {
      const outcome = this.#write(store, expected, configuration) ? 'won' : 'lost'
      this.#later(10, () => store.input({ kind: 'configurationSwapped', token, outcome }))
    })
  }

  #swapAs(
    { happensAfterMs, isAnswered }: SwapFate,
    store: SimulatedStore,
    {
      token,
      expected,
      configuration,
    }: Omit<Extract<Effect, { kind: 'swapConfiguration' }>, 'kind'>,
  ): void {
    const answer = (outcome: 'won' | 'lost' | 'unknown') =>
      store.input({ kind: 'configurationSwapped', token, outcome })
    if (!isAnswered) this.#later(300, () => answer('unknown'))
    if (happensAfterMs === undefined) return
    this.#cluster.schedule(happensAfterMs, () => {
      const isWon = this.#write(store, expected, configuration)
      if (isAnswered) answer(isWon ? 'won' : 'lost')
    })
  }

  /** A bystander changes something else in the record. */
  touch(): void {
    this.version += 1
  }

  #write(store: SimulatedStore, expected: string, configuration: Configuration): boolean {
    if (expected !== String(this.version)) return false
    this.#cluster.checks.onSwapped(store, this.configuration, configuration)
    this.configuration = configuration
    this.version += 1
    for (const each of this.#cluster.stores.values()) {
      this.#later(1000, () => each.input({ kind: 'configurationHint', configuration }))
    }
    return true
  }

  #later(msMax: number, run: () => void): void {
    this.#cluster.schedule(this.#cluster.below(msMax), run)
  }
}

function newDisk(): Disk {
  return { record: undefined, entries: [], rows: [], incarnation: 0, peers: new Map() }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function push(heap: Event[], event: Event): void {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (above === undefined || isBefore(above, event)) break
    heap[at] = above
    at = parent
  }
  heap[at] = event
}

function pop(heap: Event[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    if (left === undefined) break
    const [child, next] =
      right !== undefined && isBefore(right, left) ? [right, 2 * at + 2] : [left, 2 * at + 1]
    if (!isBefore(child, last)) break
    heap[at] = child
    at = next
  }
  heap[at] = last
}
