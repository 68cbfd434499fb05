/**
 * Builds crash images of a trace and lets the region live in each: `image-worker.ts TRACE SCRATCH RECORDED SEED...`.
 *
 * Runs below the recorder itself (its directory is RECORDED, its trace RECORDED.trace), so that it can crash a
 * recovery too: after each life it goes back to a random moment of that life and cuts the power again. Writes one line
 * of JSON for each seed.
 *
 * @module
 */

import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { DiskState } from './disk-state.ts'
import { History } from './history.ts'
import { openRegion } from './open-region.ts'
import { runRecordedLife } from './recorded-life.ts'
import { SeededRandom } from './seeded-random.ts'
import type { Survey } from './survey.ts'
import { below, parseTrace, type TraceRecord } from './trace.ts'

/** What became of one seed's images. */
export interface ImageReport {
  readonly seed: number
  readonly imageCount: number
  /** Acknowledged requests that the first image had to show. */
  readonly acknowledgedCount: number
  readonly violations: Survey['violations']
  /** What happened in each image, for whoever has to understand a violation. */
  readonly story: readonly string[]
}

const CRASHES_MAX = 3

interface CrashPoint {
  readonly seed: number
  readonly at: number
  readonly random: SeededRandom
}

async function main([traceFile = '', scratch = '', recorded = '', ...seeds]: string[]) {
  const trace = parseTrace(readFileSync(traceFile))
  const points = seeds.map((seed): CrashPoint => {
    const random = new SeededRandom(Number(seed))
    return { seed: Number(seed), at: crashPoint(trace, random), random }
  })
  points.sort((a, b) => a.at - b.at)
  mkdirSync(scratch, { recursive: true })
  mkdirSync(recorded, { recursive: true })
  const state = new DiskState()
  let at = 0
  for (const point of points) {
    for (; at < point.at; at++) state.apply(trace[at] as TraceRecord)
    const report = await crashAndRecover(state, point, { scratch, recorded })
    process.stdout.write(`${JSON.stringify(report)}\n`)
  }
}

/** Mostly somewhere, often right behind a step that something may rely on. */
function crashPoint(trace: readonly TraceRecord[], random: SeededRandom): number {
  const at = random.below(trace.length + 1)
  if (random.chance(0.5)) return at
  for (let i = at; i < trace.length; i++) {
    if (trace[i]?.kind !== 'written' || random.chance(0.05)) return i + 1
  }
  return trace.length
}

interface Places {
  readonly scratch: string
  readonly recorded: string
}

async function crashAndRecover(
  origin: DiskState,
  point: CrashPoint,
  places: Places,
): Promise<ImageReport> {
  const { seed, random } = point
  const story: string[] = [`trace record ${point.at}`]
  const acknowledgedCount = History.from(origin.notes).acknowledgedCount
  let violations: Survey['violations'] = []
  let state = origin
  let imageCount = 0
  const crashCount = random.between(1, CRASHES_MAX)
  while (imageCount < crashCount && violations.length === 0) {
    const kill = random.chance(0.25)
    state = kill ? state.afterKill() : state.afterPowerCut(random)
    const operationCount = random.chance(0.5) ? 0 : random.between(4, 16)
    story.push(`${kill ? 'kill' : 'power cut'}, then ${operationCount} operations`)
    imageCount++
    const life = await liveIn(state, `${seed}-${imageCount}`, { random, operationCount }, places)
    violations = life.violations
    const next = crashPoint(life.trace, random)
    story.push(`record ${next} of ${life.trace.length}`)
    for (const record of life.trace.slice(0, next)) state.apply(record)
  }
  return { seed, imageCount, acknowledgedCount, violations, story }
}

async function liveIn(
  state: DiskState,
  name: string,
  chance: { readonly random: SeededRandom; readonly operationCount: number },
  { scratch, recorded }: Places,
) {
  const traceFile = `${recorded}.trace`
  const directory = join(recorded, name)
  // Made elsewhere: what the image consists of is no part of the life in it.
  state.writeTo(join(scratch, name))
  renameSync(join(scratch, name), directory)
  truncateSync(traceFile)
  const violations = await runRecordedLife({
    directory,
    openRegion,
    largeShare: 0.02,
    ...chance,
  }).catch((error: unknown): Survey['violations'] => [
    {
      kind: 'does not start',
      name,
      detail: inspect(error),
    },
  ])
  const trace = below(name, parseTrace(readFileSync(traceFile)))
  rmSync(directory, { recursive: true })
  truncateSync(traceFile)
  return { violations, trace }
}

void main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(2)
  },
)
