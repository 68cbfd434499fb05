/**
 * A simulated region without faults but those that are done to it on purpose, and somebody who writes
 * to each of its partitions.
 *
 * @module
 */

import { openChecksums } from '@granary/storage-node/base/checksums'
import type { PartitionId } from '@granary/storage-node/contract/identifiers'
import { MemoryConfigStore } from '@granary/storage-node/testing'
import { SeededRandom } from '../crash/seeded-random.ts'
import { Calls } from './calls.ts'
import type { Machine } from './machine.ts'
import { nodeOpener } from './open-node.ts'
import { FAULT_CLASSES, type Faults, type Plan } from './plan.ts'
import { cancel } from './scheduler.ts'
import type { Violation } from './seed-result.ts'
import { World } from './world.ts'

const START_MS_MAX = 60_000
const SETTLING_MS = 4_000
const BUCKET_COUNT_MAX = 400
const KEY_COUNT = 20
const OBJECT_BYTES = 100
const RETRY_MS = 20
const PATIENCE_MS = 20_000

export interface CalmRegionOptions {
  readonly seed: number
  /** The zone of each store. */
  readonly zones: readonly string[]
  /** User ranges beside the system range. */
  readonly rangeCount: number
  /** How long a writer waits between two writes, on average. */
  readonly thinkMs: number
}

/** One write that has ended. */
export interface Write {
  readonly partition: PartitionId
  readonly invokedMs: number
  readonly returnedMs: number
  readonly isDone: boolean
  /** The storage node that was asked has died meanwhile: nobody could answer. */
  readonly isOrphan: boolean
}

export class CalmRegion {
  readonly writes: Write[] = []
  thinkMs: number
  readonly #world: World
  readonly #random: SeededRandom
  /** One in each user partition. */
  #buckets: ReadonlyMap<PartitionId, string> = new Map()

  private constructor(world: World, { seed, thinkMs }: CalmRegionOptions) {
    this.#world = world
    this.thinkMs = thinkMs
    this.#random = new SeededRandom(seed ^ 0xfa11)
  }

  /** Resolves when all of it serves and the writers are at work. */
  static async start(options: CalmRegionOptions): Promise<CalmRegion> {
    const world = new World({
      plan: calmPlan(options),
      checksums: await openChecksums(),
      records: new MemoryConfigStore(),
      openNode: nodeOpener,
      tell: undefined,
    })
    const region = new CalmRegion(world, options)
    world.startAll()
    await region.#until(() => world.machines.every(({ node }) => node !== undefined))
    await region.#until(() => world.chain.present.length > options.rangeCount)
    void region.#makeBuckets(options.rangeCount).then((made) => (region.#buckets = made))
    await region.#until(() => region.#buckets.size > 0)
    for (const partition of region.partitions) void region.#writeOn(partition)
    await region.elapse(SETTLING_MS)
    return region
  }

  get nowMs(): number {
    return this.#world.scheduler.nowMs
  }

  get machines(): readonly Machine[] {
    return this.#world.machines
  }

  get violations(): readonly Violation[] {
    return this.#world.violations
  }

  /** Those of objects. */
  get partitions(): readonly PartitionId[] {
    return [...this.#buckets.keys()]
  }

  /** What the machine's store leads, as the config store has it. */
  ledBy({ storeId }: Machine): readonly PartitionId[] {
    return this.#world.chain.present
      .filter(({ primary, partition }) => primary === storeId && this.#buckets.has(partition))
      .map(({ partition }) => partition)
  }

  /** True if its store is primary of anything, the system range included. */
  leads({ storeId }: Machine): boolean {
    return this.#world.chain.present.some(({ primary }) => primary === storeId)
  }

  /** When anybody last got a beacon of the machine's store. */
  lastBeaconMs({ storeId }: Machine): number {
    if (storeId === undefined) throw new Error('The machine has no store')
    return this.#world.leases.heardMs(storeId)
  }

  /** Lets time pass. */
  elapse(ms: number): Promise<void> {
    return this.#world.scheduler.run(this.nowMs + ms)
  }

  /** Somebody writes now, beside those who write now and then. */
  writeNow(partition: PartitionId): void {
    const serving = this.machines.filter(({ node }) => node !== undefined)
    if (serving.length > 0) void this.#write(partition, this.#random.pick(serving))
  }

  /** When the first write after `sinceMs` succeeded. */
  nextWriteMs(partition: PartitionId, sinceMs: number): number {
    return Math.min(...this.#successesMs(partition, sinceMs))
  }

  /** Between two writes that succeeded since then. */
  longestGapMs(partition: PartitionId, sinceMs: number): number {
    const timesMs = this.#successesMs(partition, sinceMs)
    return Math.max(...timesMs.map((timeMs, at) => timeMs - (timesMs[at - 1] ?? sinceMs)))
  }

  #successesMs(of: PartitionId, sinceMs: number): number[] {
    return this.writes
      .filter(({ partition, isDone, returnedMs }) => {
        return partition === of && isDone && returnedMs > sinceMs
      })
      .map(({ returnedMs }) => returnedMs)
  }

  async #until(isReached: () => boolean): Promise<void> {
    const { scheduler } = this.#world
    await scheduler.run(scheduler.nowMs + START_MS_MAX, isReached)
    if (!isReached()) throw new Error('The region does not start')
  }

  /** Makes buckets until every user range has one. */
  async #makeBuckets(rangeCount: number): Promise<Map<PartitionId, string>> {
    const buckets = new Map<PartitionId, string>()
    for (let number = 0; buckets.size < rangeCount; number++) {
      if (number > BUCKET_COUNT_MAX) throw new Error('Some range gets no bucket')
      const bucket = `bucket-${number}`
      const partition = await this.#makeBucket(bucket)
      if (partition === undefined) await this.#sleep(RETRY_MS)
      else if (!buckets.has(partition)) buckets.set(partition, bucket)
    }
    return buckets
  }

  /** Returns where it lies; undefined if nobody leads the system range yet. */
  async #makeBucket(bucket: string): Promise<PartitionId | undefined> {
    const { node } = this.#random.pick(this.machines)
    if (node === undefined) return undefined
    const calls = new Calls(node, new AbortController().signal, () => Promise.resolve())
    try {
      const bucketId = Buffer.from(await calls.makeBucket(bucket), 'hex')
      const holder = this.#world.chain.present.find(({ range: { start, end } }) => {
        const isBefore = end.byteLength === 0 || Buffer.compare(bucketId, end) < 0
        return isBefore && Buffer.compare(bucketId, start) >= 0
      })
      return holder?.partition
    } catch {
      return undefined
    }
  }

  async #writeOn(partition: PartitionId): Promise<void> {
    for (;;) {
      const serving = this.machines.filter(({ node }) => node !== undefined)
      const isDone =
        serving.length > 0 && (await this.#write(partition, this.#random.pick(serving)))
      await this.#sleep(isDone ? this.#random.below(this.thinkMs * 2) : RETRY_MS)
    }
  }

  /** Resolves with whether it succeeded. */
  async #write(partition: PartitionId, machine: Machine): Promise<boolean> {
    const invokedMs = this.nowMs
    const outcome = await this.#put(this.#buckets.get(partition) ?? '', machine)
    this.writes.push({ partition, invokedMs, returnedMs: this.nowMs, ...outcome })
    return outcome.isDone
  }

  #put(bucket: string, machine: Machine): Promise<Pick<Write, 'isDone' | 'isOrphan'>> {
    const { node } = machine
    if (node === undefined) return Promise.resolve({ isDone: false, isOrphan: true })
    const { scheduler } = this.#world
    return new Promise((resolve) => {
      const gone = new AbortController()
      const end = (isDone: boolean, isOrphan: boolean) => {
        cancel(patience)
        death.cancel()
        resolve({ isDone, isOrphan })
      }
      const patience = scheduler.after(PATIENCE_MS, 'client', () => {
        gone.abort(new Error('The client has gone'))
        end(false, false)
      })
      const death = machine.onDeath(() => end(false, true))
      const calls = new Calls(node, gone.signal, () => Promise.resolve())
      const key = `key-${this.#random.below(KEY_COUNT)}`
      calls.put(bucket, key, new Uint8Array(OBJECT_BYTES), false).then(
        () => end(true, false),
        () => end(false, false),
      )
    })
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.scheduler.after(ms, 'client', resolve))
  }
}

/** Nothing goes wrong by itself. */
function calmPlan({ seed, zones, rangeCount, thinkMs }: CalmRegionOptions): Plan {
  const calm = FAULT_CLASSES.map((name) => [name, 0] as const)
  return {
    ...{ seed, zones, rangeCount, thinkMs },
    ...{ quorum: 'majority', reads: 'lease' },
    ...{
      clientCount: 0,
      keyCount: 0,
      keepsVersions: false,
      saysHello: true,
      attachesValues: false,
      usesAccessKeys: false,
      restoresObjects: false,
      durationMs: 0,
    },
    faults: Object.fromEntries(calm) as Faults,
  }
}
