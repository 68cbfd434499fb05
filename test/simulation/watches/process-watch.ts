/**
 * Judges how processes end: by an injected fault, or by a mistake.
 *
 * @module
 */

import type { Machine, ProcessEnd } from '../machine.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Accuse } from './log-watch.ts'

const MISTAKES = new Set([
  'AssertionError',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
])
const DISK_ERRORS = new Set(['EIO', 'ENOSPC'])
/** A process that lost a sync leaves a mark and ends; the disk may be slow. */
const FATAL_MS_MAX = 3_000
/** Causes of causes. */
const CAUSE_DEPTH_MAX = 8

/** An error that no surroundings explain. */
export function isMistake(error: unknown): error is Error {
  return error instanceof Error && MISTAKES.has(error.name)
}

/** True when the store's own start found what the fault atlas has damaged: it stays down (D2). */
export function isCondemned({ cause }: ProcessEnd): boolean {
  return cause !== undefined && causesOf(cause).some(({ name }) => name === 'StoreDamagedError')
}

/** A process ends by itself only because of its disk, what has rotted there, or a wall clock that was far ahead. */
export function judgeEnd(end: ProcessEnd, rotten: Machine | undefined, accuse: Accuse): void {
  const { cause, machine } = end
  if (cause === undefined) return
  const causes = causesOf(cause)
  const where = `store ${machine.host.index}`
  const mistake = causes.find(isMistake)
  if (mistake !== undefined) {
    accuse('assertion', `${where}: ${mistake.stack ?? mistake.message}`)
    return
  }
  if (isCondemned(end)) {
    if (machine !== rotten) accuse('D2', `${where}, whose disk is good: ${cause.message}`)
    return
  }
  // A start that the config store does not answer is tried again.
  if (causes.some(isDiskError) || isUnanswered(end)) return
  if (causes.some(({ name }) => name === 'WrongClockError')) return
  // A process at work may be the first to read what has rotted; its next start finds the damage.
  if (machine === rotten && causes.some(({ name }) => name === 'StoredFormatError')) return
  accuse('end', `${where} ended: ${cause.stack ?? cause.message}`)
}

/** A failed sync is the end of its process (D1): to be called when one has failed. */
export function watchFailedSync(
  machine: Machine,
  path: string,
  scheduler: Scheduler,
  accuse: Accuse,
): void {
  const { host } = machine
  const { life } = host
  if (life === 0) return
  const failedMs = scheduler.nowMs
  scheduler.after(FATAL_MS_MAX, 'check', () => {
    // Who stood still meanwhile had no time to end.
    if (host.life !== life || host.readyMs > failedMs) return
    accuse('D1', `store ${host.index} goes on after a failed sync of ${path}`)
  })
}

function isUnanswered({ isOpening, cause }: ProcessEnd): boolean {
  return isOpening && cause?.name === 'ConfigStoreUnavailableError'
}

function causesOf(error: Error): Error[] {
  const causes: Error[] = []
  for (let at: unknown = error; at instanceof Error && causes.length < CAUSE_DEPTH_MAX;) {
    causes.push(at)
    at = at.cause
  }
  return causes
}

function isDiskError(error: Error): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && DISK_ERRORS.has(code)
}
