/**
 * The web server of an application that keeps its files in a bucket: pages of two origins, neither the bucket's.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** A running server. */
export interface PageServer {
  /** The application's. */
  readonly origin: string
  /** Somebody else's. */
  readonly otherOrigin: string
  /** Shows `body` at `path` from now on, on both origins; returns the address on the application's. */
  show(path: string, body: string): string
  stop(): void
}

/** The path of npm `ali-oss` as its package builds it for browsers. */
export const SDK_PATH = '/aliyun-oss-sdk.min.js'

/** Starts it on a free port; pages that nobody has shown are empty. */
export async function startPageServer(): Promise<PageServer> {
  const packageFile = createRequire(import.meta.url).resolve('ali-oss/package.json')
  const sdk = readFileSync(join(packageFile, '..', 'dist', SDK_PATH))
  const bodies = new Map<string, string>()
  const server = createServer(({ url = '' }, response) => {
    if (url === SDK_PATH) {
      response.setHeader('Content-Type', 'text/javascript').end(sdk)
      return
    }
    const { pathname } = new URL(url, 'http://localhost')
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><title>Barn</title>${bodies.get(pathname) ?? ''}`)
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  // Browsers lead every name below localhost to this machine, without asking a name server.
  const origin = `http://barn.localhost:${port}`
  return {
    origin,
    otherOrigin: `http://neighbour.localhost:${port}`,
    show(path, body) {
      bodies.set(path, body)
      return origin + path
    },
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Text as it stands in HTML, between quotation marks too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
