/**
 * Runs the programs of a foreign suite, several at a time: most of what their tests do is wait.
 *
 * @module
 */

import { spawn } from 'node:child_process'

/** A program to run, and how long it may take. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** What a program came to. */
export interface Run {
  readonly code: number | string
  readonly output: string
}

/** Bounds what one program can make this process keep. */
const OUTPUT_BYTES_MAX = 4 * 1024 ** 2

/** Calls `work` for each of `items`, `width` at a time; results stand in the order of the items. */
export async function inPool<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const waiting = [...items.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, item] = next
      results[at] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}

/** Runs `program` to its end, or kills it with everything it has started when its time is over. */
export function runProgram(program: Program): Promise<Run> {
  const { command, args, folder, environment, timeoutMs } = program
  const child = spawn(command, args, {
    cwd: folder,
    // A group of its own, so that what it has started ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const pieces: Buffer[] = []
  let bytes = 0
  const keep = (data: Buffer) => {
    bytes += data.length
    if (bytes <= OUTPUT_BYTES_MAX) pieces.push(data)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), timeoutMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? signal ?? 'unknown', output: Buffer.concat(pieces).toString() })
    })
  })
}
