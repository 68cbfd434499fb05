/**
 * A controller: what it watches, and what it does about one object.
 *
 * @module
 */

import type { KubernetesObject } from '../resources/kubernetes-object.ts'

/** Hears of objects that came, changed or went. */
export interface ObjectListener {
  changed(object: KubernetesObject): void
  removed(object: KubernetesObject): void
}

/** Objects that a controller follows, and whom of its own they concern. */
export interface ControllerSource {
  /** Begins to follow; `listed` resolves once everything that there was has been told. */
  watch(listener: ObjectListener): { readonly listed: Promise<void>; stop(): void }
  /** Keys to reconcile when this object came, changed or went. */
  keysOf(object: KubernetesObject): readonly string[]
}

/** When to look again although nothing is heard: never sooner than asked for, whatever else happens. */
export interface Again {
  readonly afterMs: number
}

export interface Controller {
  /** In logs and metrics: `region`, `bucket`. */
  readonly name: string
  readonly sources: readonly ControllerSource[]
  /** Keys reconciled at the same time; never the same key twice. Default: 1. */
  readonly workerCount?: number
  /**
   * Observes, decides and applies for one key (`keyOf`). A rejection is logged and tried again with back-off; an object
   * that is gone is no error. `signal` is aborted when this process no longer leads: what is under way must end.
   */
  reconcile(key: string, signal: AbortSignal): Promise<Again | undefined>
}
