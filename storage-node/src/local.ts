/**
 * Composition root of `npm start`: a whole region on this machine, in one process or as several.
 *
 * Reads like a parts list: started top to bottom, stopped bottom to top.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import type { Fatal } from './base/crash.ts'
import { nodeFiles } from './base/files.ts'
import { winstonLogger } from './base/winston-logger.ts'
import type { LocalConfig } from './config.ts'
import { ConfigError, LOCAL_USAGE, parseLocalConfig } from './config.ts'
import { checkIdentity } from './local-directory.ts'
import { greeting, type Access } from './local-greeting.ts'
import { holdLines } from './local-log.ts'

/** The journal keeps what a stop had no time to checkpoint. */
const STOP_MS_MAX = 9_500
const SIGNAL_ECHO_MS = 500
const HOLD_MS = 60_000

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
    const { access, stop } = await holdingProcess(() => start(config))
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

/** Pending timers keep no process alive, and until a server listens there may be nothing else. */
async function holdingProcess<T>(work: () => Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, HOLD_MS)
  try {
    return await work()
  } finally {
    clearInterval(hold)
  }
}

async function start(config: LocalConfig): Promise<{ access: Access; stop: () => Promise<void> }> {
  const tls = await readTls(config)
  const { dataDirectory, region } = config
  await nodeFiles.makeDirectory(join(dataDirectory, 'log'))
  const zoneCount = await checkIdentity(nodeFiles, config)
  const serve = await importServer(config)
  const serving = await serve(config, {
    ...{ zoneCount, tls, logger, fatal, environment: process.env },
  })
  const { accessKey, httpPorts, adminPort, stop } = serving
  const scheme = tls === undefined ? 'http' : 'https'
  const endpoints = httpPorts.map((port) => `${scheme}://127.0.0.1:${port}`)
  const [endpoint = ''] = endpoints
  logger.info('Ready', { endpoint, adminPort, region, dataDirectory })
  return { access: { endpoint, endpoints, region, ...accessKey }, stop }
}

/** Loads what is used alone: the parent of processes has nothing of a storage node. */
async function importServer({ processes }: LocalConfig) {
  if (processes) return (await import('./local-as-processes.ts')).serveAsProcesses
  return (await import('./local-in-process.ts')).serveInProcess
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
