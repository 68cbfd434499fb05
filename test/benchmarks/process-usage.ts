/**
 * What a process has used, as Linux counts it.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Linux tells times to programs in hundredths of a second, whatever the kernel's own clock is. */
const MICROSECONDS_PER_TICK = 10_000

/** A process, its children, and theirs. */
export function processTree(pid: number): number[] {
  const childrenOf = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(Number(name))
    if (parent === undefined) continue
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)])
  }
  const below = (each: number): number[] => [each, ...(childrenOf.get(each) ?? []).flatMap(below)]
  return below(pid)
}

function parentOf(pid: number): number | undefined {
  try {
    return parseParent(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    // It has ended since it was listed.
    return undefined
  }
}

/** The parent's number out of the text of `/proc/PID/stat`. */
export function parseParent(stat: string): number {
  return Number(fieldsOf(stat)[1])
}

/** User and system time of all threads, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  // Exact, but not there in every kernel, and without the threads that have ended: ours do not end.
  if (existsSync(`/proc/${pid}/schedstat`)) {
    const texts = readdirSync(`/proc/${pid}/task`).map((task) => readSchedule(pid, task))
    return texts.reduce((sum, text) => sum + parseScheduledMicroseconds(text), 0)
  }
  return parseCpuMicroseconds(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

function readSchedule(pid: number, task: string): string {
  try {
    return readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8')
  } catch {
    return '0'
  }
}

/** The time that a thread has run, out of the text of its `schedstat`. */
export function parseScheduledMicroseconds(schedule: string): number {
  return Number(schedule.split(' ')[0]) / 1000
}

/** User and system time out of the text of `/proc/PID/stat`. */
export function parseCpuMicroseconds(stat: string): number {
  const fields = fieldsOf(stat)
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}

/** What follows the program's name, which stands in brackets and may hold spaces and brackets. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** The same out of the text of `/proc/PID/status`. */
export function parseResidentBytes(status: string): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** Looks at the resident memory of processes again and again, and keeps the most any of them had. */
export class MemorySampler {
  readonly #timer: NodeJS.Timeout
  readonly #pids: readonly number[]
  #bytesMax = 0

  constructor(pids: readonly number[], intervalMs = 50) {
    this.#pids = pids
    this.#sample()
    this.#timer = setInterval(() => this.#sample(), intervalMs)
  }

  /** Ends the sampling; returns the most, in bytes. */
  stop(): number {
    clearInterval(this.#timer)
    this.#sample()
    return this.#bytesMax
  }

  #sample(): void {
    this.#bytesMax = Math.max(this.#bytesMax, ...this.#pids.map(residentBytes))
  }
}
