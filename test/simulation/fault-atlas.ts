/**
 * Which damage a region must survive: the last good copy of anything is never touched.
 *
 * At most one store of a region loses durable state in one run, only where the others alone make up
 * every quorum, and only what it can miss. Volumes fill up one at a time.
 *
 * @module
 */

import type { SimulatedDisk } from '@granary/storage-node/base/simulated-disk'
import type { SeededRandom } from '../crash/seeded-random.ts'
import type { Machine } from './machine.ts'
import type { Plan } from './plan.ts'

/** The store's directory on each machine. */
export const STORE_DIRECTORY = '/store'

const KIB = 1024
const NEARLY_FULL_BYTES = 256 * KIB
/**
 * What a store that was set back writes itself until others have told it, at most: groups of the same numbers as
 * those that it has lost, which make up for them in the eyes of a store that knows no more (D3).
 */
const OWN_GROUP_COUNT_MAX = 10

/** Decides where disks may fail. */
export class FaultAtlas {
  readonly #machines: readonly Machine[]
  readonly #capacityBytes: number
  readonly #mayRot: boolean
  #rotten: Machine | undefined
  #full: Machine | undefined

  constructor(plan: Plan, machines: readonly Machine[], capacityBytes: number) {
    this.#machines = machines
    this.#capacityBytes = capacityBytes
    this.#mayRot = plan.quorum === 'majority' && new Set(plan.zones).size >= 3
  }

  /** The store whose durable state is no longer what it wrote. */
  get rotten(): Machine | undefined {
    return this.#rotten
  }

  /** Flips a bit in a file of the one store that may rot. */
  rot(random: SeededRandom): void {
    if (!this.#mayRot) return
    this.#rotten ??= random.pick(this.#machines)
    const { disk, watch } = this.#rotten
    // Most bytes are chunks, and most rot is found by those who read them.
    const folder = random.chance(0.8) ? 'segments' : 'journal'
    const path = pickFile(disk, `${STORE_DIRECTORY}/${folder}`, random)
    if (path === undefined) return
    const { sizeBytes } = disk.content(path)
    if (sizeBytes === 0) return
    const position = random.below(sizeBytes)
    if (watch.isProven(path, position)) disk.rot(path, position)
  }

  /**
   * Takes a snapshot of the one store that may rot; what is returned sets it back to that, if every other store is
   * sure to know better by then, whatever it writes itself until it is told (D3).
   */
  setBack(random: SeededRandom): (() => void) | undefined {
    if (!this.#mayRot) return undefined
    const victim = this.#rotten ?? random.pick(this.#machines)
    const { storeId } = victim
    if (storeId === undefined || victim.isSetBack) return undefined
    const setBack = victim.takeSnapshot()
    const knownMin = victim.watch.journal.writtenGroup + OWN_GROUP_COUNT_MAX
    return () => {
      const others = this.#machines.filter((machine) => machine !== victim)
      const isKnown = others.every(({ watch }) => watch.journal.peerGroup(storeId) > knownMin)
      const isOther = this.#rotten !== undefined && this.#rotten !== victim
      if (!isKnown || isOther || victim.isSetBack) return
      this.#rotten = victim
      setBack()
    }
  }

  /** Leaves one volume little space, or none. */
  fill(random: SeededRandom, nowMs: number): (() => void) | undefined {
    if (this.#full !== undefined) return undefined
    const machine = random.pick(this.#machines)
    this.#full = machine
    const { totalBytes, availableBytes } = machine.disk.space()
    const usedBytes = totalBytes - availableBytes
    machine.disk.resize(usedBytes + random.pick([0, NEARLY_FULL_BYTES]))
    machine.fullSinceMs = nowMs
    return () => {
      machine.disk.resize(this.#capacityBytes)
      machine.fullSinceMs = undefined
      this.#full = undefined
    }
  }
}

function pickFile(disk: SimulatedDisk, folder: string, random: SeededRandom): string | undefined {
  try {
    const names = [...disk.directory(folder).names.keys()].sort()
    return names.length === 0 ? undefined : `${folder}/${random.pick(names)}`
  } catch {
    // A machine whose store has not been formatted yet.
    return undefined
  }
}
