/**
 * What one seed is about: the region, how hard its life is, and in which ways.
 *
 * Every class of faults is off in some seeds and extreme in others: a region in which everything
 * fails all the time does little that could go wrong.
 *
 * @module
 */

import { SeededRandom } from '../crash/seeded-random.ts'

/** How hard one class of faults strikes: 0 never, 1 as usual, 3 extreme. */
export type Intensity = 0 | 1 | 3

export const FAULT_CLASSES = [
  'messageLoss',
  'messageDuplicates',
  'messageDelays',
  'oneWayCuts',
  'zoneCuts',
  'slowLinks',
  'kills',
  'powerCuts',
  'pauses',
  'slowLoops',
  'bitRot',
  'fullDisk',
  'diskErrors',
  'slowDisk',
  'clockRates',
  'wallClockJumps',
  'configStoreOutages',
  'configStoreTroubles',
  'setBackVolumes',
] as const
export type FaultClass = (typeof FAULT_CLASSES)[number]
export type Faults = Readonly<Record<FaultClass, Intensity>>

/** A region and its life. */
export interface Plan {
  readonly seed: number
  /** The zone of each store. */
  readonly zones: readonly string[]
  readonly quorum: 'majority' | 'all'
  readonly reads: 'lease' | 'strict'
  /** User ranges beside the system range. */
  readonly rangeCount: number
  readonly clientCount: number
  readonly keyCount: number
  /** Whether there is a bucket that keeps versions, and clients use it. */
  readonly keepsVersions: boolean
  /** Whether clients set and read what is attached to buckets and objects. */
  readonly attachesValues: boolean
  /** Whether clients put access keys, switch them off, delete them, and ask for them. */
  readonly usesAccessKeys: boolean
  /** Whether there are objects that are frozen, and clients restore them. */
  readonly restoresObjects: boolean
  /** Whether storage nodes say Hello before anything else, and tell what they know of each other. */
  readonly saysHello: boolean
  /** How long a client waits between two operations, on average. */
  readonly thinkMs: number
  /** Of faults; the healing follows. */
  readonly durationMs: number
  readonly faults: Faults
}

const DURATION_MS = 10 * 60_000
const VERSION_DICE = 0x7e25
const VERSIONS_PROBABILITY = 0.3
const ATTACHED_DICE = 0xa77ac4
const ATTACHED_PROBABILITY = 0.3
const KEY_DICE = 0xacce55
const KEY_PROBABILITY = 0.3
const RESTORE_DICE = 0x1ce5
const RESTORE_PROBABILITY = 0.1
const HELLO_DICE = 0x4e110
const HELLO_PROBABILITY = 0.5

/** Follows from the seed alone. */
export function planOf(seed: number): Plan {
  const random = new SeededRandom(seed)
  const zones = random.pick(TOPOLOGIES)
  const saysHello = new SeededRandom(seed ^ HELLO_DICE).chance(HELLO_PROBABILITY)
  return {
    seed,
    zones,
    quorum: random.chance(0.2) ? 'all' : 'majority',
    reads: random.chance(0.25) ? 'strict' : 'lease',
    rangeCount: random.between(1, 4),
    clientCount: random.between(2, 5),
    keyCount: random.between(3, 10),
    thinkMs: random.pick([1_500, 3_000, 3_000, 6_000]),
    durationMs: DURATION_MS,
    faults: withoutHello(drawFaults(random), saysHello),
    // From dice of their own: lives without them stay what they were.
    attachesValues: new SeededRandom(seed ^ ATTACHED_DICE).chance(ATTACHED_PROBABILITY),
    usesAccessKeys: new SeededRandom(seed ^ KEY_DICE).chance(KEY_PROBABILITY),
    restoresObjects: new SeededRandom(seed ^ RESTORE_DICE).chance(RESTORE_PROBABILITY),
    saysHello,
    keepsVersions: new SeededRandom(seed ^ VERSION_DICE).chance(VERSIONS_PROBABILITY),
  }
}

/** Only a Hello tells that a volume was set back. */
function withoutHello(faults: Faults, saysHello: boolean): Faults {
  return saysHello ? faults : { ...faults, setBackVolumes: 0 }
}

/** Mostly three stores in three zones. */
const TOPOLOGIES: readonly (readonly string[])[] = [
  ...Array.from({ length: 7 }, () => ['a', 'b', 'c']),
  ['a'],
  ['a', 'b'],
  ['a', 'a', 'b'],
  ['a', 'b', 'c', 'a'],
  ['a', 'a', 'b', 'b', 'c', 'c'],
]

function drawFaults(random: SeededRandom): Faults {
  const drawn = FAULT_CLASSES.map((name) => {
    const intensity: Intensity = random.pick([0, 0, 1, 1, 1, 3])
    return [name, intensity] as const
  })
  return Object.fromEntries(drawn) as Record<FaultClass, Intensity>
}
