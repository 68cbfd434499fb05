/**
 * Random schedules of the pure cluster: a seed decides topology, faults and load; afterwards
 * everything heals, and writes must work again within a minute.
 *
 * @module
 */

import { Cluster, InvariantError } from './cluster-fixtures.ts'
import type { ClusterOptions } from './cluster-fixtures.ts'

const STEP_MS = 40
const SAFETY_MS = 14_000
const HEALED_WITHIN_MS = 60_000

export interface ScheduleResult {
  readonly acknowledged: number
  readonly proposed: number
  readonly activations: number
  readonly crashes: number
  readonly snapshots: number
  readonly healedMs: number
}

/** How often each thing goes wrong in this run; some are off in most runs. */
interface Swarm {
  readonly loss: number
  readonly duplication: number
  readonly configLoss: number
  readonly crash: number
  readonly ghost: number
  readonly cut: number
  readonly outage: number
  readonly flush: number
  readonly handover: number
  readonly touch: number
  readonly damage: number
  readonly load: number
}

/** Runs the schedule of a seed; throws what it finds, with the seed. */
export function replay(seed: number): ScheduleResult {
  const cluster = new Cluster(topologyOf(seed))
  try {
    return runSchedule(cluster)
  } catch (error) {
    const what = error instanceof Error ? `${error.name} ${error.message}` : String(error)
    throw new Error(`seed ${seed}, ${Math.round(cluster.nowMs)} ms: ${what}`, { cause: error })
  }
}

const TOPOLOGIES: readonly (readonly string[])[] = [
  ['a', 'b', 'c'],
  ['a', 'b', 'c'],
  ['a', 'b', 'c'],
  ['a', 'b'],
  ['a', 'a', 'b'],
  ['a'],
  ['a', 'a', 'b', 'b'],
  ['a', 'b', 'c'],
]

function topologyOf(seed: number): ClusterOptions {
  const zones = TOPOLOGIES[seed % TOPOLOGIES.length] ?? ['a']
  return {
    seed,
    zones,
    settings: {
      quorum: seed % 5 === 4 ? 'all' : 'majority',
      minInsync: Math.min(2, zones.length),
      zoneCount: new Set(zones).size,
      reads: 'lease',
      isOneKernel: seed % 3 === 2,
      prepareEntryCountMax: 1 + (seed % 4),
    },
    syncMsMax: seed % 7 === 0 ? 200 : 8,
    applyMsMax: seed % 11 === 0 ? 200 : 5,
    delayMsMax: seed % 13 === 0 ? 300 : 10,
  }
}

function swarmOf(cluster: Cluster): Swarm {
  const some = (probability: number, most: number) =>
    cluster.chance(probability) ? cluster.below(most) : 0
  return {
    loss: some(0.5, 0.3),
    duplication: some(0.5, 0.3),
    configLoss: some(0.3, 0.5),
    crash: some(0.7, 0.03),
    // In one kernel a process without its volume is dead.
    ghost: cluster.options.settings.isOneKernel ? 0 : some(0.3, 0.01),
    cut: some(0.6, 0.03),
    outage: some(0.2, 0.01),
    flush: some(0.6, 0.1),
    handover: some(0.3, 0.02),
    touch: some(0.2, 0.05),
    damage: some(0.2, 0.005),
    load: 0.1 + cluster.below(0.8),
  }
}

function runSchedule(cluster: Cluster): ScheduleResult {
  const swarm = swarmOf(cluster)
  let crashes = 0
  cluster.run(cluster.below(2000))
  const { loss, duplication, configLoss } = swarm
  Object.assign(cluster.faults, { loss, duplication, configLoss })
  const untilMs = cluster.nowMs + SAFETY_MS
  while (cluster.nowMs < untilMs) {
    cluster.run(cluster.below(2 * STEP_MS))
    crashes += disturb(cluster, swarm)
  }
  cluster.heal()
  const healedMs = cluster.nowMs
  const goal = cluster.proposedCount + 3
  const isServing = () => serves(cluster, goal)
  for (let beat = 0; beat < HEALED_WITHIN_MS / 100; beat++) {
    if (cluster.run(100, isServing)) break
    const active = cluster.active()
    if (active !== undefined && cluster.proposedCount < goal) cluster.propose(active)
  }
  if (!isServing()) throw new InvariantError(`liveness: ${describeStuck(cluster)}`)
  return {
    acknowledged: cluster.checks.acknowledged,
    proposed: cluster.proposedCount,
    activations: cluster.checks.takeovers,
    snapshots: cluster.checks.snapshots,
    crashes,
    healedMs: cluster.nowMs - healedMs,
  }
}

/** True once a primary reads, and everything that was proposed after healing is applied there. */
function serves(cluster: Cluster, goal: number): boolean {
  const active = cluster.active()
  if (active === undefined || cluster.proposedCount < goal) return false
  return active.rows.length === active.state.log.end.seq && cluster.reads(active)
}

/** One moment of trouble and load; returns how many processes it ended. */
function disturb(cluster: Cluster, swarm: Swarm): number {
  const any = () => cluster.pick(cluster.members)?.store
  const active = cluster.active()
  if (active !== undefined && cluster.chance(swarm.load)) cluster.propose(active)
  if (cluster.chance(swarm.cut)) cutOne(cluster)
  if (cluster.chance(swarm.outage)) {
    cluster.faults.isConfigDown = true
    cluster.schedule(cluster.below(6000), () => (cluster.faults.isConfigDown = false))
  }
  if (cluster.chance(swarm.touch)) cluster.config.touch()
  if (cluster.chance(swarm.flush)) {
    cluster.stores.get(any() ?? cluster.first)?.flush(cluster.below(10))
  }
  if (cluster.chance(swarm.handover)) {
    active?.input({ kind: 'handOver', to: any() ?? cluster.first })
  }
  if (cluster.chance(swarm.damage)) cluster.damage(any() ?? cluster.first)
  if (cluster.chance(swarm.ghost)) cluster.haunt(any() ?? cluster.first)
  if (!cluster.chance(swarm.crash)) return 0
  cluster.crash(any() ?? cluster.first, cluster.below(4000))
  return 1
}

function cutOne(cluster: Cluster): void {
  const from = cluster.pick(cluster.members)?.store
  const others = cluster.members.filter(({ store }) => store !== from)
  const peers = cluster.chance(0.5) ? others : others.slice(0, 1)
  const isOneWay = cluster.chance(0.4)
  for (const { store } of peers) {
    cluster.cuts.add(`${from}>${store}`)
    if (!isOneWay) cluster.cuts.add(`${store}>${from}`)
  }
  cluster.schedule(cluster.below(8000), () => cluster.cuts.clear())
}

function describeStuck(cluster: Cluster): string {
  const { epoch, primary, members } = cluster.config.configuration
  const stores = [...cluster.stores.values()].map(({ store, state, rows }) => {
    const { ballot, to } = state.durable?.promised ?? {}
    const role = state.primary ? (state.primary.isActive ? 'active' : 'primary') : 'secondary'
    const end = state.log.end.seq
    return `${store} ${role} ${JSON.stringify(ballot)} to ${to} end ${end} applied ${rows.length} candidacy ${state.candidacy?.phase}`
  })
  return `epoch ${epoch} of ${primary} with ${members.map(({ store }) => store).join(' ')}; ${stores.join('; ')}`
}
