/**
 * One life of a simulated region, from its first start to the end of its troubles.
 *
 * @module
 */

import { openChecksums } from '@granary/storage-node/base/checksums'
import { continueMd5 } from '@granary/storage-node/base/running-md5'
import { MemoryConfigStore } from '@granary/storage-node/testing'
import { SeededRandom } from '../crash/seeded-random.ts'
import { checkAttached } from './attached-values.ts'
import type { AttachedBook } from './attached-values.ts'
import { checkHistory } from './checkers/check-history.ts'
import { ClientHistory } from './checkers/history.ts'
import type { Outcome } from './checkers/history.ts'
import { Client, type ClientSurroundings } from './client.ts'
import { heal } from './healing.ts'
import { nodeOpener } from './open-node.ts'
import { planOf, type Plan } from './plan.ts'
import { checkRestored } from './restored-objects.ts'
import type { RestoredBook } from './restored-objects.ts'
import { lookAtRows } from './row-looks.ts'
import type { SeedResult, Violation } from './seed-result.ts'
import { World, type Tell } from './world.ts'

/** Until all storage nodes serve for the first time. */
const START_MS_MAX = 60_000
const MICROSECONDS_PER_MS = 1000

/** Runs the life that follows from `seed`. */
export async function runSeed(seed: number, tell?: Tell): Promise<SeedResult> {
  const before = process.cpuUsage()
  const run = new Run(await openWorld(planOf(seed), tell))
  const violations = await catchStray(() => run.live())
  const { user, system } = process.cpuUsage(before)
  return { ...run.counts(), seed, violations, cpuMs: (user + system) / MICROSECONDS_PER_MS }
}

async function openWorld(plan: Plan, tell: Tell | undefined): Promise<World> {
  const checksums = await openChecksums()
  // What is loaded when it is first needed would be waited for in real time.
  await continueMd5(new Uint8Array())
  return new World({
    ...{ plan, checksums, tell },
    records: new MemoryConfigStore(),
    openNode: nodeOpener,
  })
}

/** A rejection that nobody waits for is a mistake of the product. */
async function catchStray(live: () => Promise<Violation[]>): Promise<Violation[]> {
  const stray: Violation[] = []
  const onStray = (cause: unknown) => {
    stray.push({ rule: 'stray rejection', detail: describe(cause) })
  }
  process.on('unhandledRejection', onStray)
  try {
    return [...(await live()), ...stray]
  } finally {
    process.off('unhandledRejection', onStray)
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}

function isDone({ outcome }: { readonly outcome: Outcome<unknown> | undefined }): boolean {
  return outcome?.kind === 'done'
}

class Run {
  readonly #plan: Plan
  readonly #world: World
  readonly #history = new ClientHistory()
  readonly #attached: AttachedBook = { calls: [], momentCount: 0 }
  readonly #restored: RestoredBook = { calls: [], momentCount: 0 }
  readonly #clients: readonly Client[]
  readonly #prober: Client

  constructor(world: World) {
    this.#plan = world.plan
    this.#world = world
    const [prober, ...clients] = this.#makeClients()
    this.#prober = prober
    this.#clients = clients
  }

  async live(): Promise<Violation[]> {
    const { scheduler, faults } = this.#world
    this.#world.tell(JSON.stringify(this.#plan))
    await this.#start()
    faults.start()
    lookAtRows(this.#world)
    for (const client of this.#clients) client.start()
    await scheduler.run(scheduler.nowMs + this.#plan.durationMs)
    await heal(this.#world, this.#clients, this.#prober)
    for (const { kind, bucket, key, excerpt } of checkHistory(this.#history.calls)) {
      this.#world.accuse(kind, `${bucket}/${key ?? ''}: ${excerpt}`)
    }
    checkAttached(this.#attached, this.#world.accuse)
    checkRestored(this.#restored, this.#world.accuse)
    return this.#world.violations
  }

  counts(): Pick<
    SeedResult,
    'operations' | 'takeovers' | 'crashes' | 'torn' | 'events' | 'traceHash'
  > {
    const { scheduler, crashCount, tornCount } = this.#world
    return {
      operations: [...this.#history.calls, ...this.#attached.calls, ...this.#restored.calls].filter(
        isDone,
      ).length,
      takeovers: this.#world.chain.takeoverCount,
      crashes: crashCount,
      torn: tornCount,
      events: scheduler.eventCount,
      traceHash: scheduler.traceHash,
    }
  }

  /** Everything starts, and the buckets that last are made. */
  async #start(): Promise<void> {
    const { scheduler, machines } = this.#world
    this.#world.startAll()
    await scheduler.run(START_MS_MAX, () => machines.every(({ node }) => node !== undefined))
    if (machines.some(({ node }) => node === undefined)) {
      this.#world.accuse('liveness', 'The region does not start')
      return
    }
    let isFounded = false
    void this.#prober.makeLastingBuckets(() => false).then(() => (isFounded = true))
    await scheduler.run(scheduler.nowMs + START_MS_MAX, () => isFounded)
    if (!isFounded) {
      this.#world.accuse('liveness', 'No bucket can be made at the start')
    }
  }

  /** One to begin and to end with, and those that work in between. */
  #makeClients(): [Client, ...Client[]] {
    const { scheduler, machines } = this.#world
    const random = new SeededRandom(this.#plan.seed ^ 0xc11e)
    let block = 0
    const surroundings: ClientSurroundings = {
      plan: this.#plan,
      ...{ scheduler, machines },
      history: this.#history,
      tell: this.#world.isTold ? (line) => this.#world.tell(line) : undefined,
      accuse: this.#world.accuse,
      nextBlock: () => ++block,
      lengths: new Map(),
      versions: [],
      attached: this.#attached,
      restored: this.#restored,
      isolate: (machine) => this.#world.faults.isolate(machine),
    }
    const make = (number: number) => {
      return new Client(number, new SeededRandom(random.seed()), surroundings)
    }
    const numbers = Array.from({ length: this.#plan.clientCount }, (_, index) => index + 1)
    return [make(0), ...numbers.map(make)]
  }
}
