/**
 * One run of the nemesis: clients at work, faults one after another, checks all the while.
 *
 * @module
 */

import { loadavg } from 'node:os'
import { sleep, systemClock } from '@granary/storage-node/base/clock'
import { SeededRandom } from '../crash/seeded-random.ts'
import { ClientHistory } from '../simulation/checkers/history.ts'
import { measureAvailability, overlongGaps } from './availability.ts'
import type { Availability, Gap } from './availability.ts'
import { Client } from './client.ts'
import { faults } from './faults.ts'
import type { Harm } from './faults.ts'
import { HistoryChecks } from './history-checks.ts'
import type { NemesisRegion } from './nemesis-region.ts'
import { Recovery } from './recovery.ts'
import { BRIEF_BUCKETS, LASTING_BUCKETS, Workload } from './workload.ts'

const CLIENT_COUNT = 16
const PAUSE_MS_MIN = 3_000
const PAUSE_MS_MAX = 7_000
const CHECK_EVERY_MS = 10_000
/** A gap that its clients notice. */
const NOTICED_MS = 1_000
/** Without a fault; others may want the processors too. */
const CALM_GAP_MS_MAX = 5_000
const NO_GAP: Gap = { bucket: 'none', beginsMs: 0, lastsMs: 0 }

export interface NemesisRunOptions {
  readonly seed: number
  readonly minutes: number
  /** Names of faults, each of which happens at least once. */
  readonly faultNames: readonly string[]
  readonly signal: AbortSignal
  readonly print: (line: string) => void
}

export interface NemesisResult {
  /** Why a fault was not survived, by its name; empty where it was. */
  readonly faults: ReadonlyMap<string, readonly string[]>
  readonly violations: HistoryChecks['violations']
  readonly callCount: number
  readonly unknownCount: number
}

export class NemesisRun {
  readonly #region: NemesisRegion
  readonly #options: NemesisRunOptions
  readonly #random: SeededRandom
  readonly #history = new ClientHistory()
  readonly #workload = new Workload()
  readonly #recovery: Recovery
  readonly #checks = new HistoryChecks(this.#history, [...LASTING_BUCKETS, ...BRIEF_BUCKETS])
  readonly #failures: Map<string, string[]>

  constructor(region: NemesisRegion, options: NemesisRunOptions) {
    this.#region = region
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#recovery = new Recovery([...region.endpoints.keys()], LASTING_BUCKETS)
    this.#failures = new Map(['calm', ...options.faultNames].map((name) => [name, []]))
  }

  async run(): Promise<NemesisResult> {
    try {
      return await this.#run()
    } finally {
      await this.#checks.close()
    }
  }

  async #run(): Promise<NemesisResult> {
    await this.#makeBuckets()
    const over = new AbortController()
    const clients = Array.from({ length: CLIENT_COUNT }, (_, number) => this.#client(number))
    const working = clients.map((client) => client.run(over.signal))
    const checking = this.#checkUntil(over.signal)
    try {
      await this.#haunt()
    } finally {
      over.abort()
      await Promise.all([...working, checking])
    }
    await this.#client(CLIENT_COUNT).readEverything([...LASTING_BUCKETS, ...BRIEF_BUCKETS])
    await this.#checks.checkAll()
    const { calls } = this.#history
    return {
      faults: this.#failures,
      violations: this.#checks.violations,
      callCount: calls.length,
      unknownCount: calls.filter(({ outcome }) => outcome?.kind === 'unknown').length,
    }
  }

  #client(number: number): Client {
    return new Client({
      ...{ number, seed: this.#random.seed(), endpoints: this.#region.endpoints },
      ...{ history: this.#history, workload: this.#workload },
      onReturn: (endpoint, operation, isDone) => this.#recovery.hear(endpoint, operation, isDone),
    })
  }

  async #makeBuckets(): Promise<void> {
    const client = this.#client(CLIENT_COUNT + 1)
    for (const bucket of LASTING_BUCKETS) await client.makeBucket(bucket)
  }

  async #checkUntil(signal: AbortSignal): Promise<void> {
    let shownCount = 0
    while (!signal.aborted) {
      await sleep(systemClock, CHECK_EVERY_MS, signal)
      await this.#checks.checkNext()
      for (const { kind, bucket, key } of this.#checks.violations.slice(shownCount)) {
        this.#options.print(`VIOLATION ${kind} ${bucket} ${key ?? ''}`)
        shownCount++
      }
    }
  }

  /** All faults in an order of chance, again and again until the time is over. */
  async #haunt(): Promise<void> {
    const { faultNames, minutes, signal } = this.#options
    const endMs = performance.now() + minutes * 60_000
    await this.#calm()
    for (let round = 0; round === 0 || performance.now() < endMs; round++) {
      for (const name of shuffled(faultNames, this.#random)) {
        if (signal.aborted || (round > 0 && performance.now() >= endMs)) return
        await this.#afflict(name)
      }
    }
  }

  async #calm(): Promise<void> {
    await this.#recovery.complete()
    await this.#measured('calm', async () => {
      await sleep(systemClock, PAUSE_MS_MAX, this.#options.signal)
      return { what: 'nothing happens', gapMsMax: CALM_GAP_MS_MAX }
    })
  }

  async #afflict(name: string): Promise<void> {
    const fault = faults[name]
    if (fault === undefined) throw new Error(`There is no fault "${name}"`)
    await this.#measured(name, () => fault(this.#region, this.#random))
    await sleep(systemClock, this.#random.between(PAUSE_MS_MIN, PAUSE_MS_MAX), this.#options.signal)
  }

  /** Measures from the fault to the recovery, and prints it. */
  async #measured(name: string, act: () => Promise<Harm>): Promise<void> {
    const before = await this.#region.partitions()
    const fromMs = performance.now()
    const failures: string[] = []
    let harm: Harm | undefined
    try {
      harm = await act()
      await this.#recovery.complete()
    } catch (error) {
      failures.push(String(error))
    }
    const availability = measureAvailability(this.#history.calls, fromMs, performance.now())
    failures.push(...overlongGaps(availability, harm?.gapMsMax ?? Infinity))
    failures.push(...this.#region.nodes.flatMap(({ accidents }) => accidents.splice(0)))
    this.#failures.get(name)?.push(...failures)
    const after = await this.#region.partitions()
    const epochs = new Map(before.map(({ partition, epoch }) => [partition, epoch]))
    const moved = after.filter(({ partition, epoch }) => epochs.get(partition) !== epoch).length
    // What others do on the machine makes gaps too.
    const load = `load ${loadavg()[0]?.toFixed(1)}`
    const what = harm?.what ?? 'it went wrong'
    this.#options.print(`${name} (${what}): ${describe(availability)}, takeovers ${moved}, ${load}`)
    for (const failure of failures) this.#options.print(`  FAILED ${failure}`)
  }
}

function describe({ callCount, unknownCount, p50Ms, p99Ms, gaps }: Availability): string {
  const noticed = gaps.filter(({ lastsMs }) => lastsMs >= NOTICED_MS).length
  const [{ bucket, beginsMs, lastsMs } = NO_GAP] = gaps
  return [
    `longest gap ${lastsMs.toFixed(0)} ms (${bucket} after ${(beginsMs / 1000).toFixed(1)} s)`,
    `${noticed} of ${gaps.length} buckets over ${NOTICED_MS} ms`,
    `p50 ${p50Ms.toFixed(1)} ms`,
    `p99 ${p99Ms.toFixed(0)} ms`,
    `operations ${callCount}, unknown ${unknownCount}`,
  ].join(', ')
}

function shuffled(names: readonly string[], random: SeededRandom): string[] {
  const left = [...names]
  return names.map(() => left.splice(random.below(left.length), 1)[0] ?? '')
}
