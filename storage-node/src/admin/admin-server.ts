/**
 * The admin port: probes and metrics, never for clients of the region.
 *
 * @module
 */

import type { Server } from 'node:http'
import express from 'express'
import type { Metrics } from '../base/metrics.ts'

/** What the probes ask. */
export interface Health {
  /** Requests are served. */
  isReady(): boolean
}

/** A listening admin port. */
export interface AdminServer {
  readonly port: number
  stop(): Promise<void>
}

/** Listens on `host`; port 0 is a free one. */
export function startAdminServer(
  host: string,
  port: number,
  health: Health,
  metrics: Metrics,
): Promise<AdminServer> {
  const app = express()
  app.disable('x-powered-by')
  app.get('/live', (_request, response) => void response.type('text').send('live\n'))
  app.get('/ready', (_request, response) => {
    const isReady = health.isReady()
    response
      .status(isReady ? 200 : 503)
      .type('text')
      .send(isReady ? 'ready\n' : 'not ready\n')
  })
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text())
  })
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error) => {
      if (error) return reject(error)
      const { port: chosen } = server.address() as { port: number }
      resolve({ port: chosen, stop: () => stopServer(server) })
    })
  })
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
