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
import { ClusterClaim, LEASE_NAME } from './cluster-claim.ts'
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

const RETRY_MS = 2_000
/** How often a leader looks whether another installation has begun beside it. */
const RIVAL_MS = 30_000

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
  const work = keepWorking(options, manager, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await work
    },
  }
}

async function keepWorking(
  options: OperatorOptions,
  manager: Manager,
  signal: AbortSignal,
): Promise<void> {
  const claim = new ClusterClaim(options)
  while (await begin(options, claim, signal)) {
    const running = manager.lead()
    await untilRival(options, claim, signal)
    await running.stop()
  }
}

/** Tries for as long as it takes; false: the time to lead is over. */
async function begin(
  { api, clock, logger }: OperatorOptions,
  claim: ClusterClaim,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      const rival = await claim.findRival()
      if (rival === undefined) {
        await applyDefinitions(api, claim)
        return true
      }
      logger.warn('Another operator works in this cluster', { namespace: rival })
    } catch (error) {
      logger.warn('Definitions are not applied', { why: (error as Error).message })
    }
    await sleep(clock, RETRY_MS, signal)
  }
  return false
}

async function applyDefinitions(api: KubernetesApi, { annotations }: ClusterClaim): Promise<void> {
  for (const resource of allResources) {
    const definition = customResourceDefinition(resource)
    const metadata = { ...definition.metadata, annotations }
    await api.apply(customResourceDefinitions, { ...definition, metadata })
  }
}

/** Of two that begin at once, the one whose claim was written over gives way. */
async function untilRival(
  { clock, logger }: OperatorOptions,
  claim: ClusterClaim,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, RIVAL_MS, signal)
    const rival = signal.aborted ? undefined : await claim.findRival().catch(() => undefined)
    if (rival === undefined) continue
    logger.warn('Another operator has taken over this cluster', { namespace: rival })
    return
  }
}
