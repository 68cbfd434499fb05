/**
 * Records a region at work, then crashes it at random moments and looks at what recovers.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { recorderEnvironment } from './compile-recorder.ts'
import type { ImageReport } from './image-worker.ts'
import { SeededRandom } from './seeded-random.ts'

export interface ImageRunOptions {
  readonly imageCount: number
  readonly seed: number
  /** Crashes this trace instead of recording new ones. */
  readonly traceFile?: string
  /** Makes the images of this seed only, as a report named it. */
  readonly imageSeed?: number
}

export interface ImageRunResult {
  readonly imageCount: number
  readonly acknowledgedCount: number
  readonly traceCount: number
  /** One report with its story for each seed that went wrong. */
  readonly failures: readonly (ImageReport & { readonly traceFile: string })[]
}

/** Each records histories and crashes them: recording waits for syncs, and crashing computes. */
const LANE_COUNT = 2
/** A new trace after so many images, so that many histories are crashed, not one in many places. */
const IMAGES_PER_TRACE = 125
/** Seeds make one to three images each. */
const IMAGES_PER_SEED = 2
const LIVES_PER_TRACE = 4
const SCRATCH_BYTES_MIN = 2 * 1024 ** 3

/** Makes at least `imageCount` images and judges them; no lane begins a trace after a violation. */
export async function runImages(options: ImageRunOptions): Promise<ImageRunResult> {
  const scratch = makeScratch()
  const random = new SeededRandom(options.seed)
  const run = new ImageRun(options, scratch)
  const laneCount = options.imageSeed === undefined ? LANE_COUNT : 1
  const lanes = Array.from({ length: laneCount }, () => run.lane(new SeededRandom(random.seed())))
  try {
    const ends = await Promise.allSettled(lanes)
    const broken = ends.find((end) => end.status === 'rejected')
    if (broken !== undefined) throw broken.reason
    return run.result
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What the lanes share: the sum, and how many images are left to begin. */
class ImageRun {
  readonly #options: ImageRunOptions
  readonly #scratch: string
  #begunCount = 0
  #result: ImageRunResult = { imageCount: 0, acknowledgedCount: 0, traceCount: 0, failures: [] }

  constructor(options: ImageRunOptions, scratch: string) {
    this.#options = options
    this.#scratch = scratch
  }

  get result(): ImageRunResult {
    return this.#result
  }

  /** Crashes one trace after the other. */
  async lane(random: SeededRandom): Promise<void> {
    const { imageSeed } = this.#options
    while (this.#leftCount > 0 && this.#result.failures.length === 0) {
      const folder = join(this.#scratch, `trace-${random.seed()}`)
      mkdirSync(folder)
      const count = Math.min(IMAGES_PER_TRACE, this.#leftCount)
      this.#begunCount += count
      const traceFile = this.#options.traceFile ?? (await recordTrace(folder, random.seed()))
      const seeds = imageSeed === undefined ? imageSeeds(count, random) : [imageSeed]
      const reports = await crashTrace(folder, traceFile, seeds)
      this.#add(reports, traceFile)
      // Seeds make as many images as they like: what is missing is begun again.
      this.#begunCount += imagesOf(reports) - count
      rmSync(folder, { recursive: true })
      if (imageSeed !== undefined) return
    }
  }

  get #leftCount(): number {
    return this.#options.imageCount - this.#begunCount
  }

  #add(reports: readonly ImageReport[], traceFile: string): void {
    const { imageCount, acknowledgedCount, traceCount, failures } = this.#result
    const bad = reports.filter(({ violations }) => violations.length > 0)
    const isKept = bad.length === 0 || this.#options.traceFile !== undefined
    const kept = isKept ? traceFile : keepTrace(traceFile)
    this.#result = {
      imageCount: imageCount + imagesOf(reports),
      acknowledgedCount: acknowledgedCount + sumOf(reports, (report) => report.acknowledgedCount),
      traceCount: traceCount + 1,
      failures: [...failures, ...bad.map((report) => ({ ...report, traceFile: kept }))],
    }
  }
}

function imageSeeds(imageCount: number, random: SeededRandom): number[] {
  const count = Math.ceil(imageCount / IMAGES_PER_SEED)
  return Array.from({ length: count }, () => random.seed())
}

function imagesOf(reports: readonly ImageReport[]): number {
  return sumOf(reports, ({ imageCount }) => imageCount)
}

function sumOf(reports: readonly ImageReport[], count: (report: ImageReport) => number): number {
  return reports.reduce((total, report) => total + count(report), 0)
}

/** Memory, where there is enough: images are written by the thousand. */
function makeScratch(): string {
  const roomy = ['/dev/shm', tmpdir()].find((folder) => {
    try {
      const { bavail, bsize } = statfsSync(folder)
      return bavail * bsize > SCRATCH_BYTES_MIN
    } catch {
      return false
    }
  })
  return realpathSync(mkdtempSync(join(roomy ?? tmpdir(), 'granary-crash-')))
}

/** A violation can be looked at again: its trace outlives the run. */
function keepTrace(traceFile: string): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'granary', 'crash')
  mkdirSync(cache, { recursive: true })
  const kept = join(cache, `${process.pid}-${Date.now()}.trace`)
  copyFileSync(traceFile, kept)
  return kept
}

/** Several lives of one region, some of them killed; each checks what the one before left. */
async function recordTrace(folder: string, seed: number): Promise<string> {
  const random = new SeededRandom(seed)
  const root = join(folder, 'root')
  const trace = join(folder, 'trace')
  mkdirSync(root)
  const largeShare = random.pick([0, 0.02, 0.06])
  for (let life = 0; life < LIVES_PER_TRACE; life++) {
    const ending = random.chance(0.5) ? 'kill' : 'close'
    const operationCount = random.pick([20, 60, 120])
    const program = join(import.meta.dirname, 'workload.ts')
    const args = [root, random.seed(), operationCount, largeShare, ending].map(String)
    const syncMicroseconds = random.pick([0, 200, 1000])
    const exit = await run(program, args, recorderEnvironment({ root, trace, syncMicroseconds }))
    if (exit.code !== 0 && exit.signal !== 'SIGKILL') {
      throw new Error(
        `A life of seed ${seed} ended with ${exit.code ?? exit.signal}\n${exit.output}`,
      )
    }
  }
  return trace
}

async function crashTrace(folder: string, traceFile: string, seeds: readonly number[]) {
  const recorded = join(folder, 'recorded')
  const args = [traceFile, join(folder, 'scratch'), recorded, ...seeds.map(String)]
  const environment = recorderEnvironment({
    root: recorded,
    trace: `${recorded}.trace`,
    syncMicroseconds: 0,
  })
  const exit = await run(join(import.meta.dirname, 'image-worker.ts'), args, environment)
  const reports = exit.output.split('\n').filter((line) => line.startsWith('{"seed"'))
  if (exit.code !== 0 || reports.length !== seeds.length) {
    const trace = keepTrace(traceFile)
    throw new Error(
      `A worker ended with ${exit.code ?? exit.signal}, trace ${trace}\n${exit.output}`,
    )
  }
  return reports.map((line) => JSON.parse(line) as ImageReport)
}

function run(program: string, args: readonly string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>(
    (resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, output }))
    },
  )
}
