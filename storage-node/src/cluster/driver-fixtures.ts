/**
 * A partition's primary over an engine in memory, without journal and chunks, for tests.
 *
 * @module
 */

import { ManualClock } from '../base/manual-clock.ts'
import { seededRandom } from '../base/seeded-random.ts'
import type { PartitionId, Seq } from '../contract/identifiers.ts'
import type { KeyValueEngine } from '../storage/key-value-engine.ts'
import { Applier } from '../storage/applier.ts'
import { MemoryEngine } from '../storage/memory-engine.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import { RowCache } from '../storage/row-cache.ts'
import { StateWriter } from '../storage/state-writer.ts'
import { ReplicaDriver } from './replica-driver.ts'

const PARTITION = 2 as PartitionId
export const START_MS = Date.UTC(2030, 0, 1)

export interface MemoryDriver {
  readonly driver: ReplicaDriver
  readonly engine: KeyValueEngine
  readonly clock: ManualClock
  /** Whether the disk has space. */
  mayWrite: boolean
}

/** Opens a primary whose log applies at once. */
export async function openMemoryDriver(
  engine: KeyValueEngine = new MemoryEngine(),
): Promise<MemoryDriver> {
  const clock = new ManualClock(START_MS)
  const cache = new RowCache(engine, 1024 ** 2)
  const writer = new StateWriter(engine, (cause) => {
    throw cause
  })
  const applier = await Applier.open(PARTITION, { writer, cache })
  let lastSeq = applier.appliedSeq
  const log: PartitionLog = {
    async propose(_opId, effects) {
      await applier.prepare(effects)
      lastSeq = (lastSeq + 1) as Seq
      await applier.apply(lastSeq, effects)
    },
  }
  const opened = { engine, clock, mayWrite: true }
  const mayWrite = () => opened.mayWrite
  const random = seededRandom(1)
  const driver = await ReplicaDriver.open({ log, applier, engine, cache, clock, random, mayWrite })
  return Object.assign(opened, { driver })
}
