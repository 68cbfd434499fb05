/**
 * The admin API: what the operator asks of a storage node, over mutual TLS.
 *
 * Nobody else is let in: the certificate of a client must be of the region's authority and for
 * `granary://<region>/operator`, else its connection is cut before anything is read from it.
 *
 * @module
 */

import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import express from 'express'
import type { ErrorRequestHandler, Express } from 'express'
import type { Logger } from '../base/logger.ts'
import type { CredentialSource } from '../cluster/transport/credentials.ts'
import { certificateName, tlsOptions } from '../cluster/transport/credentials.ts'
import { certificateUri } from '../cluster/transport/local-certificates.ts'
import type { ManagedAccounts } from '../services/managed-accounts.ts'
import type { ManagedBuckets } from '../services/managed-buckets.ts'
import { addAccountRoutes } from './account-routes.ts'
import { AdminError, answerOfError } from './admin-error.ts'
import { addBucketRoutes } from './bucket-routes.ts'
import type { NodeRoutesOptions } from './node-routes.ts'
import { addNodeRoutes } from './node-routes.ts'

const OPERATOR_NAME = 'operator'
const BODY_BYTES_MAX = 1024 * 1024
const HEAD_MS_MAX = 10_000
const REQUEST_MS_MAX = 30_000
const CONNECTION_COUNT_MAX = 100

export interface AdminApiOptions extends NodeRoutesOptions {
  /** Undefined: every address of this machine. */
  readonly host: string | undefined
  /** 0: any free one. */
  readonly port: number
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  /** Those of the storage node; new ones hold for connections that come later. */
  readonly credentials: CredentialSource
  readonly accounts: ManagedAccounts
  readonly buckets: ManagedBuckets
  readonly logger: Logger
}

/** A listening admin API. */
export interface AdminApi {
  readonly port: number
  /** Ends the requests under way. */
  stop(): Promise<void>
}

export function startAdminApi(options: AdminApiOptions): Promise<AdminApi> {
  const { credentials, region, host, port } = options
  const server = createServer(tlsOptions(credentials.current()), appOf(options))
  server.headersTimeout = HEAD_MS_MAX
  server.requestTimeout = REQUEST_MS_MAX
  server.maxConnections = CONNECTION_COUNT_MAX
  credentials.onChange((found) => server.setSecureContext(tlsOptions(found)))
  const operator = certificateUri(region, OPERATOR_NAME)
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (certificateName(socket) !== operator) socket.destroy()
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const { port: chosen } = server.address() as { port: number }
      resolve({ port: chosen, stop: () => stopServer(server) })
    })
  })
}

function appOf(options: AdminApiOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  const operator = certificateUri(options.region, OPERATOR_NAME)
  app.use((request, _response, next) => {
    // What had arrived with the connection that is cut.
    if (certificateName(request.socket) === operator) return next()
    next(new AdminError(403, 'AccessDenied', 'Only the operator is let in'))
  })
  app.use(express.raw({ type: () => true, limit: BODY_BYTES_MAX, inflate: false }))
  addNodeRoutes(app, options)
  addAccountRoutes(app, options.accounts)
  addBucketRoutes(app, options.buckets)
  app.use((_request, _response, next) => {
    next(new AdminError(404, 'NoSuchPath', 'There is nothing at this path with this method'))
  })
  app.use(answerError(options.logger))
  return app
}

function answerError(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    const answer = answerOfError(error)
    if (answer === undefined) {
      const { method, path } = request
      logger.error('A request of the operator failed', { method, path, error: String(error) })
    }
    if (response.headersSent) return next(error)
    const body = { code: 'InternalError', message: 'Something went wrong inside' }
    const { status, body: told } = answer ?? { status: 500, body }
    response.status(status).json(told)
  }
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
