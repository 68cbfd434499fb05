/**
 * What the suites find of the open internet: a server that sends everybody elsewhere, as www.aliyun.com does, which
 * the tests of the Go SDK name as their application server.
 *
 * @module
 */

import { createServer } from 'node:http'
import { OPEN_INTERNET } from './official-addresses.ts'

const PORT = 80

/** Starts it; ends when the returned function is called. */
export async function startOpenInternet(): Promise<() => void> {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(301, { location: `https://${request.headers.host}/`, connection: 'close' })
    response.end()
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(PORT, OPEN_INTERNET, resolve)
  })
  return () => void server.close()
}
