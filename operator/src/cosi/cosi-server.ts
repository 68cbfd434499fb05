/**
 * Serves COSI's calls on a Unix socket, for the sidecar beside it and nobody else.
 *
 * @module
 */

import { lstatSync, rmSync } from 'node:fs'
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js'
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import type { Clock } from '@granary/storage-node/base/clock'
import type { Logger } from '@granary/storage-node/base/logger'
import type { CosiDriver } from './cosi-driver.ts'
import { asCosiError, cosiCodes, type CosiCode } from './cosi-error.ts'
import { identityService, provisionerService } from './cosi-messages.ts'

export interface CosiServerOptions {
  readonly driver: CosiDriver
  readonly clock: Clock
  readonly logger: Logger
  readonly socketPath: string
}

export interface CosiServer {
  /** Lets calls end that are under way, for a while. */
  stop(): Promise<void>
}

/** Names, and a map of 4 KiB. */
const MESSAGE_BYTES_MAX = 64 * 1024
const STOP_MS_MAX = 5_000

type Call<Request> = (request: Request, signal: AbortSignal) => unknown

/** Resolves once the socket takes calls. */
export async function startCosiServer(options: CosiServerOptions): Promise<CosiServer> {
  const { driver, clock, socketPath } = options
  const server = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES_MAX })
  const handle = <Request>(name: string, call: Call<Request>) => ({
    [name]: handlerOf(options, name, call),
  })
  server.addService(
    identityService,
    handle('DriverGetInfo', () => driver.getInfo()),
  )
  server.addService(provisionerService, {
    ...handle('DriverCreateBucket', driver.createBucket.bind(driver)),
    ...handle('DriverDeleteBucket', driver.deleteBucket.bind(driver)),
    ...handle('DriverGrantBucketAccess', driver.grantAccess.bind(driver)),
    ...handle('DriverRevokeBucketAccess', driver.revokeAccess.bind(driver)),
  })
  removeSocket(socketPath)
  await new Promise<void>((resolve, reject) => {
    const bound = (error: Error | null) => (error === null ? resolve() : reject(error))
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), bound)
  })
  return { stop: () => stopServer(server, clock) }
}

/** A driver that was killed leaves its socket behind, and a socket cannot be bound twice. */
function removeSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new Error(`${path} must be a socket, or not be there`)
  rmSync(path)
}

function stopServer(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.schedule(STOP_MS_MAX, () => server.forceShutdown())
    server.tryShutdown(() => {
      timer.cancel()
      resolve()
    })
  })
}

/** Neither requests nor answers are logged: answers hold secrets. */
function handlerOf<Request>(
  { logger, clock }: CosiServerOptions,
  name: string,
  call: Call<Request>,
): handleUnaryCall<Request, unknown> {
  const answer = async (
    { request }: ServerUnaryCall<Request, unknown>,
    send: sendUnaryData<unknown>,
    signal: AbortSignal,
  ) => {
    const startMs = clock.monotonicMs()
    try {
      const answered = (await call(request, signal)) ?? {}
      logger.info('Call', { call: name, code: 'Ok', ms: Math.round(clock.monotonicMs() - startMs) })
      send(null, answered)
    } catch (error) {
      const { code, message } = told(logger, name, error)
      logger.warn('Call', { call: name, code, why: message })
      send({ code: cosiCodes[code], details: message, metadata: new Metadata() })
    }
  }
  return (received, send) => {
    const ended = new AbortController()
    received.on('cancelled', () => ended.abort())
    void answer(received, send, ended.signal)
  }
}

function told(logger: Logger, call: string, error: unknown): { code: CosiCode; message: string } {
  const known = asCosiError(error)
  if (known !== undefined) return known
  logger.error('The driver failed', { call, error: (error as Error).stack })
  return { code: 'Internal', message: `The driver failed at ${call}: its log says why` }
}
