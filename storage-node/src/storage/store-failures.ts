/**
 * The FAILED mark: when a store's disk has failed. One failure is followed by an ordinary start, two
 * within a day mark the volume (replication.md 2.6).
 *
 * @module
 */

/** One failed write or sync that ended a process. */
export interface StoreFailure {
  readonly atMs: number
  readonly reason: string
}

const REMEMBERED_MS = 24 * 60 * 60 * 1000
const COUNT_MAX = 16

/** A line for each failure. */
export function writeFailures(failures: readonly StoreFailure[]): Uint8Array {
  const lines = failures.map(({ atMs, reason }) => `${atMs} ${reason.replaceAll(/\s+/g, ' ')}\n`)
  return Buffer.from(lines.slice(-COUNT_MAX).join(''))
}

/** Failures of the last day, oldest first; lines that say something else are left out. */
export function parseFailures(bytes: Uint8Array, nowMs: number): StoreFailure[] {
  const lines = Buffer.from(bytes).toString().split('\n')
  return lines.flatMap((line) => {
    const [, at, reason] = /^(\d{1,15}) (.*)$/.exec(line) ?? []
    const atMs = Number(at)
    return reason === undefined || atMs < nowMs - REMEMBERED_MS ? [] : [{ atMs, reason }]
  })
}
