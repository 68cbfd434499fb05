/**
 * How fast this machine is this minute: server CPU of one bare `node:http` answer.
 *
 * Machines differ, and one machine differs from hour to hour. A cost as a multiple of this one can
 * be compared.
 *
 * @module
 */

import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Generator } from './generator.ts'
import type { LoadPlan } from './plan.ts'
import { cpuMicroseconds } from './process-usage.ts'

/** The machine that the figures of the goal are for: a bare answer costs it so much. */
export const REFERENCE_BARE_US = 25

const CONNECTION_COUNT = 64
/** Until then the compiler of a fresh process still costs as much as the answers. */
const WARM_UP_COUNT = 150_000
const COUNT = 30_000

/** A bare server to measure with. */
export class Yardstick {
  readonly #child: ChildProcess
  readonly #generator: Generator
  readonly #endpoint: string

  private constructor(child: ChildProcess, generator: Generator, port: number) {
    this.#child = child
    this.#generator = generator
    this.#endpoint = `http://127.0.0.1:${port}`
  }

  static async start(generator: Generator): Promise<Yardstick> {
    const child = fork(join(import.meta.dirname, 'bare-http.ts'), { execArgv: [] })
    const [port] = (await once(child, 'message')) as [number]
    const yardstick = new Yardstick(child, generator, port)
    await yardstick.#run(WARM_UP_COUNT)
    return yardstick
  }

  /** Microseconds of server CPU for one bare answer, now. */
  async measure(): Promise<number> {
    const pid = this.#child.pid ?? 0
    const before = cpuMicroseconds(pid)
    await this.#run(COUNT)
    return (cpuMicroseconds(pid) - before) / COUNT
  }

  stop(): void {
    this.#child.disconnect()
  }

  async #run(count: number): Promise<void> {
    const access = { endpoint: this.#endpoint, region: '', accessKeyId: '', accessKeySecret: '' }
    const request: LoadPlan['request'] = { kind: 'bare' }
    const plan = { access, connectionCount: CONNECTION_COUNT, firstIndex: 0, count, request }
    await this.#generator.run(plan)
  }
}
