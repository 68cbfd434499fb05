/**
 * A command-line client as a user runs it: one process per command.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { basename } from 'node:path'

/** What a command came to. */
export interface Outcome {
  readonly code: number | string
  /** Both streams, as they came. */
  readonly output: string
}

/** A started command. */
export interface Running {
  readonly outcome: Promise<Outcome>
  kill(signal: NodeJS.Signals): void
}

export interface CommandToolOptions {
  readonly binary: string
  /** Where its commands run; its home as well. */
  readonly folder: string
  /** Given to every command, before and behind what it is asked. */
  readonly before?: readonly string[]
  readonly behind?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs commands of one program with one configuration. */
export class CommandTool {
  readonly #options: CommandToolOptions

  constructor(options: CommandToolOptions) {
    this.#options = options
    mkdirSync(options.folder, { recursive: true })
  }

  /** Starts a command. */
  start(...args: readonly string[]): Running {
    const { binary, folder, before = [], behind = [], environment } = this.#options
    const child = spawn(binary, [...before, ...args, ...behind], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...environment },
    })
    const pieces: Buffer[] = []
    child.stdout.on('data', (data: Buffer) => pieces.push(data))
    child.stderr.on('data', (data: Buffer) => pieces.push(data))
    const outcome = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        resolve({ code: code ?? signal ?? 'unknown', output: Buffer.concat(pieces).toString() })
      })
    })
    return { outcome, kill: (signal) => void child.kill(signal) }
  }

  /** Runs a command that must succeed; returns what it wrote. */
  async run(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.start(...args).outcome
    if (code !== 0) {
      throw new Error(`${this.#name} ${args.join(' ')} ended with ${code}\n${lastLines(output)}`)
    }
    return output
  }

  /** Runs a command that must fail and say `word`. */
  async fails(word: string, ...args: readonly string[]): Promise<void> {
    const { code, output } = await this.start(...args).outcome
    if (code !== 0 && output.includes(word)) return
    const asked = `${this.#name} ${args.join(' ')}`
    throw new Error(`${asked} must fail with ${word}, ended with ${code}\n${lastLines(output)}`)
  }

  get #name(): string {
    return basename(this.#options.binary)
  }
}

/** Progress is written over and over on one line: only the ends of what was written say something. */
export function lastLines(output: string): string {
  return output
    .replaceAll(/[^\n]*\r/g, '')
    .split('\n')
    .slice(-15)
    .join('\n')
}
