/**
 * ossutil as a user runs it: one process per command, a configuration file, one signature version.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Access } from '../support/oss-request.ts'

/** The signatures that ossutil knows. */
export type SignVersion = 'v1' | 'v4'

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

/** Runs ossutil commands against one endpoint. */
export class Ossutil {
  readonly #binary: string
  readonly #folder: string
  readonly #options: readonly string[]

  /** `folder` takes the configuration, checkpoints and reports. */
  constructor(binary: string, folder: string, access: Access, sign: SignVersion) {
    this.#binary = binary
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    const configuration = join(folder, 'config')
    const lines = [
      '[Credentials]',
      'language=EN',
      `endpoint=${access.endpoint}`,
      `accessKeyID=${access.accessKeyId}`,
      `accessKeySecret=${access.accessKeySecret}`,
    ]
    writeFileSync(configuration, `${lines.join('\n')}\n`, { mode: 0o600 })
    this.#options = ['-c', configuration, '--sign-version', sign, '--region', access.region]
  }

  /** Starts a command. */
  start(...args: readonly string[]): Running {
    const child = spawn(this.#binary, [...args, ...this.#options], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.#folder },
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
    if (code !== 0)
      throw new Error(`ossutil ${args.join(' ')} ended with ${code}\n${lastLines(output)}`)
    return output
  }

  /** Runs a command that must fail with `code` of the error table. */
  async fails(code: string, ...args: readonly string[]): Promise<void> {
    const outcome = await this.start(...args).outcome
    if (outcome.code === 0 || !outcome.output.includes(code)) {
      throw new Error(
        `ossutil ${args.join(' ')} must fail with ${code}, ended with ${outcome.code}\n${lastLines(outcome.output)}`,
      )
    }
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
