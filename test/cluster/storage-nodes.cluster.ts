/**
 * A region of three storage nodes as pods, founded as the operator does it: an official SDK at the host names of
 * buckets, pods that are killed, an API server that is away, certificates that are replaced.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { accountUidOf } from '../../storage-node/src/contract/account-uid.ts'
import { FOUNDING_RANGE_COUNT } from '../../storage-node/src/contract/founding-ranges.ts'
import type { KubernetesObject } from '../../storage-node/src/contract/kubernetes-object.ts'
import { REGION_GROUP_COUNT } from '../../storage-node/src/contract/placement-map.ts'
import {
  internalHosts,
  podPorts,
  serviceNames,
} from '../../storage-node/src/contract/storage-node-pod.ts'
import type { StorageNodeSpec } from '../../storage-node/src/contract/storage-node-record.ts'
import { storeEntryOf } from '../../storage-node/src/contract/storage-node-record.ts'
import { foundRegion } from '../../storage-node/src/testing.ts'
import { aliOssClient } from '../conformance/npm-clients/ali-oss-client.ts'
import type { SmokeClient } from '../conformance/npm-clients/smoke-client.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import { apply, getJson, kubectl, runScript } from './bed.ts'
import type { ClusterClient } from './cluster-client.ts'
import { openClusterClient } from './cluster-client.ts'
import { killStorageNode } from './kill-storage-node.ts'
import { callAdminApi } from './operator-calls.ts'
import { bucketHosts, NAMESPACE, PODS, REGION, regionManifests, ZONES } from './region-manifests.ts'
import type { RegionSecrets } from './region-secrets.ts'
import { gatewayCertificate, makeRegionSecrets } from './region-secrets.ts'

const BUCKET = 'photos'
const OBJECT_COUNT = 200
/** Shorter than what makes Kubernetes give up its machines. */
const OUTAGE_MS = 6_000
/** So long does who asked DNS just before come to a pod that ends. */
const STALE_MS = 6_000
const ACCESS_KEY = {
  accessKeyId: 'GRANARYSUITE0001',
  accessKeySecret: 'suite-secret-of-30-characters',
}
const [HOST = ''] = internalHosts(REGION, NAMESPACE)

let folder: string
let secrets: RegionSecrets
let cluster: ClusterClient
let client: SmokeClient

const inNamespace = `--namespace=${NAMESPACE}`

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-region-'))
  secrets = await makeRegionSecrets(folder)
  await removeNamespace()
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }])
  cluster = await openClusterClient(NAMESPACE)
  await apply([...secrets.objects, ...regionManifests()])
  const { spec } = await getJson<{ spec: { clusterIP: string } }>([
    ...['service', serviceNames(REGION).gateway, inNamespace],
  ])
  await apply([bucketHosts([BUCKET], spec.clusterIP)])
})

afterAll(async () => {
  cluster.close()
  rmSync(folder, { recursive: true })
  await removeNamespace()
})

test('storage nodes tell of themselves, and serve once the region is founded', async () => {
  await until('each storage node has told of itself', async () => {
    return (await storageNodes()).length === PODS.length
  })
  const specs = (await storageNodes()).map(({ spec }) => spec as StorageNodeSpec)
  expect(specs.map(({ pod }) => pod).sort()).toEqual([...PODS].sort())
  expect(new Set(specs.map(({ storeId }) => storeId)).size).toBe(PODS.length)
  const founder = cluster.founder(REGION)
  await foundRegion(founder, specs.map(storeEntryOf), {
    rangeCount: FOUNDING_RANGE_COUNT,
    groupCount: REGION_GROUP_COUNT,
  })
  founder.close()
  await waitUntilReady()
  await until('each says so', async () => {
    const states = (await storageNodes()).map(({ status }) => (status as { state: string }).state)
    return states.every((state) => state === 'Ready')
  })
})

test('an official SDK puts and gets objects at the host name of a bucket', async () => {
  await makeAccessKey()
  const access = { ...ACCESS_KEY, endpoint: `http://${HOST}`, region: REGION }
  client = aliOssClient(access, true)
  await client.makeBucket(BUCKET)
  await inTurns(async (at) => {
    await client.put(BUCKET, `object-${at}`, bodyOf(at), 'blue')
  })
  await everythingIsThere()
})

test('everything is there while a killed pod is away, and after it is back', async () => {
  const [first = ''] = PODS
  const uid = await uidOf(first)
  await kubectl(['delete', 'pod', first, inNamespace, '--grace-period=0', '--force'])
  // Connections to it break, and its partitions have no primary for some seconds.
  await everythingIsThere((at) => persistently(() => getObject(at)))
  await until('the pod is another one', async () => (await uidOf(first)) !== uid)
  await waitUntilReady()
  await everythingIsThere()
})

test('a pod that is asked to end does so in order, and nobody notices', async () => {
  const [, second = ''] = PODS
  const uid = await uidOf(second)
  const address = await addressOf(second)
  expect(await ledBy(second)).not.toEqual([])
  // A takeover begins three seconds after a primary was heard of last: what it led is in other hands before.
  const ledAtItsEnd = hasEnded(address).then(() => ledBy(second))
  const stale = failuresAt(address, STALE_MS)
  await kubectl(['delete', 'pod', second, inNamespace, '--wait=false'])
  const failures = await failuresUntil(async () => {
    const now = await uidOf(second)
    return now !== undefined && now !== uid
  })
  expect(failures).toEqual([])
  expect(await stale).toEqual([])
  expect(await ledAtItsEnd).toEqual([])
  await waitUntilReady()
})

test('pods that all end at once find each other again, and everything is there', async () => {
  const before = await Promise.all(PODS.map(uidOf))
  await kubectl(['delete', 'pod', ...PODS, inNamespace, '--grace-period=0', '--force'])
  await until('each pod is another one', async () => {
    const now = await Promise.all(PODS.map(uidOf))
    return now.every((uid, at) => uid !== undefined && uid !== before[at])
  })
  await waitUntilReady()
  await everythingIsThere()
})

test.each(['peers', 'beacons', 'admin'] as const)(
  'who has no certificate of the region gets no answer at port %s',
  async (name) => {
    const [pod = ''] = PODS
    expect(await answerToStranger(await addressOf(pod), podPorts[name])).toBe('')
  },
)

test('a storage node starts again and serves while there is no API server', async () => {
  const [, , third = ''] = PODS
  const zone = third.split('-').at(-2) ?? ''
  const address = await addressOf(third)
  const startedBefore = await startedAt(address)
  // Without power, not cut off: a kubelet that is not even refused waits for minutes before it starts a container.
  runScript('node', ['cp', 'stop'])
  try {
    killStorageNode(zone, third)
    await until('it is another process, and ready', async () => {
      const [started, ready] = [
        await startedAt(address),
        await fetch(`http://${address}:${podPorts.probes}/ready`),
      ]
      return started !== startedBefore && ready.ok
    })
    await everythingIsThere((at) => getAt(address, at))
  } finally {
    runScript('node', ['cp', 'start'])
  }
  await waitUntilReady()
  await everythingIsThere()
})

test('requests go on while no storage node reaches the API server', async () => {
  const addresses = await Promise.all(PODS.map(addressOf))
  const endMs = systemClock.monotonicMs() + OUTAGE_MS
  for (const zone of ZONES) runScript('partition', [zone, 'cp'])
  try {
    for (let at = 0; systemClock.monotonicMs() < endMs; at++) {
      for (const address of addresses) await exchangeAt(address, `outage-${at}`, bodyOf(at))
    }
  } finally {
    runScript('heal', [])
  }
  await waitUntilReady()
})

test('clients are shown a new certificate without an interruption', async () => {
  const shown = async () => Promise.all((await Promise.all(PODS.map(addressOf))).map(shownAt))
  expect(await shown()).toEqual(['first', 'first', 'first'])
  await apply([gatewayCertificate(folder, 'second')])
  const isReplaced = async () => (await shown()).every((name) => name === 'second')
  const failures = await failuresUntil(isReplaced, CERTIFICATE_MS_MAX)
  expect(failures).toEqual([])
})

async function removeNamespace(): Promise<void> {
  await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=true'])
}

async function storageNodes(): Promise<readonly KubernetesObject[]> {
  const { items } = await getJson<{ items: KubernetesObject[] }>(['storagenodes', inNamespace])
  return items.filter(({ status }) => status !== undefined)
}

/** Partitions whose primary is in a pod. */
async function ledBy(pod: string): Promise<readonly string[]> {
  const nodes = await storageNodes()
  const store = nodes.map(({ spec }) => spec as StorageNodeSpec).find((spec) => spec.pod === pod)
  const { items } = await getJson<{ items: KubernetesObject[] }>(['partitions', inNamespace])
  return items
    .filter(({ status }) => (status as { primary?: string }).primary === store?.storeId)
    .map(({ metadata }) => metadata.name)
}

/** One that was given up while its machine was silent is ready for a moment more, and then another one. */
async function waitUntilReady(): Promise<void> {
  await until('each pod is ready, and none is to go', async () => {
    const pods = await Promise.all(PODS.map(findPod))
    return pods.every((pod) => pod?.metadata.deletionTimestamp === undefined && isReady(pod))
  })
}

function isReady(pod: Pod | undefined): boolean {
  return (pod?.status.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  )
}

async function makeAccessKey(): Promise<void> {
  const uid = accountUidOf(REGION, 'suite')
  const [pod = ''] = PODS
  const address = await addressOf(pod)
  const call = (path: string, body: object) =>
    callAdminApi(address, secrets.operator, 'PUT', path, body)
  await call(`/v1/accounts/${uid}`, { name: 'suite' })
  const { accessKeyId, accessKeySecret } = ACCESS_KEY
  const rights = { enabled: true, expiresAt: null, policies: null }
  await call(`/v1/access-keys/${accessKeyId}`, { account: uid, accessKeySecret, ...rights })
}

interface Pod extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & { readonly deletionTimestamp?: string }
  readonly status: {
    readonly podIP?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

async function findPod(name: string): Promise<Pod | undefined> {
  return getJson<Pod>(['pod', name, inNamespace]).catch(() => undefined)
}

async function uidOf(pod: string): Promise<string | undefined> {
  return (await findPod(pod))?.metadata.uid
}

async function addressOf(pod: string): Promise<string> {
  return (await findPod(pod))?.status.podIP ?? ''
}

/** Comes to a pod by its address for `ms`, as if DNS had been asked just before; returns what failed. */
async function failuresAt(address: string, ms: number): Promise<string[]> {
  const failures: string[] = []
  const endMs = systemClock.monotonicMs() + ms
  while (systemClock.monotonicMs() < endMs) {
    const answer = fetch(`http://${address}:${podPorts.http}/`).then((found) => found.text())
    await answer.catch((error: Error) => failures.push(String(error.cause)))
    await sleep(systemClock, 10)
  }
  return failures
}

/** Resolves when nobody answers probes any more. */
async function hasEnded(address: string): Promise<void> {
  const isLive = () =>
    fetch(`http://${address}:${podPorts.probes}/live`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    )
  while (await isLive()) await sleep(systemClock, 50)
}

/** When the process of a pod has started, as it tells itself. */
async function startedAt(address: string): Promise<string | undefined> {
  const text = await (await fetch(`http://${address}:${podPorts.probes}/metrics`)).text()
  return /^process_start_time_seconds (\S+)$/m.exec(text)?.[1]
}

async function getAt(address: string, at: number): Promise<Buffer> {
  const request = { method: 'GET', bucket: BUCKET, key: `object-${at}` }
  return (await sendOssRequest(accessAt(address), request)).body
}

/** To one pod, past every proxy. */
function accessAt(address: string) {
  return { ...ACCESS_KEY, endpoint: `http://${address}:${podPorts.http}`, region: REGION }
}

async function exchangeAt(address: string, key: string, body: Buffer): Promise<void> {
  const send = (method: string, more: object) =>
    sendOssRequest(accessAt(address), { method, bucket: BUCKET, key, ...more })
  expect((await send('PUT', { body })).status).toBe(200)
  expect((await send('GET', {})).body.equals(body)).toBe(true)
}

function bodyOf(at: number): Buffer {
  // Small ones lie in rows, large ones in chunks.
  return Buffer.alloc(at % 4 === 0 ? 200_000 + at : 100 + at, `object ${at} `)
}

const OBJECTS_AT_ONCE = 10
/** The kubelet looks at Secrets about once a minute. */
const CERTIFICATE_MS_MAX = 150_000
const ATTEMPT_COUNT_MAX = 20

async function inTurns(work: (at: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < OBJECT_COUNT; from += OBJECTS_AT_ONCE) {
    await Promise.all(Array.from({ length: OBJECTS_AT_ONCE }, (_, at) => work(from + at)))
  }
}

async function everythingIsThere(get = getObject): Promise<void> {
  await inTurns(async (at) => {
    const body = await get(at)
    if (!body.equals(bodyOf(at))) throw new Error(`Object ${at} has other bytes`)
  })
}

function getObject(at: number): Promise<Buffer> {
  return client.get(BUCKET, `object-${at}`)
}

/** As clients do that try again. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPT_COUNT_MAX; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 1) throw error
      await sleep(systemClock, 500)
    }
  }
}

/** Puts and gets all the time; returns what failed before it is so. */
async function failuresUntil(holds: () => Promise<boolean>, msMax = 90_000): Promise<string[]> {
  const failures: string[] = []
  const endMs = systemClock.monotonicMs() + msMax
  for (let at = 0; !(await holds()); at++) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`It was not so within ${msMax} ms`)
    const key = `meanwhile-${at}`
    const wanted = bodyOf(at)
    const exchange = client
      .put(BUCKET, key, wanted, 'blue')
      .then(() => client.get(BUCKET, key))
      .then((found) => (found.equals(wanted) ? undefined : 'other bytes'))
    const failure = await exchange.catch((error: unknown) => String(error))
    if (failure !== undefined) failures.push(`${key}: ${failure}`)
  }
  return failures
}

/** The name in the certificate that a client of the bucket is shown by a pod. */
function shownAt(host: string): Promise<string | undefined> {
  const target = { host, port: podPorts.https, servername: `${BUCKET}.${HOST}` }
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, rejectUnauthorized: false }, () => {
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      resolve(String(subject.CN))
    })
    socket.on('error', reject)
  })
}

/** All that comes back over TLS until the other side ends the connection. */
function answerToStranger(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      socket.write('GET /v1/status HTTP/1.1\r\nhost: a\r\n\r\n')
    })
    socket.on('data', (piece: Buffer) => (answer += piece.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

async function until(what: string, holds: () => Promise<boolean>, msMax = 120_000): Promise<void> {
  const endMs = systemClock.monotonicMs() + msMax
  while (!(await holds().catch(() => false))) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`Within ${msMax} ms, not: ${what}`)
    await sleep(systemClock, 500)
  }
}
