/**
 * What applications may do and see: keys that rotate, namespaces that are not allowed, a pair that may only read, and
 * ports that answer to the region alone.
 *
 * @module
 */

import { podPorts } from '../../storage-node/src/contract/storage-node-pod.ts'
import { apply, getJson, kubectl } from '../cluster/bed.ts'
import { aliOssClient } from '../conformance/npm-clients/ali-oss-client.ts'
import type { SmokeClient } from '../conformance/npm-clients/smoke-client.ts'
import { errorCode } from '../conformance/npm-clients/smoke-client.ts'
import type { Condition, Observed } from './granary.ts'
import { Granary, isReadyNow, REGION, restrictedNamespace } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { CLIENT_ZONES, clientName, expectFullTraffic, expectNoFailure } from './traffic.ts'
import { until } from './until.ts'

const ROTATION = { every: '1m', overlap: '45s' }
const ROTATION_COUNT = 3
const ROTATIONS_MS_MAX = 280_000
const OVERLAP_MS_MAX = 60_000
const KEY_MS_MAX = 10_000
const ACCESS_KEY = 'photos'

let granary: Granary
let traffic: Traffic
const inShop = () => `-n${granary.shop}`

beforeAll(async () => {
  granary = await Granary.install()
  traffic = await granary.startTraffic(ROTATION)
})

afterAll(async () => {
  const stranger = strangerNamespace()
  await kubectl(['delete', 'buckets,accesskeys', '--all', `-n${stranger}`, '--timeout=60s'])
  await kubectl(['delete', 'namespace', stranger, '--wait=false'])
  await granary.remove()
})

beforeEach(async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

test('an application that reads its Secret sees no failed request over three rotations', async () => {
  const first = await openClient(ACCESS_KEY)
  const rotations = new Set<string>()
  await until(
    'the pair was replaced three times',
    async () => {
      const { lastRotation } = (await accessKey(ACCESS_KEY)).status ?? {}
      if (lastRotation !== undefined) rotations.add(String(lastRotation))
      return rotations.size === ROTATION_COUNT
    },
    ROTATIONS_MS_MAX,
  )
  await until('clients use the last pair', async () => !(await isAccepted(first)), OVERLAP_MS_MAX)
  console.log(`The pair was replaced at ${[...rotations].join(', ')}`)
  await expectNoFailure(traffic, 'Pairs were rotated')
})

test('a namespace that is not allowed gets a clear condition and no access', async () => {
  const stranger = strangerNamespace()
  const labels = { 'example.com/granary': 'yes' }
  await kubectl(['label', 'namespace', granary.shop, 'example.com/granary=yes'])
  const allowedNamespaces = { from: 'Selector', selector: { matchLabels: labels } }
  await changeRegion({ allowedNamespaces })
  await apply([restrictedNamespace(stranger)])
  await apply([
    granary.resource('Bucket', 'theirs', {}, stranger),
    granary.resource('AccessKey', 'theirs', {}, stranger),
  ])
  for (const kind of ['bucket', 'accesskey']) {
    await until(`the ${kind} is refused`, async () => {
      const { reason, message } = (await ready(kind, 'theirs', stranger)) ?? {}
      return reason === 'NamespaceNotAllowed' && message?.includes(stranger) === true
    })
  }
  const secrets = await getJson<{ items: readonly Observed[] }>(['secrets', `-n${stranger}`])
  expect(secrets.items).toEqual([])
  await changeRegion({ allowedNamespaces: { from: 'All', selector: null } })
  await until('it is taken once it is allowed', async () => {
    return (await ready('accesskey', 'theirs', stranger))?.status === 'True'
  })
  await expectNoFailure(traffic, 'Another namespace was refused')
})

test('an AccessKey with Read on one bucket can do nothing else', async () => {
  const permissions = [{ bucketRef: { name: 'photos' }, access: 'Read' }]
  await apply([
    granary.resource('AccessKey', 'reader', { permissions }),
    granary.resource('Bucket', 'letters', { deletionPolicy: 'Delete' }),
  ])
  const isThere = async () => isReadyNow(await accessKey('reader'))
  await until('the pair is usable', isThere, KEY_MS_MAX)
  const reader = await openClient('reader')
  const key = (await reader.list('photos', 'client-a/'))[0] ?? ''
  expect(key).not.toBe('')
  await until('the other bucket has a host name', async () => {
    return (await reader.list('letters', '').then(String, errorCode)) === 'AccessDenied'
  })
  const body = Buffer.from('x')
  const refused: (() => Promise<unknown>)[] = [
    () => reader.put('photos', key, body, 'blue'),
    () => reader.remove('photos', key),
    () => reader.removeMany('photos', [key]),
    () => reader.append('photos', 'appended', 0, body),
    () => reader.copy('photos', key, 'copied'),
    () => reader.startUpload('photos', 'upload'),
    () => reader.removeBucket('photos'),
    () => reader.list('letters', ''),
    () => reader.get('letters', key),
    () => reader.put('letters', key, body, 'blue'),
  ]
  for (const act of refused) expect(await act().then(String, errorCode)).toBe('AccessDenied')
  await expectNoFailure(traffic, 'A pair that may read tried other things')
})

test('pods run where restricted pod security is enforced', async () => {
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'rude' } }
  const namespace = `-n${granary.namespace}`
  const spec = { containers: [{ name: 'a', image: 'a', securityContext: { privileged: true } }] }
  const refused = kubectl(['create', namespace, '-f', '-'], JSON.stringify({ ...pod, spec }))
  await expect(refused).rejects.toThrow('violates PodSecurity "restricted:latest"')
  const phases = (await granary.list('pods')).map(({ status }) => status?.['phase'])
  expect(phases.length).toBeGreaterThan(3)
  expect(new Set(phases)).toEqual(new Set(['Running']))
})

test.each(['peers', 'beacons', 'admin'] as const)(
  'a pod without a certificate gets no answer from port %s',
  async (name) => {
    const { status } = await granary.get('pod', `${REGION}-b-0`)
    expect(await answerToClient(String(status?.podIP), podPorts[name])).toBe('')
  },
)

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await traffic.verify()
})

function strangerNamespace(): string {
  return granary.shop.replace('shop', 'stranger')
}

async function accessKey(name: string): Promise<Observed> {
  return getJson<Observed>(['accesskey', name, inShop()])
}

async function ready(
  kind: string,
  name: string,
  namespace: string,
): Promise<Condition | undefined> {
  const { status } = await getJson<Observed>([`${kind}.granary.dev/${name}`, `-n${namespace}`])
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

async function changeRegion(spec: object): Promise<void> {
  const patch = `--patch=${JSON.stringify({ spec })}`
  await kubectl(['patch', `region/${REGION}`, `-n${granary.namespace}`, '--type=merge', patch])
}

/** With what the Secret says now, and for ever. */
async function openClient(secretName: string): Promise<SmokeClient> {
  const secret = await getJson<{ data: Record<string, string> }>(['secret', secretName, inShop()])
  const text = (key: string) => Buffer.from(secret.data[key] ?? '', 'base64').toString()
  const access = {
    accessKeyId: text('OSS_ACCESS_KEY_ID'),
    accessKeySecret: text('OSS_ACCESS_KEY_SECRET'),
    endpoint: text('OSS_ENDPOINT'),
    region: text('OSS_REGION'),
  }
  return aliOssClient(access, true)
}

async function isAccepted(client: SmokeClient): Promise<boolean> {
  const code = await client.list('photos', '').then(() => 'ok', errorCode)
  return code !== 'InvalidAccessKeyId'
}

/** All that comes back over TLS to a client's pod. */
async function answerToClient(host: string, port: number): Promise<string> {
  const script = `
    const socket = require('node:tls').connect(
      { host: '${host}', port: ${port}, rejectUnauthorized: false },
      () => socket.write('GET /v1/status HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n'),
    )
    socket.on('data', (piece) => process.stdout.write(piece.toString('latin1')))
    socket.on('error', () => undefined)`
  const pod = clientName(CLIENT_ZONES[0])
  return kubectl(['exec', pod, inShop(), '--', 'node', '-e', script])
}
