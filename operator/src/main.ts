/**
 * Composition root of the operator.
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
import { parseOperatorConfig } from './config.ts'
import type { OperatorConfig } from './config.ts'
import { clusterAccess } from './kubernetes/cluster-access.ts'
import { HttpKubernetesApi } from './kubernetes/http-kubernetes-api.ts'
import { startOperator } from './operator.ts'
import { startProbesServer } from './probes-server.ts'

/** What is under way is abandoned then: whoever leads next does it again. */
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
    stopOnSignal(await start(parseOperatorConfig(process.env)))
  } catch (error) {
    logger.error('Cannot start', { why: (error as Error).message })
    process.exit(1)
  }
}

async function start(config: OperatorConfig): Promise<() => Promise<void>> {
  const surroundings = { clock: systemClock, random: systemRandom, logger }
  const access = await clusterAccess(config.pod, config.kubeconfig)
  const client = new ApiClient({ ...access, clock: systemClock })
  const api = new HttpKubernetesApi({ ...surroundings, api: client })
  const metrics = new Metrics()
  metrics.observeProcess()
  let isReady = true
  const probes = await startProbesServer(config.probesPort, () => isReady, metrics)
  const operator = startOperator({ ...surroundings, ...config, api, metrics })
  logger.info('Started', { identity: config.identity, probesPort: probes.port })
  return async () => {
    isReady = false
    await operator.stop()
    await probes.stop()
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
