/**
 * Probes and metrics of the operator, in plain HTTP for whoever is in the cluster.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from '@granary/storage-node/base/metrics'

export interface ProbesServer {
  readonly port: number
  stop(): Promise<void>
}

/** A probe or a scrape that takes longer has lost its client. */
const REQUEST_MS_MAX = 10_000

/** `/live`: the event loop turns. `/ready`: started and not about to stop. `/metrics`: for Prometheus. */
export async function startProbesServer(
  port: number,
  isReady: () => boolean,
  metrics: Metrics,
): Promise<ProbesServer> {
  const server = createServer((request, answer) => {
    switch (new URL(request.url ?? '', 'http://operator').pathname) {
      case '/live':
        return send(answer, 200, 'live\n')
      case '/ready':
        return isReady() ? send(answer, 200, 'ready\n') : send(answer, 503, 'not ready\n')
      case '/metrics':
        return void metrics.text().then(
          (text) => send(answer, 200, text, metrics.contentType),
          () => send(answer, 500, 'no metrics\n'),
        )
      default:
        return send(answer, 404, 'not found\n')
    }
  })
  server.requestTimeout = REQUEST_MS_MAX
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function send(answer: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  answer.writeHead(status, { 'content-type': type })
  answer.end(text)
}
