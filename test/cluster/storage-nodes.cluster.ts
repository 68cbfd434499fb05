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
import { internalHosts, serviceNames } from '../../storage-node/src/contract/storage-node-pod.ts'
import type { StorageNodeSpec } from '../../storage-node/src/contract/storage-node-record.ts'
import { storeEntryOf } from '../../storage-node/src/contract/storage-node-record.ts'
import { foundRegion } from '../../storage-node/src/testing.ts'
import { aliOssClient } from '../conformance/npm-clients/ali-oss-client.ts'
import type { SmokeClient } from '../conformance/npm-clients/smoke-client.ts'
import { apply, getJson, kubectl, runScript } from './bed.ts'
import type { ClusterClient } from './cluster-client.ts'
import { openClusterClient } from './cluster-client.ts'
import { callAdminApi } from './operator-calls.ts'
import { bucketHosts, NAMESPACE, PODS, REGION, regionManifests } from './region-manifests.ts'
import type { RegionSecrets } from './region-secrets.ts'
import { gatewayCertificate, makeRegionSecrets } from './region-secrets.ts'

const BUCKET = 'photos'
const OBJECT_COUNT = 200
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
  await everythingIsThere()
  await until('the pod is another one', async () => (await uidOf(first)) !== uid)
  await waitUntilReady()
  await everythingIsThere()
})

test('a pod that is asked to end does so in order, and nobody notices', async () => {
  const [, second = ''] = PODS
  const uid = await uidOf(second)
  const deleted = kubectl(['delete', 'pod', second, inNamespace, '--wait=false'])
  const failures = await failuresUntil(async () => {
    await deleted
    const pod = await findPod(second)
    return pod !== undefined && pod.metadata.uid !== uid
  })
  expect(failures).toEqual([])
  await waitUntilReady()
})

test('a storage node starts again while the API server is away', async () => {
  const [, , third = ''] = PODS
  const zone = third.split('-').at(-2) ?? ''
  const before = await restartCount(third)
  runScript('partition', [zone, 'cp'])
  try {
    await inPod(zone, third, ['kill', '-KILL', '1']).catch(() => undefined)
    await sleep(systemClock, 15_000)
    await everythingIsThere()
  } finally {
    runScript('heal', [zone])
  }
  await until('the restart is told', async () => (await restartCount(third)) > before)
  await waitUntilReady()
  await everythingIsThere()
})

test('clients are shown a new certificate without an interruption', async () => {
  expect(await shownName()).toBe('first')
  await apply([gatewayCertificate(folder, 'second')])
  const failures = await failuresUntil(async () => (await shownName()) === 'second', 150_000)
  expect(failures).toEqual([])
})

async function removeNamespace(): Promise<void> {
  await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=true'])
}

async function storageNodes(): Promise<readonly KubernetesObject[]> {
  const { items } = await getJson<{ items: KubernetesObject[] }>(['storagenodes', inNamespace])
  return items.filter(({ status }) => status !== undefined)
}

async function waitUntilReady(): Promise<void> {
  const pods = PODS.map((pod) => `pod/${pod}`)
  await until('each pod is ready', async () => {
    await kubectl(['wait', '--for=condition=Ready', ...pods, inNamespace, '--timeout=5s'])
    return true
  })
}

async function makeAccessKey(): Promise<void> {
  const uid = accountUidOf(REGION, 'suite')
  const [pod = ''] = PODS
  const address = (await getJson<{ status: { podIP: string } }>(['pod', pod, inNamespace])).status
  const call = (path: string, body: object) =>
    callAdminApi(address.podIP, secrets.operator, 'PUT', path, body)
  await call(`/v1/accounts/${uid}`, { name: 'suite' })
  const { accessKeyId, accessKeySecret } = ACCESS_KEY
  const rights = { enabled: true, expiresAt: null, policies: null }
  await call(`/v1/access-keys/${accessKeyId}`, { account: uid, accessKeySecret, ...rights })
}

interface Pod extends KubernetesObject {
  readonly status: { readonly containerStatuses?: readonly { restartCount: number }[] }
}

async function findPod(name: string): Promise<Pod | undefined> {
  return getJson<Pod>(['pod', name, inNamespace]).catch(() => undefined)
}

async function uidOf(pod: string): Promise<string | undefined> {
  return (await findPod(pod))?.metadata.uid
}

async function restartCount(pod: string): Promise<number> {
  return (await findPod(pod))?.status.containerStatuses?.[0]?.restartCount ?? 0
}

/** From the pod's own machine: the API server may be out of its reach. */
async function inPod(zone: string, pod: string, command: readonly string[]): Promise<void> {
  const script = `
    pod=$(crictl pods --name ${pod} --state ready --quiet | head -1)
    crictl exec "$(crictl ps --pod "$pod" --quiet | head -1)" ${command.join(' ')}`
  runScript('node', [zone, 'exec', 'sh', '-c', script])
}

function bodyOf(at: number): Buffer {
  // Small ones lie in rows, large ones in chunks.
  return Buffer.alloc(at % 4 === 0 ? 200_000 + at : 100 + at, `object ${at} `)
}

const OBJECTS_AT_ONCE = 10

async function inTurns(work: (at: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < OBJECT_COUNT; from += OBJECTS_AT_ONCE) {
    await Promise.all(Array.from({ length: OBJECTS_AT_ONCE }, (_, at) => work(from + at)))
  }
}

async function everythingIsThere(): Promise<void> {
  await inTurns(async (at) => {
    const body = await client.get(BUCKET, `object-${at}`)
    if (!body.equals(bodyOf(at))) throw new Error(`Object ${at} has other bytes`)
  })
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

/** The name in the certificate that a client of the bucket is shown. */
function shownName(): Promise<string | undefined> {
  const host = `${BUCKET}.${HOST}`
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 443, servername: host, rejectUnauthorized: false }, () => {
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      resolve(String(subject.CN))
    })
    socket.on('error', reject)
  })
}

async function until(what: string, holds: () => Promise<boolean>, msMax = 120_000): Promise<void> {
  const endMs = systemClock.monotonicMs() + msMax
  while (!(await holds().catch(() => false))) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`Within ${msMax} ms, not: ${what}`)
    await sleep(systemClock, 500)
  }
}
