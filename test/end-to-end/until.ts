/**
 * Waits for what is to come, within a bound.
 *
 * @module
 */

import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'

const PAUSE_MS = 250

/** Resolves with the milliseconds that it took; throws, with the last reason, when it takes too long. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  msMax = 60_000,
): Promise<number> {
  const startMs = systemClock.monotonicMs()
  let reason: unknown = 'it is not so'
  const isSo = () => holds().catch((error: unknown) => ((reason = error), false))
  while (!(await isSo())) {
    const tookMs = systemClock.monotonicMs() - startMs
    if (tookMs > msMax) throw new Error(`Within ${msMax} ms, not: ${what}`, { cause: reason })
    await sleep(systemClock, PAUSE_MS)
  }
  return systemClock.monotonicMs() - startMs
}
