/**
 * One storage node of a run, through its lives: it is started again a second after it ended.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sleep, systemClock } from '@granary/storage-node/base/clock'
import type { StoreEntry } from '@granary/storage-node/contract/placement-map'
import { findCommand } from '../support/debian-packages.ts'
import type { NodeMessage } from '../../storage-node/src/testing.ts'
import type { Place } from './places.ts'

const RESTART_MS = 1_000
const STOP_MS_MAX = 15_000
/** As `npm start` gives itself. */
const THREADS = { UV_THREADPOOL_SIZE: '16', MALLOC_ARENA_MAX: '2' }
const PROGRAM = fileURLToPath(new URL('../../storage-node/src/main.ts', import.meta.url))

export interface NodeProcessOptions {
  readonly place: Place
  /** Words of `ip` that run a command where the storage node is. */
  readonly enter: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  /** Where its log goes. */
  readonly logFile: string
}

export class NodeProcess {
  readonly place: Place
  /** How it ended when nobody had ended it. */
  readonly accidents: string[] = []
  /** It may end by itself, any number of times, which then is no accident. */
  mayEnd = false
  readonly #options: NodeProcessOptions
  #child: ChildProcess
  #opened: Promise<StoreEntry>
  #ready: Promise<void>
  /** The present life ends on purpose. */
  #isEnding = false
  #isOver = false

  constructor(options: NodeProcessOptions) {
    this.#options = options
    this.place = options.place
    ;({ child: this.#child, opened: this.#opened, ready: this.#ready } = this.#start())
  }

  get name(): string {
    return this.place.name
  }

  /** Rejects when it ends before. */
  get opened(): Promise<StoreEntry> {
    return this.#opened
  }

  /** Of the present life. */
  get ready(): Promise<void> {
    return this.#ready
  }

  /** Starts it again whenever it has ended, until the run is over. */
  async keepRunning(): Promise<void> {
    for (;;) {
      const child = this.#child
      if (isRunning(child)) await once(child, 'exit')
      if (this.#isOver) return
      if (!this.#isEnding && !this.mayEnd)
        this.accidents.push(`${this.name} ended: ${howItEnded(child)}`)
      await sleep(systemClock, RESTART_MS)
      if (this.#isOver) return
      this.#isEnding = false
      ;({ child: this.#child, opened: this.#opened, ready: this.#ready } = this.#start())
    }
  }

  /** Dies at once; resolves when it is started again. */
  async kill(): Promise<void> {
    this.#isEnding = true
    const before = this.#child
    before.kill('SIGKILL')
    await this.#nextLife(before)
  }

  /** Ends in order, handing over what it leads; resolves when it is started again. */
  async restart(): Promise<void> {
    this.#isEnding = true
    const before = this.#child
    before.kill('SIGTERM')
    const overdue = systemClock.schedule(STOP_MS_MAX, () => {
      this.accidents.push(`${this.name} did not stop within ${STOP_MS_MAX} ms`)
      before.kill('SIGKILL')
    })
    await this.#nextLife(before)
    overdue.cancel()
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  goOn(): void {
    this.#child.kill('SIGCONT')
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    this.#isOver = true
    const child = this.#child
    if (!isRunning(child)) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async #nextLife(before: ChildProcess): Promise<void> {
    while (this.#child === before && !this.#isOver) await sleep(systemClock, 50)
  }

  #start() {
    const { enter, variables, logFile } = this.#options
    const log = openSync(logFile, 'a')
    const command = [...enter, process.execPath, ...process.execArgv, PROGRAM]
    const child = spawn(findCommand('ip') ?? 'ip', command, {
      stdio: ['ignore', log, log, 'ipc'],
      // What interrupts a run at the terminal does not interrupt it.
      detached: true,
      env: { ...process.env, ...THREADS, ...variables },
    })
    closeSync(log)
    const opened = firstMessage(child, 'opened').then(({ entry }) => entry)
    const ready = firstMessage(child, 'ready').then(() => undefined)
    // Who waits for them hears of it; nobody waits for both all the time.
    opened.catch(() => undefined)
    ready.catch(() => undefined)
    return { child, opened, ready }
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string {
  return signalCode ?? `code ${exitCode}`
}

function firstMessage<K extends NodeMessage['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<NodeMessage, { kind: K }>> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: NodeMessage) => {
      if (message.kind === kind) resolve(message as Extract<NodeMessage, { kind: K }>)
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`A storage node ended: ${howItEnded(child)}`)))
  })
}
