/**
 * A server under measurement: a process of its own, started by its real entry on an empty store.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Access, OssRequest } from '../support/oss-request.ts'
import { processTree } from './process-usage.ts'
import { startArguments } from './start-script.ts'

const LOG_TAIL_CHARACTERS = 4_000

/** How a region is spread. */
export type Layout = 'one store' | 'three processes'

const LAYOUT_ARGUMENTS = { 'one store': ['--zones', '1'], 'three processes': ['--processes'] }

/** What a server is started with. */
export interface ServerOptions {
  /** Root of the tree whose server it is. */
  readonly tree: string
  /** Where its store is made. */
  readonly dataParent: string
  /** One store in one process, or three storage nodes as processes. */
  readonly layout: Layout
  readonly environment: Readonly<Record<string, string>>
  /** Arguments for Node itself. */
  readonly nodeArguments: readonly string[]
}

/** A server that accepts requests. */
export class Server {
  readonly access: Access
  /** Of all its processes. */
  readonly pids: readonly number[]
  readonly #child: ChildProcess
  readonly #data: string

  private constructor(child: ChildProcess, data: string, access: Access) {
    this.#child = child
    this.#data = data
    this.access = access
    this.pids = processTree(child.pid ?? 0)
  }

  static async start(options: ServerOptions): Promise<Server> {
    const data = mkdtempSync(join(options.dataParent, 'granary-bench-data-'))
    const entry = join(options.tree, 'storage-node', 'src', 'local.ts')
    const nodeArguments = [...startArguments(options.tree), ...options.nodeArguments]
    const layout = LAYOUT_ARGUMENTS[options.layout]
    const args = [...nodeArguments, entry, '--json', '--port', '0', '--data', data, ...layout]
    const child = spawn(process.execPath, args, {
      cwd: options.tree,
      stdio: ['ignore', 'pipe', 'pipe'],
      // As many threads as `npm start` gives it.
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: '16',
        MALLOC_ARENA_MAX: '2',
        ...options.environment,
      },
    })
    const log = keepTail(child)
    return new Server(child, data, await readAccess(child, log))
  }

  /** Sends a request that must be answered with 200. */
  async request(request: OssRequest): Promise<void> {
    const { status, body } = await sendOssRequest(this.access, request)
    if (status !== 200) throw new Error(`${request.method}: ${status} ${body.toString()}`)
  }

  /** Ends it in order, and removes its store. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit')
    }
    rmSync(this.#data, { recursive: true, force: true })
  }
}

/** The last lines of its log, for when it ends too early. */
function keepTail(child: ChildProcess): () => string {
  let tail = ''
  child.stderr?.on('data', (data: Buffer) => {
    tail = (tail + data.toString()).slice(-LOG_TAIL_CHARACTERS)
  })
  return () => tail
}

async function readAccess(child: ChildProcess, log: () => string): Promise<Access> {
  const lines = createInterface({ input: child.stdout! })
  const ended = once(child, 'close').then(() => {
    throw new Error(`The server ended\n${log()}`)
  })
  // It ends one day; only an end before it is ready is a failure.
  ended.catch(() => {})
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  return JSON.parse(line) as Access
}
