/**
 * Composition root of the COSI driver, which runs beside COSI's sidecar.
 *
 * Reads like a parts list: started top to bottom, stopped bottom to top.
 *
 * @module
 */

import { systemClock } from '@granary/storage-node/base/clock'
import { Metrics } from '@granary/storage-node/base/metrics'
import { systemRandom } from '@granary/storage-node/base/random'
import { winstonLogger } from '@granary/storage-node/base/winston-logger'
import { ApiClient } from '@granary/storage-node/kubernetes/api-client'
import { claimController } from './cosi/claim-controller.ts'
import { CosiDriver } from './cosi/cosi-driver.ts'
import { COSI_MANAGER } from './cosi/cosi-objects.ts'
import { startCosiServer } from './cosi/cosi-server.ts'
import { parseCosiConfig, type CosiConfig } from './cosi-config.ts'
import { clusterAccess } from './kubernetes/cluster-access.ts'
import { HttpKubernetesApi } from './kubernetes/http-kubernetes-api.ts'
import { startProbesServer } from './probes-server.ts'
import { ControllerRunner } from './runtime/controller-runner.ts'
import { reconcileMetrics } from './runtime/reconcile-observer.ts'

/** How often claims that wait are looked at, whatever is heard. */
const RESYNC_MS = 300_000
/** What is under way is abandoned then: COSI asks again. */
const STOP_MS_MAX = 10_000

const logger = winstonLogger(process.stderr)
const fatal = (cause: Error): never => {
  logger.error('The process ends', { error: cause.stack, cause: String(cause.cause) })
  process.exit(1)
}
process.on('uncaughtException', fatal)
process.on('unhandledRejection', (cause) => fatal(new Error('Unhandled rejection', { cause })))

void main()

async function main(): Promise<void> {
  try {
    stopOnSignal(await start(parseCosiConfig(process.env)))
  } catch (error) {
    logger.error('Cannot start', { why: (error as Error).message })
    process.exit(1)
  }
}

async function start(config: CosiConfig): Promise<() => Promise<void>> {
  const surroundings = { clock: systemClock, random: systemRandom, logger }
  const access = await clusterAccess(config.pod, config.kubeconfig)
  const client = new ApiClient({ ...access, clock: systemClock })
  const api = new HttpKubernetesApi({ ...surroundings, api: client, manager: COSI_MANAGER })
  const driver = new CosiDriver({ ...surroundings, ...config, api })
  const metrics = new Metrics()
  metrics.observeProcess()
  const claims = new ControllerRunner(claimController({ ...surroundings, ...config, api }), {
    ...{ ...surroundings, resyncMs: RESYNC_MS, observer: reconcileMetrics(metrics) },
  })
  let isReady = true
  const server = await startCosiServer({ ...surroundings, ...config, driver })
  const probes = await startProbesServer(config.probesPort, () => isReady, metrics)
  logger.info('Started', { driver: config.driverName, socket: config.socketPath })
  return async () => {
    isReady = false
    await probes.stop()
    await server.stop()
    await claims.stop()
    client.close()
  }
}

function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return
      isStopping = true
      systemClock.schedule(STOP_MS_MAX, () => process.exit(0))
      stop().then(() => process.exit(0), fatal)
    })
  }
}
