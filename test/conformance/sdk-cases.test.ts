/**
 * What npm `ali-oss` calls under the service's own name, here below `.localhost` and without the tools
 * that the conformance suite builds first.
 *
 * @module
 */

import dns from 'node:dns'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalServer } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import type { Case } from './cases.ts'
import { sdkCases } from './sdk-cases.ts'

const systemLookup = dns.lookup

let folder: string
let server: LocalServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-sdk-'))
  const environment = { GRANARY_RESTORE_DELAY_MS: '1000' }
  server = await startLocalServer({ data: folder, environment })
  // Names below .localhost are this machine (RFC 6761), also where the resolver does not know it.
  jest.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: never[]) => {
    return (systemLookup as (...args: unknown[]) => void)(
      name.endsWith('.localhost') ? 'localhost' : name,
      ...rest,
    )
  }) as never)
})
afterAll(async () => {
  jest.restoreAllMocks()
  await server.end('SIGTERM')
  rmSync(folder, { recursive: true })
})

test('every case holds', async () => {
  const { port } = new URL(server.access.endpoint)
  const endpoint = `http://oss-${server.access.region}.localhost:${port}`
  const failed: string[] = []
  const run = async ({ name, run }: Case) => {
    await run().catch((error: unknown) => failed.push(`${name}: ${String(error)}`))
  }
  for (const one of sdkCases({ ...server.access, endpoint }, 'sdk-cases', 60)) await run(one)
  expect(failed).toEqual([])
})
