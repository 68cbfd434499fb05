/**
 * A simulated region: machines, the network between them, the config store, and one clock above all.
 *
 * @module
 */

import type { Checksums } from '@granary/storage-node/base/checksums'
import { silentLogger } from '@granary/storage-node/base/logger'
import type { LogFields, Logger } from '@granary/storage-node/base/logger'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import type { ConfigStoreFounder } from '@granary/storage-node/testing'
import { SeededRandom } from '../crash/seeded-random.ts'
import { FaultAtlas, STORE_DIRECTORY } from './fault-atlas.ts'
import { FaultInjector } from './fault-injector.ts'
import { drawDowntime, type FaultTargets } from './faults.ts'
import { Machine, type OpenNode, type ProcessEnd } from './machine.ts'
import type { Plan } from './plan.ts'
import type { Violation } from './seed-result.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedConfigStore } from './simulated-config-store.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { QuorumCount } from './watches/ballots.ts'
import { ConfigWatch } from './watches/config-watch.ts'
import { LeaseWatch } from './watches/lease-watch.ts'
import type { Accuse } from './watches/log-watch.ts'
import { isCondemned, judgeEnd, watchFailedSync } from './watches/process-watch.ts'
import { WireWatch } from './watches/wire-watch.ts'

const CAPACITY_BYTES = 1024 ** 4
/** The mark of a store that must not be served. */
const CONDEMNED = 'CONDEMNED'
const MS_PER_SECOND = 1000
const FORMAT_LOOK_MS = 10
const LEASE_CHECK_MS = 100
/** Rates of monotonic clocks are within 5 % (replication.md 1.7). */
const CLOCK_RATE_ERROR_MAX = 0.045

export interface WorldParts {
  readonly plan: Plan
  readonly checksums: Checksums
  readonly records: ConfigStoreFounder
  readonly openNode: (world: World) => OpenNode
  /** Undefined: nobody listens. */
  readonly tell: Tell | undefined
}

/** Takes a line of the run's story. */
export type Tell = (line: string) => void

/** Everything of one run but its clients and checks. */
export class World {
  readonly plan: Plan
  readonly checksums: Checksums
  readonly scheduler = new Scheduler()
  readonly machines: readonly Machine[]
  readonly network: SimulatedNetwork
  readonly configs: SimulatedConfigStore
  readonly records: ConfigStoreFounder
  readonly atlas: FaultAtlas
  readonly faults: FaultInjector
  readonly wire: WireWatch
  readonly chain: ConfigWatch
  readonly leases: LeaseWatch
  readonly violations: Violation[] = []
  /** Processes that ended, by themselves or not. */
  crashCount = 0
  readonly #listener: Tell | undefined
  readonly #random: SeededRandom

  constructor({ plan, checksums, records, openNode, tell }: WorldParts) {
    const random = new SeededRandom(plan.seed ^ 0x5eed)
    this.plan = plan
    this.checksums = checksums
    this.records = records
    this.#random = random
    this.#listener = tell
    const { scheduler } = this
    const count = plan.zones.length
    this.network = new SimulatedNetwork(scheduler, fork(random), count)
    this.configs = new SimulatedConfigStore(scheduler, fork(random), records)
    this.machines = plan.zones.map((zone, index) => this.#makeMachine(zone, index, openNode(this)))
    this.atlas = new FaultAtlas(plan, this.machines, CAPACITY_BYTES)
    this.faults = new FaultInjector(scheduler, this.#targets(), plan.faults)
    this.leases = new LeaseWatch(new QuorumCount(plan), this.accuse)
    this.wire = new WireWatch({
      ...{ plan, leases: this.leases, accuse: this.accuse },
      machineOf: (store) => this.#machineOf(store),
      nowMs: () => scheduler.nowMs,
    })
    this.network.tap = this.wire
    this.#watchLeases()
    this.chain = new ConfigWatch(records, this.accuse, (next, last) => {
      this.tell(`partition ${next.partition} epoch ${next.epoch} primary ${next.primary}`)
      this.wire.log(next.partition).configured(next, last)
    })
    scheduler.onError = (host, error) => {
      if (host === undefined || !(error instanceof Error)) throw error
      this.machines[host.index]?.fail(error)
    }
  }

  /** Somebody listens to the run's story. */
  get isTold(): boolean {
    return this.#listener !== undefined
  }

  tell(line: string): void {
    this.#listener?.(`${(this.scheduler.nowMs / MS_PER_SECOND).toFixed(3)} ${line}`)
  }

  /** What a machine's processes log is part of the story. */
  logger({ host }: Machine): Logger {
    if (this.#listener === undefined) return silentLogger
    const write = (message: string, fields: LogFields = {}) => {
      this.tell(`store ${host.index}: ${message} ${JSON.stringify(fields)}`)
    }
    return { info: write, warn: write, error: write }
  }

  /** Notes a broken rule. */
  readonly accuse: Accuse = (rule, detail) => {
    this.violations.push({ rule, detail: `${detail} (at ${this.scheduler.nowMs} ms)` })
    this.tell(`VIOLATION ${rule}: ${detail}`)
  }

  /** Resolves when every machine has its store. */
  get formatted(): Promise<void> {
    return new Promise((resolve) => this.#lookFormatted(resolve))
  }

  #lookFormatted(resolve: () => void): void {
    if (this.machines.every(({ storeId }) => storeId !== undefined)) return resolve()
    this.scheduler.after(FORMAT_LOOK_MS, 'check', () => this.#lookFormatted(resolve))
  }

  get tornCount(): number {
    return this.machines.reduce((sum, { disk }) => sum + disk.tornCount, 0)
  }

  /** Starts what is down. */
  startAll(): void {
    for (const machine of this.machines) machine.start()
  }

  #makeMachine(zone: string, index: number, openNode: OpenNode): Machine {
    const hasErrors = this.plan.faults.clockRates > 0
    const error = hasErrors ? (this.#random.below(2001) / 1000 - 1) * CLOCK_RATE_ERROR_MAX : 0
    return new Machine({
      ...{ index, zone, openNode },
      seed: this.#random.seed(),
      clockRate: 1 + error,
      capacityBytes: CAPACITY_BYTES,
      scheduler: this.scheduler,
      accuse: (rule, detail) => this.accuse(rule, detail),
      onEnd: (end) => this.#onEnd(end),
      onFailedSync: (machine, path) => {
        watchFailedSync(machine, path, this.scheduler, this.accuse)
      },
    })
  }

  #targets(): FaultTargets {
    const { machines, network, configs, atlas, scheduler } = this
    return {
      ...{ machines, network, configs, atlas },
      random: fork(this.#random),
      nowMs: () => scheduler.nowMs,
    }
  }

  #watchLeases(): void {
    this.leases.check()
    this.scheduler.after(LEASE_CHECK_MS, 'check', () => this.#watchLeases())
  }

  #machineOf(store: StoreId): Machine | undefined {
    return this.machines.find(({ storeId }) => storeId === store)
  }

  /** A process that ended is started again, as a kubelet does, unless its store is condemned. */
  #onEnd(end: ProcessEnd): void {
    const { machine, cause } = end
    this.crashCount++
    this.tell(`store ${machine.host.index} ended${cause === undefined ? '' : `: ${String(cause)}`}`)
    judgeEnd(end, this.atlas.rotten, this.accuse)
    if (isCondemned(end) && !mayStartAgain(machine)) return
    this.scheduler.after(drawDowntime(this.#random), 'fault', () => machine.start())
  }
}

/** A store that was set back starts until it is marked. */
function mayStartAgain({ isSetBack, disk }: Machine): boolean {
  return isSetBack && !disk.directory(STORE_DIRECTORY).names.has(CONDEMNED)
}

function fork(random: SeededRandom): SeededRandom {
  return new SeededRandom(random.seed())
}
