/**
 * `npm start`: all storage nodes of the region in this process, each with an API of its own.
 *
 * @module
 */

import { join } from 'node:path'
import { startAdminServer } from './admin/admin-server.ts'
import { AccessLog } from './api/access-log.ts'
import { defaultHttpServerOptions } from './api/http-server.ts'
import { RequestObserver } from './api/request-observer.ts'
import { openChecksums } from './base/checksums.ts'
import { systemClock } from './base/clock.ts'
import type { Fatal } from './base/crash.ts'
import { nodeFiles } from './base/files.ts'
import type { HashThreads } from './base/hash-threads.ts'
import type { Logger } from './base/logger.ts'
import { Metrics } from './base/metrics.ts'
import { systemRandom } from './base/random.ts'
import type { LocalConfig } from './config.ts'
import { LocalAccounts } from './local-accounts.ts'
import { startLocalApis } from './local-api.ts'
import { makeCallbackKey, openCallbacks } from './local-callbacks.ts'
import {
  openAccessKey,
  openCallbackKey,
  openIdentity,
  openTokenKey,
  storeDirectories,
} from './local-directory.ts'
import type { LocalRegion } from './local-region.ts'
import { openLocalRegion } from './local-region.ts'
import type { Serving, ServingParts } from './local-serving.ts'
import { observeStores, startHashThreads } from './node-parts.ts'
import { storeSettings } from './region-settings.ts'
import { openRocksdbEngine } from './storage/rocksdb-engine.ts'
import { lockStore } from './storage/store-lock.ts'

const SLAB_BYTES_MAX = 128 * 1024 ** 2
/** Two memtables of 24 MiB and the block cache. */
const ROCKSDB_MEMORY_BYTES_MAX = 80 * 1024 ** 2
/** The block cache, and two memtables that are still worth a flush. */
const ROCKSDB_MEMORY_BYTES_MIN = 48 * 1024 ** 2

/** Opens the region and serves it. */
export async function serveInProcess(
  config: LocalConfig,
  { zoneCount, tls, logger, fatal }: ServingParts,
): Promise<Serving> {
  const { dataDirectory, region } = config
  const hashers = startHashThreads(fatal)
  const parts = await openRegion(config, zoneCount, hashers, logger, fatal)
  const { account } = await openIdentity(nodeFiles, systemRandom, config)
  const accessKey = await openAccessKey(nodeFiles, systemRandom, config)
  const tokenKey = await openTokenKey(nodeFiles, systemRandom, dataDirectory)
  const accounts = await LocalAccounts.open({
    ...{ files: nodeFiles, clock: systemClock, random: systemRandom, logger },
    ...{ dataDirectory, account, accessKey, tokenKey },
  })

  const metrics = new Metrics()
  metrics.observeProcess()
  observeStores(metrics, parts.nodes, dataDirectory)
  const logFile = join(dataDirectory, 'log', 'access.log')
  const accessLog = await AccessLog.open(nodeFiles, systemClock, logger, logFile)
  const apis = await startLocalApis(parts.nodes, {
    clock: systemClock,
    random: systemRandom,
    observer: new RequestObserver(logger, accessLog, metrics),
    http: { ...defaultHttpServerOptions, tls },
    accounts: accounts.directory,
    callbacks: openCallbacks(systemClock, config.callbacks, () =>
      openCallbackKey(nodeFiles, dataDirectory, makeCallbackKey),
    ),
    region,
    domain: config.domain,
    port: config.port,
  })

  let isReady = true
  const health = { isReady: () => isReady }
  const admin = await startAdminServer('127.0.0.1', config.adminPort, health, metrics)
  return {
    accessKey,
    httpPorts: apis.map(({ port }) => port),
    adminPort: admin.port,
    async stop() {
      isReady = false
      await Promise.all(apis.map((api) => api.stop()))
      await admin.stop()
      accounts.stop()
      await parts.stop()
      await hashers.stop()
      await accessLog.close()
    },
  }
}

async function openRegion(
  config: LocalConfig,
  zoneCount: number,
  hashers: HashThreads,
  logger: Logger,
  fatal: Fatal,
): Promise<LocalRegion> {
  // All stores together have what one alone would have.
  const memoryBytesMax = Math.max(
    Math.floor(ROCKSDB_MEMORY_BYTES_MAX / zoneCount),
    ROCKSDB_MEMORY_BYTES_MIN,
  )
  return openLocalRegion({
    zones: storeDirectories(config.dataDirectory, zoneCount),
    configDirectory: join(config.dataDirectory, 'config'),
    files: nodeFiles,
    clock: systemClock,
    random: systemRandom,
    logger,
    fatal,
    lock: lockStore,
    openEngine: (path) => openRocksdbEngine({ path, memoryBytesMax }),
    settings: storeSettings(zoneCount),
    checksums: await openChecksums(),
    hashers,
    slabBytesMax: SLAB_BYTES_MAX,
    gcGraceMs: config.gcGraceMs,
    restoreLengths: config.restoreLengths,
  })
}
