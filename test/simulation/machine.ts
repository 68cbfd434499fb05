/**
 * One simulated machine with one store: disk, engine, clocks, and the storage node's processes, one
 * after the other.
 *
 * @module
 */

import type { Clock } from '@granary/storage-node/base/clock'
import type { Files } from '@granary/storage-node/base/files'
import type { Random } from '@granary/storage-node/base/random'
import { seededRandom } from '@granary/storage-node/base/seeded-random'
import { SimulatedDisk, type DiskOperation } from '@granary/storage-node/base/simulated-disk'
import { MemoryEngine } from '@granary/storage-node/testing'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import type { KeyValueEngine } from '@granary/storage-node/testing'
import { SeededRandom } from '../crash/seeded-random.ts'
import { Host } from './host.ts'
import type { RunningNode } from './running-node.ts'
import type { Scheduler } from './scheduler.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { simulateEngine, type EngineTiming } from './simulated-engine.ts'
import { DiskWatch } from './watches/disk-watch.ts'
import type { Accuse } from './watches/log-watch.ts'

/** Syncs are what disks are slow at. */
const SYNC_MS_MAX = 2
const OPERATION_MS_MAX = 0.3
const ENGINE_TIMING: EngineTiming = {
  slowReadProbability: 0.1,
  readMsMax: 2,
  writeMsMax: 1,
  flushMsMax: 20,
}
const CLOCK_ORIGIN_MS_MAX = 1e9

/** What a process gets of its machine. */
export interface ProcessSurroundings {
  readonly machine: Machine
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly engine: KeyValueEngine
  readonly fatal: (cause: Error) => void
}

/** Starts the storage node's process; rejects when the store must not be served. */
export type OpenNode = (surroundings: ProcessSurroundings) => Promise<RunningNode>

/** What came of a process. */
export interface ProcessEnd {
  readonly machine: Machine
  /** Why it ended by itself; undefined: it was ended. */
  readonly cause: Error | undefined
  /** It never served. */
  readonly isOpening: boolean
}

/** A machine; `zone` is where it stands. */
export class Machine {
  readonly host: Host
  readonly zone: string
  readonly disk: SimulatedDisk
  readonly watch: DiskWatch
  /** Once it has been formatted. */
  storeId: StoreId | undefined
  /** Since when its volume has no space to speak of. */
  fullSinceMs: number | undefined
  /** Its volume is an earlier one: nothing that it says can be relied on. */
  isSetBack = false
  /** Factor on all times of the disk. */
  diskSlowness = 1
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #bytes: Random
  readonly #openNode: OpenNode
  readonly #onEnd: (end: ProcessEnd) => void
  readonly #clockRate: number
  #clock: SimulatedClock
  #engine = new MemoryEngine()
  #node: RunningNode | undefined
  #onDeath = new Set<() => void>()

  constructor(options: {
    readonly index: number
    readonly zone: string
    readonly seed: number
    readonly clockRate: number
    readonly capacityBytes: number
    readonly scheduler: Scheduler
    readonly openNode: OpenNode
    readonly onEnd: (end: ProcessEnd) => void
    readonly onFailedSync: (machine: Machine, path: string) => void
    readonly accuse: Accuse
  }) {
    const { index, zone, seed, scheduler, openNode, onEnd, clockRate, capacityBytes } = options
    this.host = new Host(index)
    this.zone = zone
    this.#random = new SeededRandom(seed)
    this.#bytes = seededRandom(this.#random.seed())
    this.#scheduler = scheduler
    this.#openNode = openNode
    this.#onEnd = onEnd
    this.#clockRate = clockRate
    this.#clock = this.#newClock()
    this.watch = new DiskWatch(
      () => this.host.life,
      (rule, detail) => options.accuse(rule, `store ${index}: ${detail}`),
    )
    this.disk = new SimulatedDisk(seededRandom(this.#random.seed()), {
      capacityBytes,
      delay: (operation, _path, act) => {
        scheduler.afterIn(this.host, this.#diskDelay(operation), 'disk', act)
      },
      onEffect: this.watch.heard,
      onFault: (operation, path) => {
        if (operation === 'sync' || (operation === 'syncDirectory' && this.#hasNewNames(path))) {
          options.onFailedSync(this, path)
        }
      },
    })
  }

  /** The storage node, while it serves. */
  get node(): RunningNode | undefined {
    return this.#node
  }

  get isRunning(): boolean {
    return this.host.life !== 0
  }

  get clock(): SimulatedClock {
    return this.#clock
  }

  get engine(): MemoryEngine {
    return this.#engine
  }

  /** Starts a process, unless one runs. */
  start(): void {
    if (this.isRunning) return
    this.host.start(this.#scheduler.nowMs)
    const { life } = this.host
    const isMine = () => this.host.life === life
    this.#openNode({
      machine: this,
      files: this.disk.files,
      clock: this.#clock,
      random: this.#bytes,
      engine: this.#simulateEngine(),
      fatal: (cause) => {
        if (isMine()) this.#endBySelf(cause)
      },
    }).then(
      (node) => {
        if (isMine()) this.#node = node
      },
      (cause: unknown) => {
        if (isMine()) this.#endBySelf(asError(cause))
      },
    )
  }

  /** `kill -9`. */
  kill(): void {
    if (!this.isRunning) return
    this.disk.kill()
    this.#lose(undefined)
  }

  /** The power is cut: what was not synced is lost in part, and the monotonic clock begins anew. */
  cutPower(): void {
    this.disk.crash()
    if (this.isRunning) this.#lose(undefined)
    this.#clock = this.#newClock()
  }

  /** Takes a snapshot of its volume; what is returned sets it back to that, and ends the process that runs. */
  takeSnapshot(): () => void {
    const [setBackDisk, engine] = [this.disk.snapshot(), this.#engine.copy()]
    return () => {
      this.isSetBack = true
      this.watch.stop()
      this.kill()
      setBackDisk()
      this.#engine = engine
    }
  }

  /** Cuts the power as soon as the process has begun so many further disk operations. */
  cutPowerAfter(operationCount: number): void {
    const { life } = this.host
    void this.disk.crashAfter(operationCount).then(() => {
      if (this.host.life === life && life !== 0) this.#lose(undefined)
    })
  }

  /** The process ends by itself. */
  fail(cause: Error): void {
    if (this.isRunning) this.#endBySelf(cause)
  }

  /** Calls back once when the process ends, unless that is taken back before. */
  onDeath(callback: () => void): { cancel(): void } {
    this.#onDeath.add(callback)
    return { cancel: () => void this.#onDeath.delete(callback) }
  }

  #endBySelf(cause: Error): void {
    this.disk.kill()
    this.#lose(cause)
  }

  #lose(cause: Error | undefined): void {
    const isOpening = this.#node === undefined
    this.host.end()
    this.#node = undefined
    this.#engine = this.#engine.crash(this.#bytes)
    const callbacks = [...this.#onDeath]
    this.#onDeath.clear()
    for (const callback of callbacks) callback()
    this.#onEnd({ machine: this, cause, isOpening })
  }

  /** Where names are only gone, a failed sync of their directory loses nothing. */
  #hasNewNames(path: string): boolean {
    return this.disk
      .directory(path)
      .unsyncedChanges()
      .some(({ added }) => added !== undefined)
  }

  #simulateEngine(): KeyValueEngine {
    return simulateEngine(this.#engine, {
      ...{ scheduler: this.#scheduler, host: this.host, random: this.#random },
      timing: ENGINE_TIMING,
      onFlushed: (rows) => this.watch.flushed(rows),
    })
  }

  #newClock(): SimulatedClock {
    const originMs = this.#random.below(CLOCK_ORIGIN_MS_MAX)
    return new SimulatedClock(this.#scheduler, this.host, this.#clockRate, originMs)
  }

  #diskDelay(operation: DiskOperation): number {
    const maxMs = isSync(operation) ? SYNC_MS_MAX : OPERATION_MS_MAX
    return (this.#random.below(1000) / 1000) * maxMs * this.diskSlowness
  }
}

function isSync(operation: DiskOperation): boolean {
  return operation === 'sync' || operation === 'syncDirectory'
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause))
}
