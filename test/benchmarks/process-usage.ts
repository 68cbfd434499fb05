/**
 * What a process has used, as Linux counts it.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Linux tells times to programs in hundredths of a second, whatever the kernel's own clock is. */
const MICROSECONDS_PER_TICK = 10_000

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
  // The second field is the program's name in brackets, which may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** The same out of the text of `/proc/PID/status`. */
export function parseResidentBytes(status: string): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** Looks at the resident memory of a process again and again, and keeps the most it saw. */
export class MemorySampler {
  readonly #timer: NodeJS.Timeout
  readonly #pid: number
  #bytesMax = 0

  constructor(pid: number, intervalMs = 50) {
    this.#pid = pid
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
    this.#bytesMax = Math.max(this.#bytesMax, residentBytes(this.#pid))
  }
}
