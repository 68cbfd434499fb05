/**
 * What goes wrong in a simulated region, class by class, and how it ends.
 *
 * @module
 */

import type { SeededRandom } from '../crash/seeded-random.ts'
import type { FaultAtlas } from './fault-atlas.ts'
import { CALM_LINK, type LinkFaults } from './link.ts'
import type { Machine } from './machine.ts'
import type { FaultClass, Intensity } from './plan.ts'
import type { SimulatedConfigStore } from './simulated-config-store.ts'
import type { SimulatedNetwork } from './simulated-network.ts'

/** What faults strike. */
export interface FaultTargets {
  readonly machines: readonly Machine[]
  readonly network: SimulatedNetwork
  readonly configs: SimulatedConfigStore
  readonly atlas: FaultAtlas
  readonly random: SeededRandom
  nowMs(): number
}

/** One way in which things go wrong. */
export interface FaultDefinition {
  /** Between two of them, on average, at intensity 1. */
  readonly gapMs: number
  readonly durationMs: readonly [min: number, max: number]
  /** Begins; returns what ends it, where there is something to end. */
  begin(targets: FaultTargets, intensity: Intensity): (() => void) | void
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
/** A process that ended is mostly back at once, at times only after a while. */
const RESTART_MS_MAX = 2 * SECOND_MS
const LONG_RESTART_MS_MAX = 40 * SECOND_MS
const LONG_RESTART_PROBABILITY = 0.4
const JUMP_MS_MAX = 4 * SECOND_MS
const TRAP_OPERATION_COUNT_MAX = 40

export const FAULTS: Readonly<Record<FaultClass, FaultDefinition>> = {
  messageLoss: links((random, intensity) => ({
    lossProbability: intensity * random.pick([0.01, 0.05, 0.1]),
  })),
  messageDuplicates: links((random, intensity) => ({
    duplicateProbability: intensity * random.pick([0.05, 0.2, 0.3]),
  })),
  messageDelays: links((random, intensity) => ({
    tailProbability: intensity * random.pick([0.02, 0.1, 0.3]),
    tailMsMax: intensity * random.pick([20, 200, 2000]),
  })),
  slowLinks: links((random, intensity) => ({ slowMs: intensity * random.pick([2, 20, 100]) })),
  oneWayCuts: {
    gapMs: 60 * SECOND_MS,
    durationMs: [500, 25 * SECOND_MS],
    begin({ network, random }) {
      const all = [...network.links()]
      return all.length === 0 ? undefined : cut([random.pick(all)])
    },
  },
  zoneCuts: {
    gapMs: 90 * SECOND_MS,
    durationMs: [SECOND_MS, 30 * SECOND_MS],
    begin({ machines, network, random }) {
      const { zone } = random.pick(machines)
      const isInside = (index: number) => machines[index]?.zone === zone
      return cut([...network.links()].filter(({ from, to }) => isInside(from) !== isInside(to)))
    },
  },
  kills: {
    gapMs: 60 * SECOND_MS,
    durationMs: [0, 0],
    begin(targets) {
      pickVictim(targets)?.kill()
    },
  },
  powerCuts: {
    gapMs: 60 * SECOND_MS,
    durationMs: [0, 0],
    begin: beginPowerCut,
  },
  pauses: {
    gapMs: 60 * SECOND_MS,
    durationMs: [0, 0],
    begin(targets) {
      const ms = targets.random.pick([
        200,
        SECOND_MS,
        4 * SECOND_MS,
        10 * SECOND_MS,
        30 * SECOND_MS,
      ])
      pickVictim(targets)?.host.pause(targets.nowMs() + targets.random.below(ms))
    },
  },
  slowLoops: {
    gapMs: 90 * SECOND_MS,
    durationMs: [2 * SECOND_MS, 20 * SECOND_MS],
    begin({ machines, random }, intensity) {
      const { host } = random.pick(machines)
      host.workMs = intensity * random.pick([0.5, 2, 8])
      return () => (host.workMs = 0)
    },
  },
  bitRot: {
    gapMs: 4 * MINUTE_MS,
    durationMs: [0, 0],
    begin: ({ atlas, random }) => atlas.rot(random),
  },
  setBackVolumes: {
    gapMs: 5 * MINUTE_MS,
    durationMs: [SECOND_MS, 60 * SECOND_MS],
    begin: ({ atlas, random }) => atlas.setBack(random),
  },
  fullDisk: {
    gapMs: 2 * MINUTE_MS,
    durationMs: [5 * SECOND_MS, 60 * SECOND_MS],
    begin({ atlas, random, nowMs }) {
      return atlas.fill(random, nowMs())
    },
  },
  diskErrors: {
    gapMs: 2 * MINUTE_MS,
    durationMs: [0, 0],
    begin({ machines, random }) {
      const operation = random.pick(['write', 'sync', 'read', 'open', 'syncDirectory'] as const)
      random.pick(machines).disk.fail({ operation, code: 'EIO' })
    },
  },
  slowDisk: {
    gapMs: 90 * SECOND_MS,
    durationMs: [2 * SECOND_MS, 40 * SECOND_MS],
    begin({ machines, random }, intensity) {
      const machine = random.pick(machines)
      machine.diskSlowness = intensity * random.pick([5, 50, 300])
      return () => (machine.diskSlowness = 1)
    },
  },
  /** The rates are the machines' own, from the beginning. */
  clockRates: { gapMs: Infinity, durationMs: [0, 0], begin() {} },
  wallClockJumps: {
    gapMs: 2 * MINUTE_MS,
    durationMs: [SECOND_MS, MINUTE_MS],
    begin({ machines, random }) {
      const machine = random.pick(machines)
      machine.clock.jump(random.between(-JUMP_MS_MAX, JUMP_MS_MAX))
      return () => machine.clock.correct()
    },
  },
  configStoreOutages: {
    gapMs: 2 * MINUTE_MS,
    durationMs: [SECOND_MS, 50 * SECOND_MS],
    begin({ configs }) {
      configs.isDown = true
      return () => (configs.isDown = false)
    },
  },
  configStoreTroubles: {
    gapMs: 60 * SECOND_MS,
    durationMs: [10 * SECOND_MS, 60 * SECOND_MS],
    begin({ configs, random }, intensity) {
      const draw = () => intensity * random.pick([0, 0.1, 0.3])
      const before = configs.faults
      configs.faults = {
        lostAnswerProbability: draw(),
        lateWriteProbability: draw(),
        lostHintProbability: draw(),
        lateHintProbability: draw(),
        repeatedHintProbability: draw(),
      }
      return () => (configs.faults = before)
    },
  },
}

/** Trouble on all links, or on those of one machine. */
function links(
  draw: (random: SeededRandom, intensity: Intensity) => Partial<LinkFaults>,
): FaultDefinition {
  return {
    gapMs: 60 * SECOND_MS,
    durationMs: [5 * SECOND_MS, 60 * SECOND_MS],
    begin({ network, machines, random }, intensity) {
      const faults = draw(random, intensity)
      const calm = Object.fromEntries(
        Object.keys(faults).map((name) => [name, CALM_LINK[name as keyof LinkFaults]]),
      )
      const { index } = random.pick(machines).host
      const isEverywhere = random.chance(0.5)
      const struck = [...network.links()].filter(
        ({ from, to }) => isEverywhere || from === index || to === index,
      )
      for (const { link } of struck) link.faults = { ...link.faults, ...faults }
      return () => {
        for (const { link } of struck) link.faults = { ...link.faults, ...calm }
      }
    },
  }
}

/** Cuts links; what is returned mends them. */
export function cut(struck: readonly { readonly link: { isCut: boolean } }[]): () => void {
  for (const { link } of struck) link.isCut = true
  return () => {
    for (const { link } of struck) link.isCut = false
  }
}

/** At once, or in the midst of what the process does on its disk; at times everywhere at once. */
function beginPowerCut(targets: FaultTargets): void {
  const { random, machines } = targets
  if (random.chance(0.1)) {
    for (const machine of machines) machine.cutPower()
    return
  }
  const machine = pickVictim(targets)
  if (machine === undefined) return
  if (random.chance(0.3)) machine.cutPower()
  else machine.cutPowerAfter(random.below(TRAP_OPERATION_COUNT_MAX))
}

/** A machine that runs; mostly one whose loss leaves a majority. */
function pickVictim({ machines, random }: FaultTargets): Machine | undefined {
  const running = machines.filter(({ isRunning }) => isRunning)
  if (running.length === 0) return undefined
  const isSpare = (running.length - 1) * 2 > machines.length
  if (!isSpare && machines.length > 1 && random.chance(0.8)) return undefined
  return random.pick(running)
}

/** How long a machine stays away. */
export function drawDowntime(random: SeededRandom): number {
  const isLong = random.chance(LONG_RESTART_PROBABILITY)
  return 50 + random.below(isLong ? LONG_RESTART_MS_MAX : RESTART_MS_MAX)
}
