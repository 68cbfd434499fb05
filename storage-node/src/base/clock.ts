/**
 * Time as a collaborator: the only place that reads the machine's clocks and sets its timers.
 *
 * @module
 */

/** A timer that can be taken back. */
export interface Timer {
  cancel(): void
}

/** Reads time and waits for it; the simulator has its own. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  nowMs(): number
  /** Monotonic clock, milliseconds with fractions. Its origin means nothing. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs`. A pending timer does not keep the process alive. */
  schedule(delayMs: number, callback: () => void): Timer
}

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  schedule(delayMs, callback) {
    // Between reading the clock and this call the time may have passed already.
    const timeout = setTimeout(callback, Math.max(0, delayMs))
    timeout.unref()
    return { cancel: () => clearTimeout(timeout) }
  },
}

/** Resolves after `delayMs`, or as soon as `signal` is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = clock.schedule(delayMs, finish)
    function finish() {
      timer.cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    signal?.addEventListener('abort', finish)
  })
}
