/**
 * Lets others lead while this machine's clock is wrong.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

const LOOK_MS = 500

export interface StepAsideParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly isClockWrong: () => boolean
  /** Changes nothing where this store leads nothing. */
  readonly handOver: () => Promise<void>
}

/** Looks twice a second: what this store has come to lead meanwhile goes, too. */
export function stepAsideByClock(parts: StepAsideParts): { stop(): void } {
  const stopping = new AbortController()
  void follow(parts, stopping.signal)
  return { stop: () => stopping.abort() }
}

async function follow(
  { clock, logger, isClockWrong, handOver }: StepAsideParts,
  signal: AbortSignal,
): Promise<void> {
  for (let wasWrong = false; ;) {
    await sleep(clock, LOOK_MS, signal)
    if (signal.aborted) return
    const isWrong = isClockWrong()
    if (isWrong && !wasWrong) logger.warn('The clock of this machine is wrong: others lead')
    if (!isWrong && wasWrong) logger.warn('The clock of this machine is right again')
    wasWrong = isWrong
    if (isWrong) await handOver()
  }
}
