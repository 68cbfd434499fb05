/**
 * `npm start -- --processes`: serves the config store and runs each storage node as a process.
 *
 * A storage node that ends is started again after a second, with the ports it had. When this process
 * ends, they notice that their channel is gone and end too.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Clock } from './base/clock.ts'
import { sleep } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { ConfigStoreFounder } from './cluster/config-store.ts'
import { foundRegion, type FoundingOptions } from './cluster/founding.ts'
import { nodeVariables } from './contract/storage-node-pod.ts'
import type { NodeMessage } from './node-messages.ts'
import { programUrl } from './node-programs.ts'

const RESTART_MS = 1_000
/** A storage node checkpoints before it ends; one that hangs is ended. */
const STOP_MS_MAX = 9_000
/** As many threads as `npm start` gives itself: Node reads it when a process starts. */
const THREADS = { UV_THREADPOOL_SIZE: '16', MALLOC_ARENA_MAX: '2' }

type Environment = Readonly<Record<string, string | undefined>>
type Opened = Extract<NodeMessage, { kind: 'opened' }>
type Variables = Partial<Record<keyof typeof nodeVariables, string>>

/** One storage node to run. */
export interface NodePlan {
  readonly name: string
  readonly variables: Variables
}

export interface ProcessesOptions {
  readonly nodes: readonly NodePlan[]
  readonly configs: ConfigStoreFounder
  readonly founding: FoundingOptions
  readonly clock: Clock
  readonly logger: Logger
  /** Of this process: what theirs is made from. */
  readonly environment: Environment
}

/** A region of processes that serve. */
export interface Processes {
  /** Ports of the API, one each. */
  readonly httpPorts: readonly number[]
  /** Of the first one's probes and metrics. */
  readonly adminPort: number
  /** Ends them in order. */
  stop(): Promise<void>
}

/** Resolves once all of them serve; rejects when one cannot. */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const nodes = options.nodes.map((plan) => new NodeProcess(plan, options))
  try {
    const opened = await Promise.all(nodes.map((node) => node.opened))
    const entries = opened.map(({ entry }) => entry)
    const isOld = opened.some(({ isOlderThanRanges }) => isOlderThanRanges)
    const founding = isOld ? { ...options.founding, rangeCount: 1 } : options.founding
    await foundRegion(options.configs, entries, founding)
    await Promise.all(nodes.map((node) => node.ready))
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()))
    throw error
  }
  for (const node of nodes) void node.keepRunning()
  return {
    httpPorts: nodes.map(({ httpPort }) => httpPort),
    adminPort: nodes[0]?.adminPort ?? 0,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** A storage node through its lives. */
class NodeProcess {
  readonly #plan: NodePlan
  readonly #options: ProcessesOptions
  #child: ChildProcess
  #opened: Promise<Opened>
  #ready: Promise<void>
  #httpPort = 0
  #adminPort = 0
  #isStopping = false

  constructor(plan: NodePlan, options: ProcessesOptions) {
    this.#plan = plan
    this.#options = options
    ;({ child: this.#child, opened: this.#opened, ready: this.#ready } = this.#start())
  }

  /** Rejects when it ends before. */
  get opened(): Promise<Opened> {
    return this.#opened
  }

  get ready(): Promise<void> {
    return this.#ready
  }

  get httpPort(): number {
    return this.#httpPort
  }

  get adminPort(): number {
    return this.#adminPort
  }

  /** Starts it again whenever it has ended. */
  async keepRunning(): Promise<void> {
    const { clock, configs, founding, logger } = this.#options
    for (;;) {
      if (isRunning(this.#child)) await once(this.#child, 'exit')
      if (this.#isStopping) return
      logger.warn('A storage node has ended', { node: this.#plan.name, ...howItEnded(this.#child) })
      await sleep(clock, RESTART_MS)
      if (this.#isStopping) return
      ;({ child: this.#child, opened: this.#opened, ready: this.#ready } = this.#start())
      try {
        const { entry } = await this.#opened
        await foundRegion(configs, [entry], founding)
        await this.#ready
        logger.info('A storage node is back', { node: this.#plan.name })
      } catch (error) {
        logger.error('A storage node did not start', {
          node: this.#plan.name,
          error: String(error),
        })
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    if (!isRunning(this.#child)) return
    const child = this.#child
    const overdue = this.#options.clock.schedule(STOP_MS_MAX, () => child.kill('SIGKILL'))
    // All of them end: there is nobody to hand over to.
    child.kill('SIGINT')
    await once(child, 'exit')
    overdue.cancel()
  }

  #start(): { child: ChildProcess; opened: Promise<Opened>; ready: Promise<void> } {
    const program = fileURLToPath(programUrl('main'))
    const child = spawn(process.execPath, [...process.execArgv, program], {
      // Its log is this process's; standard output is for the greeting alone.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...THREADS,
        ...this.#options.environment,
        ...environmentOf(this.#plan.variables, this.#ports()),
      },
    })
    const opened = firstMessage(child, 'opened')
    const ready = firstMessage(child, 'ready').then(({ httpPort, adminPort }) => {
      this.#httpPort = httpPort
      this.#adminPort = adminPort
    })
    // Who waits for them hears of it; nobody waits for both all the time.
    opened.catch(() => undefined)
    ready.catch(() => undefined)
    return { child, opened, ready }
  }

  /** The ones it had before: its clients know them. */
  #ports(): Variables {
    if (this.#httpPort === 0) return {}
    return { httpPort: String(this.#httpPort), adminPort: String(this.#adminPort) }
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

function howItEnded({ exitCode, signalCode }: ChildProcess) {
  return { how: signalCode ?? `code ${exitCode}` }
}

function environmentOf(...variables: readonly Variables[]): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of variables.flatMap((each) => Object.entries(each))) {
    environment[nodeVariables[name as keyof typeof nodeVariables]] = value
  }
  return environment
}

/** Rejects when the process ends before it says so. */
function firstMessage<K extends NodeMessage['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<NodeMessage, { kind: K }>> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: NodeMessage) => {
      if (message.kind === kind) resolve(message as Extract<NodeMessage, { kind: K }>)
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      reject(new Error(`A storage node ended before it served (${signal ?? `code ${code}`})`))
    })
  })
}
