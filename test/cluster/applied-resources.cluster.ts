/**
 * A Region, a Bucket and an AccessKey in a real cluster: an official SDK puts objects with what the Secret says,
 * storage nodes are restarted under load, and everything is deleted again.
 *
 * @module
 */

import { startOperator, HttpKubernetesApi } from '../../operator/src/testing.ts'
import type { RunningOperator } from '../../operator/src/testing.ts'
import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { silentLogger } from '../../storage-node/src/base/logger.ts'
import { Metrics } from '../../storage-node/src/base/metrics.ts'
import { systemRandom } from '../../storage-node/src/base/random.ts'
import { aliOssClient } from '../conformance/npm-clients/ali-oss-client.ts'
import type { SmokeClient } from '../conformance/npm-clients/smoke-client.ts'
import { errorCode } from '../conformance/npm-clients/smoke-client.ts'
import { apply, getJson, kubectl } from './bed.ts'
import type { KubeconfigClient } from './kubeconfig-client.ts'
import { openKubeconfigClient } from './kubeconfig-client.ts'
import { STORAGE_NODE_IMAGE } from './storage-node-image.ts'

const REGION = 'cn-operator'
/** Of its own for each run: one that goes takes a while. */
const RUN = Date.now().toString(36)
const HOME = `operator-${RUN}`
const SHOP = `shop-${RUN}`
const ZONES = ['a', 'b', 'c']
const READY_MS_MAX = 90_000
const SECRET_MS_MAX = 5_000
/** Each has a connection of its own most of the time, which is kept from one request to the next. */
const WORKER_COUNT = 8

let cluster: KubeconfigClient
let operator: RunningOperator
let client: SmokeClient

beforeAll(async () => {
  const names = [HOME, SHOP]
  await apply(names.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })))
  // What the namespace enforces, the pods keep to.
  const level = 'pod-security.kubernetes.io/enforce=restricted'
  await kubectl(['label', 'namespace', HOME, level])
  cluster = openKubeconfigClient()
  const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger }
  operator = startOperator({
    ...surroundings,
    api: new HttpKubernetesApi({ ...surroundings, api: cluster.client }),
    metrics: new Metrics(),
    identity: `suite-${RUN}`,
    namespace: HOME,
    defaultRegion: { name: REGION, namespace: HOME },
    storageNodeImage: STORAGE_NODE_IMAGE,
    resyncMs: 300_000,
  })
})

afterAll(async () => {
  await operator.stop()
  cluster.close()
  await kubectl(['delete', 'namespace', '--wait=false', '--ignore-not-found', HOME, SHOP])
})

test('a Region is ready within 90 seconds, its pods under restricted pod security', async () => {
  await apply([
    resource('Region', HOME, REGION, { storage: { size: '1Gi' }, deletionPolicy: 'Delete' }),
  ])
  await until('the Region is ready', () => isReady('region', HOME, REGION), READY_MS_MAX)
  const pods = await getJson<{ items: { spec: { nodeName: string } }[] }>(['pods', `-n${HOME}`])
  expect(pods.items.map(({ spec }) => spec.nodeName).sort()).toEqual(ZONES)
})

test('a Bucket and an AccessKey come to a Secret within seconds, and an SDK works with it', async () => {
  const permissions = [{ bucketRef: { name: 'photos' }, access: 'ReadWrite' }]
  await apply([
    resource('Bucket', SHOP, 'photos', { deletionPolicy: 'Delete', deleteContents: true }),
    resource('AccessKey', SHOP, 'app', { permissions }),
  ])
  await until('the pair is usable', () => isReady('accesskey', SHOP, 'app'), SECRET_MS_MAX)
  client = await openClient()
  await until('the bucket has a host name', async () => {
    await client.put('photos', 'hello.txt', Buffer.from('hello'), 'blue')
    return true
  })
  expect((await client.get('photos', 'hello.txt')).toString()).toBe('hello')
})

test('the pair may do what its permissions say, and nothing else', async () => {
  await apply([resource('Bucket', SHOP, 'letters', {})])
  await until('the other bucket is there', () => isReady('bucket', SHOP, 'letters'))
  await until('the other bucket has a host name', async () => {
    return (await client.get('letters', 'x').then(String, errorCode)) === 'AccessDenied'
  })
  const refused = [
    () => client.put('letters', 'x', Buffer.from('x'), 'blue'),
    () => client.list('letters', ''),
    () => client.removeBucket('photos'),
  ]
  for (const act of refused) expect(await act().then(String, errorCode)).toBe('AccessDenied')
})

test('a pair that is disabled is refused within seconds, and works again', async () => {
  const code = () => client.get('photos', 'hello.txt').then(() => 'ok', errorCode)
  await change('accesskey', SHOP, 'app', { enabled: false })
  await until('it is refused', async () => (await code()) !== 'ok', SECRET_MS_MAX)
  await change('accesskey', SHOP, 'app', { enabled: true })
  await until('it works', async () => (await code()) === 'ok', SECRET_MS_MAX)
})

test('storage nodes are restarted one at a time, and no client notices', async () => {
  const before = await podUids()
  await change('region', HOME, REGION, { pod: { annotations: { 'example.com/restart': '1' } } })
  const failures = await failuresUntil(async () => {
    const now = await podUids()
    return now.length === ZONES.length && !now.some((uid) => before.includes(uid))
  })
  expect(failures).toEqual([])
  await until('the Region has settled', () => isReady('region', HOME, REGION))
})

test('deletions in any order end, and say what they wait for', async () => {
  await kubectl(['delete', `region/${REGION}`, `-n${HOME}`, '--wait=false'])
  await until('the Region waits for its Buckets', async () => {
    const { reason, message } = await readyCondition('region', HOME, REGION)
    return reason === 'DeletionBlocked' && message.includes(`${SHOP}/photos`)
  })
  for (const name of ['bucket.granary.dev/photos', 'bucket.granary.dev/letters', 'accesskey/app']) {
    await kubectl(['delete', name, `-n${SHOP}`, '--timeout=30s'])
  }
  await kubectl(['wait', '--for=delete', `region/${REGION}`, `-n${HOME}`, '--timeout=120s'])
  for (const kind of ['partitions', 'storagenodes', 'placementmaps']) {
    expect((await getJson<{ items: unknown[] }>([kind, `-n${HOME}`])).items).toEqual([])
  }
})

function resource(kind: string, namespace: string, name: string, spec: object): object {
  return { apiVersion: 'granary.dev/v1alpha1', kind, metadata: { name, namespace }, spec }
}

async function change(kind: string, namespace: string, name: string, spec: object): Promise<void> {
  const patch = `--patch=${JSON.stringify({ spec })}`
  await kubectl(['patch', `${kind}.granary.dev/${name}`, `-n${namespace}`, '--type=merge', patch])
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

async function readyCondition(kind: string, namespace: string, name: string): Promise<Condition> {
  const { status } = await getJson<{ status?: { conditions?: Condition[] } }>([
    ...[`${kind}.granary.dev/${name}`, `-n${namespace}`],
  ])
  const found = status?.conditions?.find(({ type }) => type === 'Ready')
  return found ?? { type: 'Ready', status: 'Unknown', reason: '', message: '' }
}

async function isReady(kind: string, namespace: string, name: string): Promise<boolean> {
  return (await readyCondition(kind, namespace, name)).status === 'True'
}

/** As an application does that reads its environment. */
async function openClient(): Promise<SmokeClient> {
  const secret = await getJson<{ data: Record<string, string> }>(['secret/app', `-n${SHOP}`])
  const text = (key: string) => Buffer.from(secret.data[key] ?? '', 'base64').toString()
  expect(text('OSS_BUCKET')).toBe('photos')
  const access = {
    accessKeyId: text('OSS_ACCESS_KEY_ID'),
    accessKeySecret: text('OSS_ACCESS_KEY_SECRET'),
    endpoint: text('OSS_ENDPOINT'),
    region: text('OSS_REGION'),
  }
  return aliOssClient(access, true)
}

async function podUids(): Promise<readonly string[]> {
  const { items } = await getJson<{ items: { metadata: { uid: string } }[] }>(['pods', `-n${HOME}`])
  return items.map(({ metadata }) => metadata.uid)
}

/** Some put and get all the time, none of which tries again; returns what failed before it is so. */
async function failuresUntil(holds: () => Promise<boolean>, msMax = 180_000): Promise<string[]> {
  const failures: string[] = []
  const endMs = systemClock.monotonicMs() + msMax
  let isOver = false
  const work = async (name: string) => {
    for (let at = 0; !isOver; at++) {
      const [key, body] = [`${name}-${at % 20}`, Buffer.from(`body ${at}`)]
      const exchange = client
        .put('photos', key, body, 'blue')
        .then(() => client.get('photos', key))
        .then((found) => (found.equals(body) ? undefined : 'other bytes'))
      const failure = await exchange.catch((error: unknown) => String(error))
      if (failure !== undefined) failures.push(`${name} ${at}: ${failure}`)
    }
  }
  const workers = Array.from({ length: WORKER_COUNT }, (_, at) => work(`worker-${at}`))
  try {
    while (!(await holds())) {
      if (systemClock.monotonicMs() > endMs) throw new Error(`It was not so within ${msMax} ms`)
      await sleep(systemClock, 250)
    }
  } finally {
    isOver = true
    await Promise.all(workers)
  }
  return failures
}

async function until(what: string, holds: () => Promise<boolean>, msMax = 60_000): Promise<void> {
  const endMs = systemClock.monotonicMs() + msMax
  while (!(await holds().catch(() => false))) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`Within ${msMax} ms, not: ${what}`)
    await sleep(systemClock, 250)
  }
}
