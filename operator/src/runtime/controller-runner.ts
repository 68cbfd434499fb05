/**
 * Runs a controller: what its sources tell goes into a queue, workers take keys out and reconcile them.
 *
 * @module
 */

import type { Clock, Timer } from '@granary/storage-node/base/clock'
import type { Logger } from '@granary/storage-node/base/logger'
import type { Random } from '@granary/storage-node/base/random'
import { keyOf } from '../resources/kubernetes-object.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import type { Controller, ControllerSource } from './controller.ts'
import type { ReconcileObserver } from './reconcile-observer.ts'
import { WorkQueue } from './work-queue.ts'

export interface RunnerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly observer: ReconcileObserver
  /** How often every key is looked at again, whatever is heard. */
  readonly resyncMs: number
}

export class ControllerRunner {
  readonly #controller: Controller
  readonly #options: RunnerOptions
  readonly #queue: WorkQueue
  /** Keys that the objects there are concern, by source and object. */
  readonly #present = new Map<string, readonly string[]>()
  readonly #watches: { readonly listed: Promise<void>; stop(): void }[]
  readonly #stopping = new AbortController()
  readonly #workers: Promise<void>[]
  #resync: Timer | undefined

  /** Starts at once. */
  constructor(controller: Controller, options: RunnerOptions) {
    this.#controller = controller
    this.#options = options
    this.#queue = new WorkQueue(options)
    this.#watches = controller.sources.map((source, at) => this.#follow(source, at))
    this.#scheduleResync()
    this.#workers = Array.from({ length: controller.workerCount ?? 1 }, () => this.#work())
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#queue.depth
  }

  /** Ends what is under way as far as it listens to its signal, and resolves when nothing is left. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#resync?.cancel()
    for (const watch of this.#watches) watch.stop()
    this.#queue.close()
    await Promise.all(this.#workers)
  }

  #follow(source: ControllerSource, at: number) {
    const tell = (object: KubernetesObject) => {
      const keys = source.keysOf(object)
      for (const key of keys) this.#queue.add(key)
      return keys
    }
    const idOf = ({ metadata }: KubernetesObject) => `${at} ${keyOf(metadata)}`
    return source.watch({
      changed: (object) => void this.#present.set(idOf(object), tell(object)),
      removed: (object) => {
        tell(object)
        this.#present.delete(idOf(object))
      },
    })
  }

  /**
   * Reconciling begins when all sources have told what there is: a decision on half of the objects would be one
   * on the wrong ones.
   */
  async #work(): Promise<void> {
    await Promise.race([this.#listed(), this.#stopped()])
    for (;;) {
      const key = await this.#queue.take()
      if (key === undefined) return
      await this.#reconcile(key)
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { clock, logger, observer } = this.#options
    const { name } = this.#controller
    const startMs = clock.monotonicMs()
    try {
      const again = await this.#controller.reconcile(key, this.#stopping.signal)
      this.#queue.done(key)
      if (again !== undefined) this.#queue.addAfter(key, again.afterMs)
      observer.reconciled(name, 'success', clock.monotonicMs() - startMs)
    } catch (error) {
      const retryMs = Math.round(this.#queue.failed(key))
      observer.reconciled(name, 'failure', clock.monotonicMs() - startMs)
      if (this.#stopping.signal.aborted) return
      const why = error instanceof Error ? error.message : String(error)
      logger.warn('Not reconciled', { controller: name, key, why, retryMs })
    }
  }

  #scheduleResync(): void {
    const { clock, resyncMs } = this.#options
    this.#resync = clock.schedule(resyncMs, () => {
      for (const keys of this.#present.values()) for (const key of keys) this.#queue.add(key)
      this.#scheduleResync()
    })
  }

  async #listed(): Promise<void> {
    await Promise.all(this.#watches.map(({ listed }) => listed))
  }

  #stopped(): Promise<void> {
    return new Promise((resolve) => {
      this.#stopping.signal.addEventListener('abort', () => resolve())
    })
  }
}
