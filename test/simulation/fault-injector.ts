/**
 * Lets things go wrong at random times, and in the end heals everything.
 *
 * @module
 */

import type { SeededRandom } from '../crash/seeded-random.ts'
import { cut, FAULTS, type FaultTargets } from './faults.ts'
import { CALM_LINK } from './link.ts'
import type { Machine } from './machine.ts'
import { FAULT_CLASSES, type FaultClass, type Faults } from './plan.ts'
import type { Scheduler } from './scheduler.ts'
import { CALM_CONFIG_STORE } from './simulated-config-store.ts'

/** The faults of one run. */
export class FaultInjector {
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #targets: FaultTargets
  readonly #faults: Faults
  readonly #ends = new Set<() => void>()
  #isOver = false

  constructor(scheduler: Scheduler, targets: FaultTargets, faults: Faults) {
    this.#scheduler = scheduler
    this.#random = targets.random
    this.#targets = targets
    this.#faults = faults
  }

  start(): void {
    for (const name of FAULT_CLASSES) this.#scheduleNext(name)
  }

  /** Ends every fault: from now on everything works as it should. */
  heal(): void {
    this.#isOver = true
    for (const end of this.#ends) end()
    this.#ends.clear()
    const { network, configs, machines } = this.#targets
    for (const { link } of network.links()) {
      link.isCut = false
      link.faults = CALM_LINK
    }
    configs.isDown = false
    configs.faults = CALM_CONFIG_STORE
    for (const machine of machines) {
      machine.disk.forgetFaults()
      machine.clock.correct()
    }
  }

  /** Cuts a machine off from all others; returns what mends that, unless faults are over. */
  isolate({ host: { index } }: Machine): (() => void) | undefined {
    if (this.#isOver) return undefined
    const links = [...this.#targets.network.links()].filter(({ from, to, link }) => {
      return !link.isCut && (from === index || to === index)
    })
    const end = cut(links)
    this.#ends.add(end)
    return () => {
      if (this.#ends.delete(end)) end()
    }
  }

  #scheduleNext(name: FaultClass): void {
    const intensity = this.#faults[name]
    const { gapMs } = FAULTS[name]
    if (intensity === 0 || gapMs === Infinity) return
    const waitMs = -Math.log(1 - this.#random.below(2 ** 20) / 2 ** 20) * (gapMs / intensity)
    this.#scheduler.after(waitMs, 'fault', () => {
      if (this.#isOver) return
      this.#strike(name)
      this.#scheduleNext(name)
    })
  }

  #strike(name: FaultClass): void {
    const { durationMs, begin } = FAULTS[name]
    const end = begin(this.#targets, this.#faults[name])
    if (end === undefined) return
    this.#ends.add(end)
    this.#scheduler.after(this.#random.between(...durationMs), 'fault', () => {
      if (this.#ends.delete(end)) end()
    })
  }
}
