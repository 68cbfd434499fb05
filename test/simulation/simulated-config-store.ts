/**
 * The config store as simulated machines reach it: slow, away at times, with answers that get lost
 * and swaps that take effect long after nobody waits for them.
 *
 * @module
 */

import { ConfigStoreUnavailableError } from '@granary/storage-node/testing'
import type { ConfigStore, ConfigStoreFounder } from '@granary/storage-node/testing'
import type { SeededRandom } from '../crash/seeded-random.ts'
import type { Host } from './host.ts'
import type { Scheduler } from './scheduler.ts'
import { cancel } from './scheduler.ts'

const DEADLINE_MS = 2_000
const TRIP_MS_MIN = 1
const TRIP_MS_MAX = 20
const LATE_MS_MAX = 10_000
const HINT_MS_MAX = 100
const LATE_HINT_MS_MAX = 8_000
const LIST_AGAIN_MS = [5_000, 20_000] as const

/** What may happen to a call. */
export interface ConfigStoreFaults {
  readonly lostAnswerProbability: number
  /** Of a write that is under way for up to ten seconds. */
  readonly lateWriteProbability: number
  readonly lostHintProbability: number
  readonly lateHintProbability: number
  readonly repeatedHintProbability: number
}

export const CALM_CONFIG_STORE: ConfigStoreFaults = {
  lostAnswerProbability: 0,
  lateWriteProbability: 0,
  lostHintProbability: 0,
  lateHintProbability: 0,
  repeatedHintProbability: 0,
}

/** The one config store of a simulated region. */
export class SimulatedConfigStore {
  /** Nobody reaches it. */
  isDown = false
  faults = CALM_CONFIG_STORE
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #records: ConfigStoreFounder

  constructor(scheduler: Scheduler, random: SeededRandom, records: ConfigStoreFounder) {
    this.#scheduler = scheduler
    this.#random = random
    this.#records = records
  }

  /** The config store as the process that runs on `host` now reaches it. */
  connect(host: Host): ConfigStore {
    const records = this.#records
    return {
      get: (partition) => this.#read(host, () => records.get(partition)),
      list: () => this.#read(host, () => records.list()),
      swap: (partition, expected, configuration) =>
        this.#write(host, () => records.swap(partition, expected, configuration)),
      touch: (partition, expected) => this.#write(host, () => records.touch(partition, expected)),
      watch: (changed) => {
        const watching = this.#watch(host, changed, (listener) => records.watch(listener))
        this.#listAgain(host, () => records.list(), changed)
        return watching
      },
      getPlacement: () => this.#read(host, () => records.getPlacement()),
      watchPlacement: (changed) => {
        const watching = this.#watch(host, changed, (listener) => records.watchPlacement(listener))
        const list = async () => [await records.getPlacement()]
        this.#listAgain(host, list, (map) => map !== undefined && changed(map))
        return watching
      },
    }
  }

  #read<T>(host: Host, act: () => Promise<T>): Promise<T> {
    return this.#call(host, this.#trip(), act)
  }

  #write<T>(host: Host, act: () => Promise<T>): Promise<T> {
    const isLate = this.#random.chance(this.faults.lateWriteProbability)
    return this.#call(host, this.#trip() + (isLate ? this.#random.below(LATE_MS_MAX) : 0), act)
  }

  #call<T>(host: Host, tripMs: number, act: () => Promise<T>): Promise<T> {
    const { life } = host
    return new Promise((resolve, reject) => {
      const deadline = this.#scheduler.afterIn(host, DEADLINE_MS, 'config', () =>
        reject(new ConfigStoreUnavailableError('The config store has not answered in time')),
      )
      this.#scheduler.after(tripMs, 'config', () => {
        // A request that a dead process has sent still arrives.
        if (this.isDown) return
        void act().then((answer) => {
          if (this.isDown || this.#random.chance(this.faults.lostAnswerProbability)) return
          if (host.life !== life) return
          this.#scheduler.afterIn(host, this.#trip(), 'config', () => {
            cancel(deadline)
            resolve(answer)
          })
        })
      })
    })
  }

  #trip(): number {
    return TRIP_MS_MIN + this.#random.below(TRIP_MS_MAX - TRIP_MS_MIN)
  }

  #watch<T>(
    host: Host,
    changed: (value: T) => void,
    watch: (listener: (value: T) => void) => { stop(): void },
  ): { stop(): void } {
    const { life } = host
    const watching = watch((value) => {
      if (host.life !== life) return watching.stop()
      const { lostHintProbability, repeatedHintProbability } = this.faults
      if (this.isDown || this.#random.chance(lostHintProbability)) return
      this.#hint(host, () => changed(value))
      if (this.#random.chance(repeatedHintProbability)) this.#hint(host, () => changed(value))
    })
    return watching
  }

  /** A watch that missed something lists everything again, sooner or later. */
  #listAgain<T>(host: Host, list: () => Promise<readonly T[]>, changed: (value: T) => void): void {
    this.#scheduler.afterIn(host, this.#random.between(...LIST_AGAIN_MS), 'config', () => {
      this.#listAgain(host, list, changed)
      if (this.isDown) return
      void list().then((values) => {
        for (const value of values) this.#hint(host, () => changed(value))
      })
    })
  }

  #hint(host: Host, tell: () => void): void {
    const isLate = this.#random.chance(this.faults.lateHintProbability)
    const delayMs = this.#random.below(isLate ? LATE_HINT_MS_MAX : HINT_MS_MAX)
    this.#scheduler.afterIn(host, delayMs, 'config', tell)
  }
}
