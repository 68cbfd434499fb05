/**
 * Runs one workload: starts its servers, prepares them, and measures in turns.
 *
 * @module
 */

import type { Checkout } from './checkout.ts'
import { figureOf } from './figure.ts'
import type { Figure, Sample } from './figure.ts'
import type { Generator } from './generator.ts'
import { cpuMicroseconds, MemorySampler } from './process-usage.ts'
import { Server } from './server.ts'
import { syncDelayEnvironment } from './sync-delay.ts'
import type { Measurement, Workload } from './workload.ts'
import { BUCKET } from './workloads.ts'
import type { Yardstick } from './yardstick.ts'

/** What is shared by all workloads of one invocation. */
export interface Bench {
  readonly generator: Generator
  readonly yardstick: Yardstick
  /** The trees that take turns. */
  readonly sides: readonly Checkout[]
  readonly isQuick: boolean
  readonly dataParent: string
  /** Where Node writes CPU profiles of the servers. */
  readonly profileDirectory: string | undefined
  log(line: string): void
}

const PLAIN = 'plain'
/** How often things that are compared take turns: what the machine does meanwhile hits all alike. */
const ROUND_COUNT = 4
/** So much of the work is done once before it is measured, for code to get warm. */
const WARM_UP_PART = 0.2
const WARM_UP_COUNT_MAX = 20_000

/** Servers of one side by the name of their variant. */
interface Side {
  readonly name: string
  readonly servers: ReadonlyMap<string, Server>
}

/** Measures a workload on every side; returns one figure for each measurement and side. */
export async function runWorkload(bench: Bench, workload: Workload): Promise<Figure[]> {
  const sides: Side[] = []
  try {
    for (const checkout of bench.sides) {
      const servers = new Map<string, Server>()
      sides.push({ name: checkout.name, servers })
      await startServers(bench, workload, checkout, servers)
    }
    const figures: Figure[] = []
    for (const stage of workload.stages) figures.push(...(await runStage(bench, stage, sides)))
    return figures
  } finally {
    for (const side of sides) for (const server of side.servers.values()) await server.stop()
  }
}

async function startServers(
  bench: Bench,
  workload: Workload,
  checkout: Checkout,
  servers: Map<string, Server>,
): Promise<void> {
  for (const variant of workload.variants ?? [{ name: PLAIN, syncDelayUs: undefined }]) {
    const { name, syncDelayUs } = variant
    const profile = bench.profileDirectory
    const server = await Server.start({
      tree: checkout.directory,
      dataParent: bench.dataParent,
      layout: workload.layout ?? 'one store',
      environment: syncDelayUs === undefined ? {} : syncDelayEnvironment(syncDelayUs),
      nodeArguments: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
    })
    servers.set(name, server)
    await server.request({ method: 'PUT', bucket: BUCKET })
    for (const request of workload.settings ?? []) await server.request(request)
    for (const each of workload.preparation ?? []) {
      bench.log(`${workload.name}: ${each.name}, ${checkout.name}`)
      await load(bench, server, each, 0, countOf(bench, each))
    }
  }
}

async function runStage(
  bench: Bench,
  stage: readonly Measurement[],
  sides: readonly Side[],
): Promise<Figure[]> {
  const turns = sides.flatMap((side) =>
    stage.map((measurement) => ({ side, measurement, samples: [] as Sample[] })),
  )
  const roundCount = turns.length === 1 ? 1 : ROUND_COUNT
  for (let round = 0; round < roundCount; round++) {
    // There and back: who comes behind the others finds a server that is warmer.
    for (const { side, measurement, samples } of round % 2 === 0 ? turns : turns.toReversed()) {
      bench.log(`${measurement.name}, ${side.name}, round ${round + 1} of ${roundCount}`)
      const server = side.servers.get(measurement.server ?? PLAIN)!
      samples.push(await measure(bench, server, measurement, round, roundCount))
    }
  }
  return turns.map(({ side, measurement, samples }) => figureOf(measurement, side.name, samples))
}

async function measure(
  bench: Bench,
  server: Server,
  measurement: Measurement,
  round: number,
  roundCount: number,
): Promise<Sample> {
  const count = Math.ceil(countOf(bench, measurement) / roundCount)
  const warmUpCount = Math.min(Math.floor(count * WARM_UP_PART), WARM_UP_COUNT_MAX)
  // Warming up writes no row twice: its numbers lie above all that are measured.
  if (round === 0 && warmUpCount > 0) {
    await load(bench, server, measurement, count * roundCount, warmUpCount)
  }
  const bareBeforeUs = await bench.yardstick.measure()
  const memory = new MemorySampler(server.pids)
  const before = cpuOf(server)
  // A load that fails ends the server, whose memory must not be looked for then.
  const result = await load(bench, server, measurement, count * round, count).catch((error) => {
    memory.stop()
    throw error as Error
  })
  const cpuUs = cpuOf(server) - before
  const residentBytesMax = memory.stop()
  const bareUs = (bareBeforeUs + (await bench.yardstick.measure())) / 2
  return { ...result, cpuUs, bareUs, residentBytesMax }
}

/** Of all processes of the region, in microseconds. */
function cpuOf({ pids }: Server): number {
  return pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0)
}

function load(
  { generator }: Bench,
  { access }: Server,
  { request, connectionCount, stalledCount = 0 }: Measurement,
  firstIndex: number,
  count: number,
) {
  return generator.run({ access, connectionCount, stalledCount, firstIndex, count, request })
}

function countOf({ isQuick }: Bench, { count, quickCount }: Measurement): number {
  return isQuick ? quickCount : count
}
