/**
 * Starts the real server as a process of its own, the way `npm start` does, and ends it in every way it can end.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Access } from './oss-request.ts'

const root = join(import.meta.dirname, '..', '..')

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A server that accepts requests. */
export interface LocalServer {
  readonly access: Access
  readonly pid: number
  /** Everything it wrote so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  readonly exited: Promise<Exit>
  /** Sends `signal` and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>
}

/** What a server is started with. */
export interface LocalServerOptions {
  readonly data: string
  readonly port?: number
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a server and waits until it accepts requests; throws what it wrote if it ends before that. */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const args = [
    '--json',
    '--port',
    String(options.port ?? 0),
    '--data',
    options.data,
    ...(options.args ?? []),
  ]
  const { child, output, exited } = runLocalServer(args, options.environment)
  const firstLine = await Promise.race([readFirstLine(child, output), exited.then(() => undefined)])
  if (firstLine === undefined) {
    throw new Error(`The server ended before it was ready\n${output.stdout}${output.stderr}`)
  }
  return {
    access: JSON.parse(firstLine) as Access,
    pid: child.pid ?? 0,
    output,
    exited,
    end(signal) {
      child.kill(signal)
      return exited
    },
  }
}

/** Runs the server with `args`, whatever becomes of it. */
export function runLocalServer(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  const entry = join(root, 'storage-node', 'start.mjs')
  const child = spawn(process.execPath, [join(root, 'storage-node', 'run.mjs'), entry, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data: Buffer) => (output.stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()))
  const exited = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  return { child, output, exited }
}

function readFirstLine(child: ChildProcess, output: { readonly stdout: string }): Promise<string> {
  return new Promise((resolve) => {
    child.stdout?.on('data', () => {
      const end = output.stdout.indexOf('\n')
      if (end !== -1) resolve(output.stdout.slice(0, end))
    })
  })
}
