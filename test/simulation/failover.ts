/**
 * `node test/simulation/failover.ts [--kills N] [--seed S]`: how long the partitions of a calm region
 * under load take no write when a storage node dies, hands over what it leads, was only a secondary,
 * or when all are restarted one after the other.
 *
 * The production code in virtual time: the figures are those of the protocol, whatever else the
 * machine does, and the same in every run of a seed.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { SeededRandom } from '../crash/seeded-random.ts'
import { CalmRegion } from './calm-region.ts'
import type { Machine } from './machine.ts'
import type { Violation } from './seed-result.ts'

const DEFAULT_KILLS = 200
/** In one region, which keeps all that was ever written. */
const REGION_KILLS = 40
const RANGE_COUNT = 6
const ZONES = ['a', 'b', 'c']
/** Between two writes of a partition, most of the time. */
const THINK_MS = 1_000
/** ... and while a handover is measured, by which time others wait for its end. */
const BUSY_THINK_MS = 5
const HANDOVER_EVERY_KILLS = 10
const SECONDARY_EVERY_KILLS = 10
/** A failover is over by then. */
const FAILOVER_MS_MAX = 4_500
/** What has died is a full member again by then. */
const RETURN_MS = 3_500
const HANDOVER_MS_MAX = 1_500
/** From the end of a process to the next one's start. */
const RESTART_MS = 1_000
/** A storage node calls itself ready once its silence (L4) is over. */
const SILENCE_MS = 3_000
const LOOK_MS = 5

/** What was measured; times of each partition concerned. */
interface Figures {
  /** From the last beacon that anybody got of a dead primary to the next write that succeeds. */
  readonly failoverMs: number[]
  /** Without a write under way that succeeds, when a primary hands over. */
  readonly handoverMs: number[]
  /** Of writes in a region that loses a store which leads nothing. */
  readonly secondaryMs: number[]
  /** Of those, how many failed. */
  refusedCount: number
  /** Without a write that succeeds while all are restarted in turn, the next when one is ready. */
  readonly rollingMs: number[]
}

function newFigures(): Figures {
  return { failoverMs: [], handoverMs: [], secondaryMs: [], refusedCount: 0, rollingMs: [] }
}

class Measurement {
  readonly #region: CalmRegion
  readonly #random: SeededRandom
  readonly #figures: Figures

  constructor(region: CalmRegion, random: SeededRandom, figures: Figures) {
    this.#region = region
    this.#random = random
    this.#figures = figures
  }

  async run(killCount: number): Promise<void> {
    for (let kill = 0; kill < killCount; kill++) {
      await this.#killPrimary()
      if (kill % HANDOVER_EVERY_KILLS === 0) await this.#handOver()
      if (kill % SECONDARY_EVERY_KILLS === 0) await this.#killSecondary()
    }
    await this.#restartAll()
  }

  /** Some store that leads something, at some moment between its beacons. */
  async #pickPrimary(): Promise<Machine> {
    const region = this.#region
    await region.elapse(this.#random.below(1_000))
    return this.#random.pick(region.machines.filter((each) => region.ledBy(each).length > 0))
  }

  async #killPrimary(): Promise<void> {
    const region = this.#region
    const victim = await this.#pickPrimary()
    const led = region.ledBy(victim)
    const killedMs = region.nowMs
    const beaconMs = region.lastBeaconMs(victim)
    await this.#kill(victim)
    for (const partition of led) {
      this.#figures.failoverMs.push(region.nextWriteMs(partition, killedMs) - beaconMs)
    }
  }

  /** What came back last leads nothing, as a rule. */
  async #killSecondary(): Promise<void> {
    const region = this.#region
    const figures = this.#figures
    const victim = region.machines.find((machine) => !region.leads(machine))
    if (victim === undefined) return
    const killedMs = region.nowMs
    await this.#kill(victim)
    for (const { invokedMs, returnedMs, isDone, isOrphan } of region.writes) {
      if (returnedMs < killedMs || isOrphan) continue
      figures.secondaryMs.push(returnedMs - invokedMs)
      if (!isDone) figures.refusedCount++
    }
  }

  /** Resolves when it is a full member again. */
  async #kill(victim: Machine): Promise<void> {
    const region = this.#region
    victim.kill()
    for (const partition of region.partitions) region.writeNow(partition)
    await region.elapse(FAILOVER_MS_MAX)
    victim.start()
    await region.elapse(RETURN_MS)
  }

  async #handOver(): Promise<void> {
    const region = this.#region
    const primary = await this.#pickPrimary()
    const led = region.ledBy(primary)
    const beganMs = await this.#makeBusy()
    void primary.node?.handOver()
    await region.elapse(HANDOVER_MS_MAX)
    region.thinkMs = THINK_MS
    for (const partition of led) {
      this.#figures.handoverMs.push(region.longestGapMs(partition, beganMs))
    }
  }

  async #restartAll(): Promise<void> {
    const region = this.#region
    const beganMs = await this.#makeBusy()
    for (const machine of region.machines) {
      let isHandedOver = false
      void machine.node?.handOver().then(() => (isHandedOver = true))
      while (!isHandedOver) await region.elapse(LOOK_MS)
      machine.kill()
      await region.elapse(RESTART_MS)
      machine.start()
      while (machine.node === undefined) await region.elapse(LOOK_MS)
      await region.elapse(SILENCE_MS)
    }
    await region.elapse(THINK_MS)
    region.thinkMs = THINK_MS
    for (const partition of region.partitions) {
      this.#figures.rollingMs.push(region.longestGapMs(partition, beganMs))
    }
  }

  /** Resolves, with the time, when there are always writes under way. */
  async #makeBusy(): Promise<number> {
    const region = this.#region
    region.thinkMs = BUSY_THINK_MS
    for (const partition of region.partitions) region.writeNow(partition)
    await region.elapse(THINK_MS * 2)
    return region.nowMs
  }
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } })
  const figures = newFigures()
  const killCount = Number(values.kills ?? DEFAULT_KILLS)
  const firstSeed = Number(values.seed ?? 1)
  const violations: Violation[] = []
  for (let kills = 0; kills < killCount; kills += REGION_KILLS) {
    const seed = firstSeed + kills / REGION_KILLS
    const options = { seed, zones: ZONES, rangeCount: RANGE_COUNT, thinkMs: THINK_MS }
    const region = await CalmRegion.start(options)
    const measurement = new Measurement(region, new SeededRandom(seed), figures)
    await measurement.run(Math.min(REGION_KILLS, killCount - kills))
    violations.push(...region.violations)
  }
  console.log(`failover ${describe(figures.failoverMs)}`)
  console.log(`handover ${describe(figures.handoverMs)}`)
  console.log(`secondary ${describe(figures.secondaryMs)} refused=${figures.refusedCount}`)
  console.log(`rolling ${describe(figures.rollingMs)}`)
  for (const { rule, detail } of violations) console.log(`violation ${rule}: ${detail}`)
  return violations.length === 0
}

function describe(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, sorted.length * share) | 0] ?? 0
  const figures = { p50: at(0.5), p99: at(0.99), max: at(1) }
  const texts = Object.entries(figures).map(([name, ms]) => `${name}=${ms.toFixed(0)}`)
  return `n=${sorted.length} ${texts.join(' ')}`
}

void main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
