/**
 * Composition root of one storage node as a process of its own.
 *
 * Reads like a parts list: started top to bottom, stopped bottom to top. What it is told comes from
 * the environment (`node-config.ts`); what it tells the process that started it goes over Node's
 * channel, and without that process it does not go on.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startAdminServer } from './admin/admin-server.ts'
import { AccessLog } from './api/access-log.ts'
import { defaultHttpServerOptions } from './api/http-server.ts'
import { RequestObserver } from './api/request-observer.ts'
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
import { ServedConfigStore } from './cluster/config-stores/served-config-store.ts'
import { LocalAccounts } from './local-accounts.ts'
import { startLocalApi } from './local-api.ts'
import { makeCallbackKey, openCallbacks } from './local-callbacks.ts'
import { openCallbackKey, readAccessKey, readIdentity, readTokenKey } from './local-directory.ts'
import { observeStores, startHashThreads } from './node-parts.ts'
import { parseNodeConfig } from './node-config.ts'
import type { NodeConfig } from './node-config.ts'
import type { NodeMessage } from './node-messages.ts'
import { openPeers } from './node-peers.ts'
import { isOlderThanRanges, replicationSettings, storeSettings } from './region-settings.ts'
import type { CallbackService } from './services/callback-service.ts'
import { openStorageNode } from './storage-node.ts'
import { openRocksdbEngine } from './storage/rocksdb-engine.ts'
import { lockStore } from './storage/store-lock.ts'
import { Store } from './storage/store.ts'

const SLAB_BYTES_MAX = 128 * 1024 ** 2
const PEER_SLAB_BYTES_MAX = 32 * 1024 ** 2
/** Two memtables of 24 MiB and the block cache. */
const ROCKSDB_MEMORY_BYTES_MAX = 80 * 1024 ** 2
/** The journal keeps what a stop had no time to checkpoint. */
const STOP_MS_MAX = 8_500
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
    const stop = await start(parseNodeConfig(process.env))
    stopOnSignal(stop)
  } catch (error) {
    logger.error('Cannot start', { why: String(error) })
    process.exit(1)
  }
  clearInterval(hold)
}

async function start(config: NodeConfig): Promise<(handOver: boolean) => Promise<void>> {
  const surroundings = { clock: systemClock, random: systemRandom, logger, fatal }
  const store = await openStore(config)
  const hybridClock = new HybridClock(systemClock)
  const peerSlabs = new SlabPool(PEER_SLAB_BYTES_MAX)
  const configs = new ServedConfigStore({ clock: systemClock, path: config.configSocket })
  const peers = await openPeers(config, store, {
    ...{ ...surroundings, hybridClock, configs, slabs: peerSlabs },
  })
  tell({ kind: 'opened', entry: peers.entry, isOlderThanRanges: isOlderThanRanges(store) })
  const placement = await peers.placed()
  const hashers = startHashThreads(fatal)
  const silenceUntilMs = systemClock.monotonicMs() + GRANT_MS
  const node = await openStorageNode(store, {
    ...{ ...surroundings, hybridClock, configs, hashers },
    ...{ network: peers.network, leases: peers.leases },
    directory: config.storeDirectory,
    files: nodeFiles,
    zone: config.zone,
    replication: replicationSettings(placement, config.isOneKernel),
    groupCount: placement.groups.length,
    silenceUntilMs,
    checksums: await openChecksums(),
    slabBytesMax: SLAB_BYTES_MAX,
    ...{ gcGraceMs: config.gcGraceMs, restoreLengths: config.restoreLengths },
  })
  node.start()

  const metrics = new Metrics()
  metrics.observeProcess()
  observeStores(metrics, [node], config.storeDirectory)
  const logFile = join(config.logDirectory, `access-${config.zone}.log`)
  const accessLog = await AccessLog.open(nodeFiles, systemClock, logger, logFile)
  const accounts = await openAccounts(config)
  const api = await startLocalApi(node, {
    ...surroundings,
    observer: new RequestObserver(logger, accessLog, metrics),
    http: { ...defaultHttpServerOptions, tls: await readTls(config) },
    accounts: accounts.directory,
    callbacks: callbacksOf(config),
    region: config.region,
    domain: config.domain,
    host: config.httpHost,
    port: config.httpPort,
  })
  let isReady = false
  const health = { isReady: () => isReady }
  const admin = await startAdminServer('127.0.0.1', config.adminPort, health, metrics)
  const becomeReady = () => {
    isReady = true
    tell({ kind: 'ready', httpPort: api.port, adminPort: admin.port })
  }
  // It serves, but grants no lease yet (L4): were the next storage node restarted now, partitions of
  // both would have nobody to read from.
  const silenceMs = config.isOneKernel ? 0 : silenceUntilMs - systemClock.monotonicMs()
  const readiness = systemClock.schedule(Math.max(0, silenceMs), becomeReady)
  return async (handOver) => {
    readiness.cancel()
    isReady = false
    if (handOver) await node.handOver()
    await api.stop()
    await admin.stop()
    accounts.stop()
    await node.stop()
    await peers.stop()
    configs.close()
    await hashers.stop()
    await accessLog.close()
  }
}

async function openAccounts({ regionDirectory }: NodeConfig): Promise<LocalAccounts> {
  const [{ account }, accessKey, tokenKey] = await Promise.all([
    readIdentity(nodeFiles, regionDirectory),
    readAccessKey(nodeFiles, regionDirectory),
    readTokenKey(nodeFiles, regionDirectory),
  ])
  return LocalAccounts.open({
    ...{ files: nodeFiles, clock: systemClock, random: systemRandom, logger },
    ...{ dataDirectory: regionDirectory, account, accessKey, tokenKey },
  })
}

function callbacksOf({ callbacks, regionDirectory }: NodeConfig): CallbackService {
  const openKey = () => openCallbackKey(nodeFiles, regionDirectory, makeCallbackKey)
  return openCallbacks(systemClock, callbacks, openKey)
}

function openStore({ storeDirectory }: NodeConfig): Promise<Store> {
  return Store.open({
    directory: storeDirectory,
    ...{ files: nodeFiles, clock: systemClock, random: systemRandom, logger, fatal },
    lock: lockStore,
    openEngine: (path) => openRocksdbEngine({ path, memoryBytesMax: ROCKSDB_MEMORY_BYTES_MAX }),
    settings: storeSettings(1),
  })
}

async function readTls({ tls }: NodeConfig) {
  if (tls === undefined) return undefined
  const [cert, key] = await Promise.all([
    readFile(tls.certFile, 'utf8'),
    readFile(tls.keyFile, 'utf8'),
  ])
  return { cert, key }
}

function tell(message: NodeMessage): void {
  process.send?.(message)
}

/** SIGTERM: others go on. SIGINT: the whole region ends, so that there is nobody to hand over to. */
function stopOnSignal(stop: (handOver: boolean) => Promise<void>): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return
      isStopping = true
      systemClock.schedule(STOP_MS_MAX, () => process.exit(0))
      stop(signal === 'SIGTERM').then(() => process.exit(0), fatal)
    })
  }
}
