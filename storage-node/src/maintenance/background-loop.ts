/**
 * Runs a piece of maintenance again and again, one round at a time.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { UnknownOutcomeError } from '../cluster/primary-calls.ts'

export interface BackgroundLoopOptions {
  /** What the log calls it. */
  readonly name: string
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Repeats `round` until it is stopped; one that fails is reported and tried again. That a partition or
 * a store cannot answer now is nothing that anybody has to look after.
 */
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
        const { message, cause } = error as Error
        const fields = { name, error: message, cause: cause === undefined ? cause : String(cause) }
        if (error instanceof UnknownOutcomeError) logger.info('Maintenance waits', fields)
        else logger.error('Maintenance failed', fields)
      }
    }
  }
}
