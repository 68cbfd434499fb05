/**
 * Counts what controllers do.
 *
 * @module
 */

import type { Metrics } from '@granary/storage-node/base/metrics'

export type Outcome = 'success' | 'failure'

/** Hears of every key that was reconciled. */
export interface ReconcileObserver {
  reconciled(controller: string, outcome: Outcome, tookMs: number): void
}

/** Into the numbers that Prometheus reads. */
export function reconcileMetrics(metrics: Metrics): ReconcileObserver {
  const count = metrics.counter(
    'granary_operator_reconciles_total',
    'Reconciles by controller and outcome',
    ...['controller', 'outcome'],
  )
  const duration = metrics.histogram(
    'granary_operator_reconcile_seconds',
    'How long a reconcile takes',
    'controller',
  )
  return {
    reconciled(controller, outcome, tookMs) {
      count.add(1, controller, outcome)
      duration.observe(tookMs / 1_000, controller)
    },
  }
}
