/**
 * Runs a piece of maintenance again and again, one round at a time.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

export interface BackgroundLoopOptions {
  /** What the log calls it. */
  readonly name: string
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/** Repeats `round` until it is stopped; a round that fails is reported and tried again. */
export class BackgroundLoop {
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>

  constructor(options: BackgroundLoopOptions, round: (signal: AbortSignal) => Promise<void>) {
    this.#running = this.#run(options, round)
  }

  /** Resolves once the round under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(
    { name, intervalMs, clock, logger }: BackgroundLoopOptions,
    round: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#stopping
    for (;;) {
      await sleep(clock, intervalMs, signal)
      if (signal.aborted) return
      try {
        await round(signal)
      } catch (error) {
        logger.error('Maintenance failed', { name, error: String(error) })
      }
    }
  }
}
