import { systemClock } from '../../base/clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { join } from 'node:path'
import type { BeaconSockets } from './beacon-sockets.ts'
import { openBeaconSockets } from './beacon-sockets.ts'
import { certificateUri } from './local-certificates.ts'
import type { TestCertificates } from './transport-fixtures.ts'
import { A, B, LineLog, makeTestCertificates, ownName, REGION } from './transport-fixtures.ts'

let certificates: TestCertificates
const ports = new Map<StoreId, number>()
const opened: BeaconSockets[] = []

beforeAll(async () => {
  certificates = await makeTestCertificates()
})
afterEach(async () => {
  for (const sockets of opened.splice(0)) await sockets.close()
})
afterAll(() => certificates.remove())

async function open(store: StoreId, incarnation = 1): Promise<BeaconSockets> {
  const file = (name: string) => join(certificates.directory, name)
  const sockets = await openBeaconSockets(
    {
      self: ownName({ store, incarnation, nonce: incarnation }),
      credentials: {
        ...{ key: file(`${store}.key`), certificate: file(`${store}.crt`) },
        authority: file('authority.crt'),
      },
      listen: { host: '127.0.0.1', port: 0 },
    },
    {
      ...{ clock: systemClock, logger: new LineLog() },
      addressOf: (to) => (ports.has(to) ? `127.0.0.1:${ports.get(to)}` : undefined),
      isHolder: (name, peer) => name === certificateUri(REGION, peer),
      incarnationMax: () => undefined,
      remember: () => Promise.resolve(),
    },
  )
  ports.set(store, sockets.port)
  opened.push(sockets)
  return sockets
}

/** Sends until one arrives, as beacons are: some are dropped while there is no connection. */
function heard(
  from: BeaconSockets,
  at: BeaconSockets,
  to: StoreId,
  text: string,
): Promise<string[]> {
  return new Promise((resolve) => {
    const repeat = setInterval(() => from.send(to, Buffer.from(text)), 20)
    at.onBeacon((store, bytes) => {
      clearInterval(repeat)
      resolve([store, Buffer.from(bytes).toString()])
    })
  })
}

test('beacons arrive in both directions, with who sent them', async () => {
  const [a, b] = [await open(A), await open(B)]
  expect(await heard(a, b, B, 'from a')).toEqual([A, 'from a'])
  expect(await heard(b, a, A, 'from b')).toEqual([B, 'from b'])
})

test('the first beacon goes out with its connection', async () => {
  const [a, b] = [await open(A), await open(B)]
  const arrived = new Promise((resolve) => b.onBeacon((store) => resolve(store)))
  a.send(B, Buffer.from('only one'))
  expect(await arrived).toBe(A)
})

test('both sides may connect at the same time', async () => {
  const [a, b] = [await open(A), await open(B)]
  const [ofA, ofB] = await Promise.all([heard(a, b, B, 'x'), heard(b, a, A, 'y')])
  expect([ofA, ofB]).toEqual([
    [A, 'x'],
    [B, 'y'],
  ])
})

test('a store that comes back is heard again', async () => {
  const [a, b] = [await open(A), await open(B)]
  await heard(a, b, B, 'before')
  await b.close()
  const again = await open(B, 2)
  expect(await heard(a, again, B, 'after')).toEqual([A, 'after'])
})

test('a beacon to nowhere is dropped', async () => {
  const a = await open(A)
  ports.delete(B)
  a.send(B, Buffer.from('beacon'))
})

test('a large beacon arrives whole', async () => {
  const [a, b] = [await open(A), await open(B)]
  const [, text] = await heard(a, b, B, 'x'.repeat(1024 ** 2))
  expect(text).toHaveLength(1024 ** 2)
})
