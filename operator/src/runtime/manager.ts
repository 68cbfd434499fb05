/**
 * All controllers of a leader, from when it leads to when it does not.
 *
 * @module
 */

import type { Controller } from './controller.ts'
import { ControllerRunner } from './controller-runner.ts'
import type { RunnerOptions } from './controller-runner.ts'

export class Manager {
  readonly #controllers: () => readonly Controller[]
  readonly #options: RunnerOptions
  #runners: readonly ControllerRunner[] = []

  /** `controllers` makes them anew for each time of leading: what one has learnt in the last is old. */
  constructor(controllers: () => readonly Controller[], options: RunnerOptions) {
    this.#controllers = controllers
    this.#options = options
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#runners.reduce((sum, runner) => sum + runner.depth, 0)
  }

  /** Begins; the returned `stop` ends what is under way. */
  lead(): { stop(): Promise<void> } {
    const runners = this.#controllers().map(
      (controller) => new ControllerRunner(controller, this.#options),
    )
    this.#runners = runners
    return {
      stop: async () => {
        await Promise.all(runners.map((runner) => runner.stop()))
      },
    }
  }
}
