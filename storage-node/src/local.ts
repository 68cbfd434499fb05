/**
 * Composition root of `npm start`: a whole region in one process.
 *
 * Reads like a parts list: started top to bottom, stopped bottom to top.
 *
 * @module
 */

import { statfsSync } from 'node:fs'
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
import { HashThreads } from './base/hash-threads.ts'
import { Metrics } from './base/metrics.ts'
import { systemRandom } from './base/random.ts'
import { winstonLogger } from './base/winston-logger.ts'
import type { LocalConfig } from './config.ts'
import { ConfigError, LOCAL_USAGE, parseLocalConfig } from './config.ts'
import { checkIdentity, openAccessKey, openIdentity } from './local-directory.ts'
import { holdLines } from './local-log.ts'
import { startLocalApi } from './local-api.ts'
import { greeting, type Access } from './local-greeting.ts'
import type { LocalRegion } from './local-region.ts'
import { openLocalRegion } from './local-region.ts'
import { fixedAccessKeys } from './services/access-key-service.ts'
import { openRocksdbEngine } from './storage/rocksdb-engine.ts'
import { lockStore } from './storage/store-lock.ts'

const SLAB_BYTES_MAX = 128 * 1024 ** 2
const ROW_CACHE_BYTES_MAX = 16 * 1024 ** 2
/** Two memtables of 24 MiB and the block cache. */
const ROCKSDB_MEMORY_BYTES_MAX = 80 * 1024 ** 2
const HASH_THREAD_COUNT = 1
const PLACEMENT_GROUP_COUNT = 16
/** The journal keeps what a stop had no time to checkpoint. */
const STOP_MS_MAX = 9_500
const SIGNAL_ECHO_MS = 500

const log = holdLines(process.stderr)
const logger = winstonLogger(log)

const fatal: Fatal = (cause) => {
  log.release()
  logger.error('The process ends', { error: cause.stack, cause: String(cause.cause) })
  process.exit(1)
}
process.on('uncaughtException', fatal)
process.on('unhandledRejection', (cause) => fatal(new Error('Unhandled rejection', { cause })))

void main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return void process.stdout.write(LOCAL_USAGE)
  try {
    const config = parseLocalConfig(args, process.env)
    const { access, stop } = await start(config)
    stopOnSignals(stop)
    log.release()
    process.stdout.write(
      config.json ? `${JSON.stringify(access)}\n` : greeting(access, config.dataDirectory),
    )
  } catch (error) {
    process.stderr.write(`${oneLine(error)}\n`)
    process.exit(1)
  }
}

async function start(config: LocalConfig): Promise<{ access: Access; stop: () => Promise<void> }> {
  const tls = await readTls(config)
  const { dataDirectory, region } = config
  await nodeFiles.makeDirectory(join(dataDirectory, 'log'))
  await checkIdentity(nodeFiles, config)

  const hashers = startHashThreads()
  const parts = await openRegion(config, hashers)
  const { account } = await openIdentity(nodeFiles, systemRandom, config)
  const accessKey = await openAccessKey(nodeFiles, systemRandom, config)

  const metrics = new Metrics()
  metrics.observeProcess()
  observeRegion(metrics, parts, dataDirectory)
  const accessLog = await AccessLog.open(
    nodeFiles,
    systemClock,
    logger,
    join(dataDirectory, 'log', 'access.log'),
  )
  const api = await startLocalApi(parts, {
    clock: systemClock,
    random: systemRandom,
    observer: new RequestObserver(logger, accessLog, metrics),
    http: { ...defaultHttpServerOptions, tls },
    accessKeys: fixedAccessKeys([{ ...accessKey, account, enabled: true }]),
    region,
    port: config.port,
  })
  const { port } = api

  let isReady = true
  const admin = await startAdminServer(
    '127.0.0.1',
    config.adminPort,
    { isReady: () => isReady },
    metrics,
  )
  logger.info('Ready', { port, adminPort: admin.port, region, dataDirectory })
  return {
    access: {
      endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
      region,
      ...accessKey,
    },
    async stop() {
      isReady = false
      await api.stop()
      await admin.stop()
      await parts.stop()
      await hashers.stop()
      await accessLog.close()
    },
  }
}

function startHashThreads(): HashThreads {
  const program = new URL('./hash-thread.ts', import.meta.url)
  return new HashThreads(program, HASH_THREAD_COUNT, fatal)
}

async function openRegion(config: LocalConfig, hashers: HashThreads): Promise<LocalRegion> {
  return openLocalRegion({
    directory: join(config.dataDirectory, 'store'),
    files: nodeFiles,
    clock: systemClock,
    random: systemRandom,
    logger,
    fatal,
    lock: lockStore,
    openEngine: (path) => openRocksdbEngine({ path, memoryBytesMax: ROCKSDB_MEMORY_BYTES_MAX }),
    settings: { groupCount: PLACEMENT_GROUP_COUNT, rowCacheBytesMax: ROW_CACHE_BYTES_MAX },
    checksums: await openChecksums(),
    hashers,
    slabBytesMax: SLAB_BYTES_MAX,
    gcGraceMs: config.gcGraceMs,
  })
}

function observeRegion(metrics: Metrics, { slabs, store }: LocalRegion, directory: string): void {
  metrics.gauge('granary_slabs_in_use', 'Buffers of 1 MiB in use', () => slabs.usedCount)
  metrics.gauge(
    'granary_journal_syncs',
    'Groups of entries made durable',
    () => store.journal.syncedGroup,
  )
  metrics.gauge('granary_store_replay_bytes', 'What a start would read again', () => {
    const { journalBytes, segmentBytes } = store.sinceCheckpoint()
    return journalBytes + segmentBytes
  })
  metrics.gauge('granary_store_available_bytes', 'Free space on the volume of the store', () => {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  })
}

async function readTls({ tls }: LocalConfig) {
  if (tls === undefined) return undefined
  const mistakes: string[] = []
  const read = (name: string, path: string) =>
    readFile(path, 'utf8').catch((error: unknown) => {
      mistakes.push(`${name} cannot be read: ${(error as Error).message}`)
      return ''
    })
  const cert = await read('--tls-cert', tls.certFile)
  const key = await read('--tls-key', tls.keyFile)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { cert, key }
}

/**
 * The first signal stops orderly, a later one at once. npm passes on the interrupt that the terminal
 * has sent to everybody already: what follows at once is the same one again.
 */
function stopOnSignals(stop: () => Promise<void>): void {
  let stoppingSinceMs: number | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const nowMs = systemClock.monotonicMs()
      if (stoppingSinceMs !== undefined) {
        if (nowMs - stoppingSinceMs > SIGNAL_ECHO_MS) process.exit(1)
        return
      }
      stoppingSinceMs = nowMs
      systemClock.schedule(STOP_MS_MAX, () => process.exit(0))
      stop().then(() => process.exit(0), fatal)
    })
  }
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replaceAll(/\s*\n\s*/g, ' ')
}
