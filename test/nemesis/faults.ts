/**
 * What the nemesis does to a region. Each fault begins, lasts and heals; the storage nodes that it
 * ended are being started again when it is over.
 *
 * @module
 */

import { sleep, systemClock } from '@granary/storage-node/base/clock'
import type { SeededRandom } from '../crash/seeded-random.ts'
import type { NemesisRegion } from './nemesis-region.ts'
import type { Loss } from './network.ts'
import type { Place } from './places.ts'

/** What was done, and what clients may notice of it. */
export interface Harm {
  readonly what: string
  /** No bucket may be without an answer for longer. */
  readonly gapMsMax: number
}

/** Does it, heals it, and resolves with what it was. */
type Fault = (region: NemesisRegion, random: SeededRandom) => Promise<Harm>

/** Well beyond a failover, so that what a deposed primary still answers is heard. */
const LASTS_MS_MIN = 8_000
const LASTS_MS_MAX = 15_000
const PAUSE_MS_MIN = 1_000
const PAUSE_MS_MAX = 20_000
const RESET_EVERY_MS = 300
/** Of a volume: below what a store keeps free. */
const SCARCE_SHARE = 0.04
/** A life that began without space has ended by then. */
const RESTART_MS_MAX = 3_000
/**
 * A failover takes 4 s and two may follow each other; what else the machine does makes it longer, and
 * some forty processes of one machine are slow when all of them have to connect again.
 */
const FAILOVER_GAP_MS_MAX = 10_000

export const faults: Readonly<Record<string, Fault>> = {
  kill: killOne,
  'kill-zone': killZone,
  pause: pauseOne,
  'zone-cut': cutZone,
  'one-way-cut': cutOneWay,
  loss: losePackets,
  delay: holdUp,
  reset: resetConnections,
  'full-disk': fillDisk,
  'config-outage': stopConfigStore,
  'rolling-restart': restartAll,
}

async function killOne({ nodes }: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const node = random.pick(nodes)
  await node.kill()
  await node.ready
  return survived(node.name)
}

async function killZone({ nodes }: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const zone = random.pick(nodes).place.zone
  const dying = nodes.filter(({ place }) => place.zone === zone)
  await Promise.all(dying.map((node) => node.kill()))
  await Promise.all(dying.map((node) => node.ready))
  return survived(`zone ${zone}`)
}

async function pauseOne({ nodes }: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const node = random.pick(nodes)
  const lastsMs = random.between(PAUSE_MS_MIN, PAUSE_MS_MAX)
  node.pause()
  await sleep(systemClock, lastsMs)
  node.goOn()
  return survived(`${node.name} for ${seconds(lastsMs)}`)
}

/** The zone is cut off from the others and from the config store; clients reach it. */
async function cutZone(region: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const { network, proxy } = region
  const { zone } = random.pick(network.places)
  const within = network.places.filter((place) => place.zone === zone)
  const without = network.places.filter((place) => place.zone !== zone)
  await proxy.ask({ kind: 'cutConfig', names: within.map(({ name }) => name) })
  await network.lose([...lossesFrom(within, without, 100), ...lossesFrom(without, within, 100)])
  const lastsMs = await last(random)
  await network.lose([])
  await proxy.ask({ kind: 'cutConfig', names: [] })
  return survived(`zone ${zone} for ${seconds(lastsMs)}`)
}

/** One does not reach some others, which reach it. */
async function cutOneWay({ network }: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const from = random.pick(network.places)
  const others = network.places.filter((place) => place !== from)
  const to = random.chance(0.5) ? others : [random.pick(others), random.pick(others)]
  await network.lose(lossesFrom([from], to, 100))
  const lastsMs = await last(random)
  await network.lose([])
  // A primary that is heard, and hears nobody, keeps its office.
  return suffered(`${from.name} to ${namesOf(to)} for ${seconds(lastsMs)}`, lastsMs)
}

async function losePackets({ network }: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const percent = random.between(1, 30)
  await network.lose(lossesFrom(network.places, network.places, percent))
  const lastsMs = await last(random)
  await network.lose([])
  // Connections wait longer and longer before they send again.
  return suffered(`${percent} % for ${seconds(lastsMs)}`, lastsMs)
}

async function holdUp({ network, proxy }: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const slow = random.pick(network.places)
  const delayMs = random.between(50, 1_500)
  const isBothWays = random.chance(0.5)
  const delays = network.places.flatMap(({ name }) => {
    const there = { from: slow.name, to: name, delayMs }
    return isBothWays ? [there, { from: name, to: slow.name, delayMs }] : [there]
  })
  await proxy.ask({ kind: 'delay', delays })
  const lastsMs = await last(random)
  await proxy.ask({ kind: 'delay', delays: [] })
  const ways = isBothWays ? 'to and from' : 'from'
  // Whose beacons come late but come keeps its office, too.
  return suffered(`${ways} ${slow.name} by ${delayMs} ms for ${seconds(lastsMs)}`, lastsMs)
}

async function resetConnections(region: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const names = region.network.places.map(({ name }) => name)
  const lastsMs = random.between(LASTS_MS_MIN, LASTS_MS_MAX)
  for (let elapsedMs = 0; elapsedMs < lastsMs; elapsedMs += RESET_EVERY_MS) {
    await region.proxy.ask({ kind: 'reset', pairs: [[random.pick(names), random.pick(names)]] })
    await sleep(systemClock, RESET_EVERY_MS)
  }
  return survived(`one pair every ${RESET_EVERY_MS} ms for ${seconds(lastsMs)}`)
}

/**
 * With a little space left, a store refuses writes and goes on. With none, its journal cannot be
 * written: its process ends, and cannot start until there is space again.
 */
async function fillDisk(region: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const [name, volume] = random.pick([...region.volumes])
  const isWhole = random.chance(0.5)
  const node = region.nodes.find((each) => each.name === name)
  if (node !== undefined && isWhole) node.mayEnd = true
  try {
    const freeBytes = await volume.fill(isWhole ? 0 : SCARCE_SHARE)
    const lastsMs = await last(random)
    return survived(`${name} with ${Math.floor(freeBytes / 1024)} KiB free for ${seconds(lastsMs)}`)
  } finally {
    await volume.empty()
    await sleep(systemClock, RESTART_MS_MAX)
    if (node !== undefined) node.mayEnd = false
  }
}

/** Sometimes a storage node dies meanwhile: nobody can take over from it, it has to resume. */
async function stopConfigStore(region: NemesisRegion, random: SeededRandom): Promise<Harm> {
  const dying = random.chance(0.5) ? random.pick(region.nodes) : undefined
  region.configs.signal('SIGSTOP')
  const killed = dying?.kill()
  const lastsMs = await last(random)
  region.configs.signal('SIGCONT')
  await killed
  await dying?.ready
  if (dying === undefined) return survived(seconds(lastsMs))
  return suffered(`${seconds(lastsMs)}, ${dying.name} killed meanwhile`, lastsMs)
}

async function restartAll({ nodes }: NemesisRegion): Promise<Harm> {
  for (const node of nodes) {
    await node.restart()
    await node.ready
  }
  return survived(`${nodes.length} storage nodes`)
}

/** Others go on serving, after a failover at most. */
function survived(what: string): Harm {
  return { what, gapMsMax: FAILOVER_GAP_MS_MAX }
}

/** By the design some partitions are not served as long as it lasts. */
function suffered(what: string, lastsMs: number): Harm {
  return { what, gapMsMax: lastsMs + FAILOVER_GAP_MS_MAX }
}

function lossesFrom(from: readonly Place[], to: readonly Place[], percent: number): Loss[] {
  return from.flatMap((sender) => {
    return to
      .filter((receiver) => receiver !== sender)
      .map((receiver) => ({ from: sender, to: receiver, percent }))
  })
}

async function last(random: SeededRandom): Promise<number> {
  const lastsMs = random.between(LASTS_MS_MIN, LASTS_MS_MAX)
  await sleep(systemClock, lastsMs)
  return lastsMs
}

function namesOf(places: readonly Place[]): string {
  return [...new Set(places.map(({ name }) => name))].join(' ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
