/**
 * Spreads seeds over worker processes, and ends one that hangs.
 *
 * @module
 */

import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { SeedResult } from './seed-result.ts'

const WORKER = join(import.meta.dirname, 'seed-worker.ts')
const WORKER_COUNT = 2
/** One core for each worker; and a heap of 40 MB is not marked anew whenever it has grown by ten. */
export const GARBAGE_COLLECTION = [
  '--single-threaded-gc',
  '--max-semi-space-size=16',
  '--initial-old-space-size=512',
]
/** A run takes about a second of CPU; whatever takes this long has come to no end. */
const SEED_MS_MAX = 600_000

/** Asks for one seed; every hundredth or so is run twice. */
export interface SeedOrder {
  readonly seed: number
  readonly isTwice: boolean
}

/** Runs all orders and reports each result as it comes. Stops early when `isEnough` says so. */
export async function runSeeds(
  orders: readonly SeedOrder[],
  report: (result: SeedResult) => void,
  isEnough: () => boolean = () => false,
): Promise<SeedResult[]> {
  const waiting = [...orders]
  const results: SeedResult[] = []
  const take = () => (isEnough() ? undefined : waiting.shift())
  const done = (result: SeedResult) => {
    results.push(result)
    report(result)
  }
  const count = Math.min(WORKER_COUNT, orders.length)
  await Promise.all(Array.from({ length: count }, () => runLane(take, done)))
  return results.sort((a, b) => a.seed - b.seed)
}

/** One worker after the other: one that dies or hangs is replaced. */
async function runLane(
  take: () => SeedOrder | undefined,
  done: (result: SeedResult) => void,
): Promise<void> {
  let worker = startWorker()
  for (let order = take(); order !== undefined; order = take()) {
    const result = await runOn(worker, order)
    if (typeof result === 'string') {
      worker.kill('SIGKILL')
      worker = startWorker()
      done(failedRun(order.seed, result))
    } else done(result)
  }
  worker.disconnect()
}

function startWorker(): ChildProcess {
  return fork(WORKER, { execArgv: GARBAGE_COLLECTION })
}

/** The result, or why there is none. */
function runOn(worker: ChildProcess, order: SeedOrder): Promise<SeedResult | string> {
  return new Promise((resolve) => {
    const end = (result: SeedResult | string) => {
      clearTimeout(timeout)
      worker.removeAllListeners()
      resolve(result)
    }
    const timeout = setTimeout(() => end(`No end after ${SEED_MS_MAX} ms`), SEED_MS_MAX)
    worker.once('message', (message) => end(message as SeedResult))
    worker.once('exit', (code, signal) => end(`The process ended with ${code ?? signal}`))
    worker.send(order)
  })
}

function failedRun(seed: number, detail: string): SeedResult {
  return {
    seed,
    violations: [{ rule: 'hang or crash of the simulator', detail }],
    ...{ operations: 0, takeovers: 0, crashes: 0, torn: 0, events: 0, cpuMs: 0 },
    traceHash: '',
  }
}
