/**
 * Listens on both loopback addresses with one port.
 *
 * @module
 */

import type { HttpServer } from './api/http-server.ts'
import { hasErrorCode } from './base/files.ts'

/** A port that is free on one address may be taken on the other. */
const ATTEMPT_COUNT_MAX = 20

/** Returns the port; 0 chooses one. Where there is no IPv6, IPv4 has to do. */
export async function listenOnLoopback(server: HttpServer, wanted: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await listen(server, '127.0.0.1', wanted)
    try {
      await listen(server, '::1', port)
      return port
    } catch (error) {
      const cause = (error as Error).cause
      if (hasErrorCode(cause, 'EADDRNOTAVAIL') || hasErrorCode(cause, 'EAFNOSUPPORT')) return port
      if (wanted !== 0 || attempt === ATTEMPT_COUNT_MAX) throw error
      await server.stopListening()
    }
  }
}

async function listen(server: HttpServer, host: string, port: number): Promise<number> {
  try {
    return await server.listen(host, port)
  } catch (cause) {
    const why = hasErrorCode(cause, 'EADDRINUSE') ? 'the port is in use' : (cause as Error).message
    throw new Error(`Cannot listen on ${host} port ${port}: ${why}`, { cause })
  }
}
