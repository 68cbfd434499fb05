/**
 * The key-value engine of one simulated process: it takes its time, and says nothing to a process
 * that has ended.
 *
 * @module
 */

import type { KeyValueEngine, Snapshot } from '@granary/storage-node/testing'
import type { SeededRandom } from '../crash/seeded-random.ts'
import type { Host } from './host.ts'
import type { Scheduler } from './scheduler.ts'

/** How long calls take. */
export interface EngineTiming {
  /** Of reads that do not come from memory. */
  readonly slowReadProbability: number
  readonly readMsMax: number
  readonly writeMsMax: number
  readonly flushMsMax: number
}

export interface SimulatedEngineOptions {
  readonly scheduler: Scheduler
  readonly host: Host
  readonly random: SeededRandom
  readonly timing: EngineTiming
  /** Called with the rows that a flush has covered, to be released. */
  readonly onFlushed: (rows: Snapshot) => void
}

/** The engine as the process that runs on `host` now sees it. */
export function simulateEngine(
  engine: KeyValueEngine,
  { scheduler, host, random, timing, onFlushed }: SimulatedEngineOptions,
): KeyValueEngine {
  const { life } = host
  const pass = (msMax: number) =>
    new Promise<void>((resolve) => {
      scheduler.afterIn(host, (random.below(1000) / 1000) * msMax, 'engine', resolve)
    })
  const read = async <T>(call: () => Promise<T>): Promise<T> => {
    if (random.chance(timing.slowReadProbability)) await pass(timing.readMsMax)
    return host.life === life ? call() : never()
  }
  return {
    getMany: (keys) => read(() => engine.getMany(keys)),
    scan: (range, options) => read(() => engine.scan(range, options)),
    async write(batch) {
      await pass(timing.writeMsMax)
      return engine.write(batch)
    },
    snapshot() {
      const snapshot = engine.snapshot()
      return {
        getMany: (keys) => read(() => snapshot.getMany(keys)),
        scan: (range, options) => read(() => snapshot.scan(range, options)),
        release: () => snapshot.release(),
      }
    },
    async flush() {
      // What it covers is decided somewhere between the call and the answer.
      if (random.chance(0.5)) await pass(timing.flushMsMax)
      const covered = engine.snapshot()
      await engine.flush()
      onFlushed(covered)
      await pass(timing.flushMsMax)
    },
    close: () => (host.life === life ? engine.close() : never()),
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}
