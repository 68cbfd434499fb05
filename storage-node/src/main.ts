/**
 * Composition root of one storage node as a process of its own.
 *
 * Reads like a parts list: started top to bottom, stopped bottom to top. What it is told comes from
 * the environment (`node-config.ts`); what it tells the process that started it goes over Node's
 * channel, and without that process it does not go on.
 *
 * @module
 */

import { join } from 'node:path'
import { startAdminServer } from './admin/admin-server.ts'
import { AccessLog } from './api/access-log.ts'
import { RequestObserver } from './api/request-observer.ts'
import { unreachable } from './base/assert.ts'
import { openChecksums } from './base/checksums.ts'
import { systemClock } from './base/clock.ts'
import type { Fatal } from './base/crash.ts'
import { nodeFiles } from './base/files.ts'
import { HybridClock } from './base/hybrid-clock.ts'
import { Metrics } from './base/metrics.ts'
import { systemRandom } from './base/random.ts'
import { SlabPool } from './base/slabs.ts'
import { winstonLogger } from './base/winston-logger.ts'
import { GRANT_MS } from './cluster/beacons/lease-times.ts'
import { stepAsideByClock } from './cluster/step-aside.ts'
import { STOP_SECONDS_MAX } from './contract/storage-node-pod.ts'
import type { PodSurroundings } from './kubernetes/service-account.ts'
import { observeStores, startHashThreads } from './node-parts.ts'
import { parseNodeConfig } from './node-config.ts'
import type { NodeConfig } from './node-config.ts'
import type { NodeMessage } from './node-messages.ts'
import { openPeers } from './node-peers.ts'
import type { NodePlace, PlaceParts } from './node-place.ts'
import { replicationSettings, storeSettings } from './region-settings.ts'
import { openStorageNode } from './storage-node.ts'
import { openRocksdbEngine } from './storage/rocksdb-engine.ts'
import { lockStore } from './storage/store-lock.ts'
import { Store } from './storage/store.ts'

const SLAB_BYTES_MAX = 128 * 1024 ** 2
const PEER_SLAB_BYTES_MAX = 32 * 1024 ** 2
/** Two memtables of 24 MiB and the block cache. */
const ROCKSDB_MEMORY_BYTES_MAX = 80 * 1024 ** 2
/** The journal keeps what a stop had no time to checkpoint. Whoever waits for a pod waits longer. */
const STOP_MS_MAX = { process: 8_500, pod: (STOP_SECONDS_MAX - 3) * 1_000 }
const HOLD_MS = 60_000

const logger = winstonLogger(process.stderr)
const fatal: Fatal = (cause) => {
  logger.error('The process ends', { error: cause.stack, cause: String(cause.cause) })
  process.exit(1)
}
process.on('uncaughtException', fatal)
process.on('unhandledRejection', (cause) => fatal(new Error('Unhandled rejection', { cause })))
// Whoever started this process is gone: nobody would start it again, or could stop it.
process.on('disconnect', () => process.exit(1))

void main()

async function main(): Promise<void> {
  // Pending timers keep no process alive, and until a server listens there may be nothing else.
  const hold = setInterval(() => {}, HOLD_MS)
  try {
    const config = parseNodeConfig(process.env)
    let stop: Stop | undefined = undefined
    // Nobody else does that for the first process of a container.
    stopOnSignal(() => stop, STOP_MS_MAX[config.place.kind])
    stop = await start(config)
  } catch (error) {
    logger.error('Cannot start', { why: String(error) })
    process.exit(1)
  }
  clearInterval(hold)
}

/** Ends everything in order; `handOver`: others go on. */
type Stop = (handOver: boolean) => Promise<void>

async function start(config: NodeConfig): Promise<Stop> {
  const surroundings = { clock: systemClock, random: systemRandom, logger, fatal }
  const metrics = new Metrics()
  metrics.observeProcess()
  let isServing = () => false
  const isReady = () => isServing()
  // First of all: a store whose journal takes long to read is no reason to start the process again.
  const probes = await startAdminServer(config.probeHost, config.probePort, { isReady }, metrics)
  const place = await openPlace(config, { ...surroundings, isReady })
  const { configs, groupCount } = place
  const store = await openStore(config, groupCount)
  const hybridClock = new HybridClock(systemClock)
  const peers = await openPeers(config, store, {
    ...{ ...surroundings, hybridClock, configs, slabs: new SlabPool(PEER_SLAB_BYTES_MAX) },
    kept: await place.keptPlacement(),
  })
  place.announce(store, peers.entry)
  const placement = await peers.placed()
  const hashers = startHashThreads(fatal)
  const silenceUntilMs = systemClock.monotonicMs() + GRANT_MS
  const node = await openStorageNode(store, {
    ...{ ...surroundings, hybridClock, configs, hashers, groupCount, silenceUntilMs },
    ...{ network: peers.network, leases: peers.leases },
    directory: config.storeDirectory,
    files: nodeFiles,
    zone: config.zone,
    replication: replicationSettings(placement, config.isOneKernel),
    checksums: await openChecksums(),
    slabBytesMax: SLAB_BYTES_MAX,
    ...{ gcGraceMs: config.gcGraceMs, restoreLengths: config.restoreLengths },
  })
  node.start()

  observeStores(metrics, [node], config.storeDirectory)
  await nodeFiles.makeDirectory(config.logDirectory)
  const logFile = join(config.logDirectory, `access-${config.zone}.log`)
  const accessLog = await AccessLog.open(nodeFiles, systemClock, logger, logFile)
  const api = await place.serve(node, new RequestObserver(logger, accessLog, metrics))
  // It serves, but grants no lease yet (L4): were the next storage node restarted now, partitions of
  // both would have nobody to read from.
  const silenceMs = config.isOneKernel ? 0 : silenceUntilMs - systemClock.monotonicMs()
  const readiness = systemClock.schedule(Math.max(0, silenceMs), () => {
    isServing = () => peers.isInTouch() && !peers.isClockWrong()
    place.becameReady({ httpPort: api.port, probePort: probes.port })
  })
  const clockWatch = stepAsideByClock({
    ...{ clock: systemClock, logger },
    isClockWrong: () => peers.isClockWrong(),
    handOver: () => node.handOver(),
  })
  return async (handOver) => {
    readiness.cancel()
    clockWatch.stop()
    isServing = () => false
    if (handOver) await Promise.all([node.handOver(), place.drain()])
    await api.stop()
    await node.stop()
    await peers.stop()
    await place.close()
    await hashers.stop()
    await accessLog.close()
    await probes.stop()
  }
}

/** Loads what is used alone: reading what belongs to pods takes longer than opening a store. */
async function openPlace(config: NodeConfig, parts: PlaceParts): Promise<NodePlace> {
  const { place } = config
  switch (place.kind) {
    case 'process': {
      const { openProcessPlace } = await import('./process-place.ts')
      return openProcessPlace(config, place, { ...parts, tell })
    }
    case 'pod': {
      const { openPodPlace } = await import('./pod-place.ts')
      return openPodPlace(config, place, podSurroundings(), parts)
    }
    default:
      return unreachable(place)
  }
}

/** What Kubernetes tells every pod. */
function podSurroundings(): PodSurroundings {
  const { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = process.env
  return {
    serviceHost: KUBERNETES_SERVICE_HOST ?? 'kubernetes.default.svc',
    servicePort: KUBERNETES_SERVICE_PORT ?? '443',
  }
}

function openStore({ storeDirectory }: NodeConfig, groupCount: number): Promise<Store> {
  return Store.open({
    directory: storeDirectory,
    ...{ files: nodeFiles, clock: systemClock, random: systemRandom, logger, fatal },
    lock: lockStore,
    openEngine: (path) => openRocksdbEngine({ path, memoryBytesMax: ROCKSDB_MEMORY_BYTES_MAX }),
    settings: storeSettings(1, groupCount),
  })
}

function tell(message: NodeMessage): void {
  process.send?.(message)
}

/** SIGTERM: others go on. SIGINT: the whole region ends, so that there is nobody to hand over to. */
function stopOnSignal(current: () => Stop | undefined, stopMsMax: number): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return
      isStopping = true
      const stop = current()
      // Before it serves, there is nothing to end in order.
      if (stop === undefined) process.exit(0)
      systemClock.schedule(stopMsMax, () => process.exit(0))
      stop(signal === 'SIGTERM').then(() => process.exit(0), fatal)
    })
  }
}
