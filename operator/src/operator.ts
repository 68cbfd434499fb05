/**
 * The operator as a whole: elects, applies the definitions that it was built with, runs the controllers.
 *
 * @module
 */

import { sleep } from '@granary/storage-node/base/clock'
import type { Clock } from '@granary/storage-node/base/clock'
import type { Logger } from '@granary/storage-node/base/logger'
import type { Metrics } from '@granary/storage-node/base/metrics'
import type { Random } from '@granary/storage-node/base/random'
import type { KubernetesApi } from './kubernetes/kubernetes-api.ts'
import { kubernetesLease } from './kubernetes/kubernetes-lease.ts'
import { controllers } from './reconcilers/all.ts'
import { allResources } from './resources/all.ts'
import { customResourceDefinitions } from './resources/built-in.ts'
import { customResourceDefinition } from './resources/custom-resource-definition.ts'
import type { ObjectName } from './resources/kubernetes-object.ts'
import { LeaderElection } from './runtime/leader-election.ts'
import { Manager } from './runtime/manager.ts'
import { reconcileMetrics } from './runtime/reconcile-observer.ts'
import { RegionClient } from './storage-nodes/region-client.ts'

export interface OperatorOptions {
  readonly api: KubernetesApi
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly identity: string
  readonly namespace: string
  readonly defaultRegion: Required<ObjectName>
  readonly storageNodeImage: string
  readonly resyncMs: number
}

export interface RunningOperator {
  readonly isLeading: boolean
  /** Ends what is under way and gives the Lease up. */
  stop(): Promise<void>
}

export const LEASE_NAME = 'granary-operator'
const RETRY_MS = 2_000

export function startOperator(options: OperatorOptions): RunningOperator {
  const { api, metrics, namespace } = options
  const observer = reconcileMetrics(metrics)
  const manager = new Manager(() => controllersOf(options), { ...options, observer })
  const election = new LeaderElection({
    ...options,
    lease: kubernetesLease(api, { namespace, name: LEASE_NAME }),
    lead: () => lead(options, manager),
  })
  metrics.gauge('granary_operator_is_leader', 'Whether this operator leads', () =>
    Number(election.isLeading),
  )
  metrics.gauge(
    'granary_operator_queue_depth',
    'Keys that wait to be reconciled',
    () => manager.depth,
  )
  return {
    get isLeading() {
      return election.isLeading
    },
    stop: () => election.stop(),
  }
}

function controllersOf(options: OperatorOptions) {
  const { clock, namespace } = options
  return controllers({
    ...options,
    operatorNamespace: namespace,
    openRegion: (region) => new RegionClient({ ...region, clock }),
  })
}

/** Of two versions side by side, as in an update, the one that leads says what the definitions are. */
function lead(options: OperatorOptions, manager: Manager): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const work = applyDefinitions(options, stopping.signal).then((isDone) => {
    return isDone ? manager.lead() : undefined
  })
  return {
    async stop() {
      stopping.abort()
      await (await work)?.stop()
    },
  }
}

/** Tries for as long as it takes; false: the time to lead is over. */
async function applyDefinitions(
  { api, clock, logger }: OperatorOptions,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      for (const resource of allResources) {
        await api.apply(customResourceDefinitions, customResourceDefinition(resource))
      }
      return true
    } catch (error) {
      logger.warn('Definitions are not applied', { why: (error as Error).message })
      await sleep(clock, RETRY_MS, signal)
    }
  }
  return false
}
