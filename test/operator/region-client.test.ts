/**
 * The operator's client of the admin API: against that of a region, and against servers that do wrong. The certificates
 * are those that the operator issues.
 *
 * @module
 */

import { createServer } from 'node:https'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  authorityBundle,
  MemoryRegion,
  RegionClient,
  renewAuthority,
  renewPair,
  REQUEST_MS_MAX,
  signingAuthority,
  testRegionAdmin,
} from '../../operator/src/testing.ts'
import { systemClock } from '../../storage-node/src/base/clock.ts'
import { ManualClock } from '../../storage-node/src/base/manual-clock.ts'
import { systemRandom } from '../../storage-node/src/base/random.ts'
import { GivenCredentials } from '../support/admin-api.ts'
import type { Credentials } from '../support/admin-api.ts'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'

const REGION = 'cn-hangzhou'
/** As the region in memory calls its storage node. */
const POD = 'node'

let api: TestApi
let node: Credentials
let operator: Credentials

beforeAll(async () => {
  const tools = { clock: systemClock, random: systemRandom }
  const authority = await renewAuthority(REGION, {}, undefined, tools)
  const signer = signingAuthority(authority, tools.clock.nowMs())
  const issue = async (name: string): Promise<Credentials> => {
    const names = { commonName: name, uris: [`granary://${REGION}/${name}`], hosts: [] }
    const pair = await renewPair(signer, {}, names, tools)
    return { ...pair, authority: authorityBundle(authority) }
  }
  node = await issue(POD)
  operator = await issue('operator')
  const source = new GivenCredentials(node)
  api = await startApi(30_000, { accounts: [] }, false, { admin: source })
})

afterAll(async () => {
  await api.stop()
  expect(api.bugs).toEqual([])
})

function openClient(ports: readonly number[], pod = POD, clock = systemClock): RegionClient {
  const addresses = ports.map((port) => ({ pod, host: '127.0.0.1', port }))
  return new RegionClient({ region: REGION, addresses, credentials: operator, clock })
}

testRegionAdmin('a region in memory', async () => new MemoryRegion())
testRegionAdmin('the admin API', async () => openClient([api.adminPort]))

test('a storage node says how it is, and hands over', async () => {
  const client = openClient([api.adminPort])
  const answer = await client.getStatus(POD)
  expect(answer).toMatchObject({ kind: 'ok', value: { partitions: expect.any(Array) } })
  expect(await client.handOver(POD)).toMatchObject({ kind: 'ok' })
  expect(await client.getStatus('other')).toMatchObject({ kind: 'unreachable' })
})

test('a storage node that has another name in its certificate is not told anything', async () => {
  const client = openClient([api.adminPort], 'other')
  expect(await client.putAccount('1000000000000001', 'shop')).toMatchObject({
    ...{ kind: 'unreachable', message: expect.stringContaining('not for URI:granary://') },
  })
})

test('what is refused says why, and shows no secret', async () => {
  const key = { account: 'x', accessKeySecret: 'short and secret', enabled: true, expiresAt: null }
  const client = openClient([api.adminPort])
  const answer = await client.putAccessKey('GRANKEY9', { ...key, policies: null, user: null })
  expect(answer).toMatchObject({ kind: 'refused', status: 400, code: 'InvalidArgument' })
  expect(JSON.stringify(answer)).not.toContain('short and secret')
})

describe('with storage nodes that do wrong', () => {
  let server: Server
  let listener: RequestListener

  beforeAll(async () => {
    const { key, certificate, authority } = node
    const tls = { key, cert: certificate, ca: authority, requestCert: true }
    server = createServer(tls, (request, response) => listener(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => void server.close())

  const port = () => (server.address() as AddressInfo).port
  const answering =
    (status: number, body: string): RequestListener =>
    (_request, response) =>
      void response.writeHead(status).end(body)

  test.each<[string, RequestListener]>([
    ['fails', answering(503, '{"code":"ServiceUnavailable","message":"No quorum"}')],
    ['breaks off', (request) => void request.socket.destroy()],
    ['answers with what is no JSON', answering(200, '<html>')],
    ['answers without end', answering(200, 'x'.repeat(5 * 1024 ** 2))],
  ])('the next one is asked when one %s', async (_name, wrong) => {
    listener = wrong
    expect(await openClient([port()]).listBuckets('', 10)).toMatchObject({ kind: 'unreachable' })
    const both = openClient([port(), api.adminPort])
    expect(await both.listBuckets('', 10)).toMatchObject({ kind: 'ok' })
  })

  test('one that never answers is given up in time', async () => {
    const clock = new ManualClock(0)
    listener = () => clock.advance(REQUEST_MS_MAX)
    const answer = await openClient([port()], POD, clock).listBuckets('', 10)
    expect(answer).toMatchObject({ message: expect.stringContaining('no answer within 10000 ms') })
  })

  test('a region without storage nodes says so', async () => {
    const answer = await openClient([]).listBuckets('', 10)
    expect(answer).toMatchObject({ message: expect.stringContaining('no storage nodes yet') })
  })
})
