/**
 * The way of somebody who installs the chart: Helm, a Region that becomes ready, the chart's own test, a Bucket and an
 * AccessKey of another namespace; and what stays when the release goes.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { apply, bedEnvironment, getJson, kubectl } from './bed.ts'
import { OPERATOR_IMAGE } from './operator-image.ts'
import { STORAGE_NODE_IMAGE } from './storage-node-image.ts'

const CHART = join(__dirname, '..', '..', 'charts', 'granary')
const SAMPLE = join(CHART, 'sample.yaml')
/** Of its own for each run: one that goes takes a while. */
const RUN = Date.now().toString(36)
const NAMESPACE = `install-${RUN}`
const SHOP = `install-shop-${RUN}`
const REGION = 'cn-install'
const RELEASE = 'granary'
const READY_MS_MAX = 90_000
const SECRET_MS_MAX = 5_000
const TEST_MS_MAX = 120_000
/** Longer than the operator goes without looking at everything. */
const REST_MS = 65_000
const LIVELY_TYPES: ReadonlySet<string> = new Set([
  ...['events', 'events.events.k8s.io', 'leases.coordination.k8s.io'],
])

interface Versioned {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly resourceVersion: string }
}

const [operatorRepository = '', operatorTag = ''] = splitImage(OPERATOR_IMAGE)
const [nodeRepository = '', nodeTag = ''] = splitImage(STORAGE_NODE_IMAGE)
const values = {
  image: { repository: operatorRepository, tag: operatorTag },
  storageNodeImage: { repository: nodeRepository, tag: nodeTag },
  region: {
    name: REGION,
    spec: { storage: { size: '1Gi' }, deletionPolicy: 'Delete' },
  },
}

beforeAll(async () => {
  await apply([namespace(NAMESPACE), namespace(SHOP)])
})

afterAll(async () => {
  await kubectl(['delete', 'buckets,accesskeys', '--all', `-n${SHOP}`, '--wait=false'])
  await kubectl(['delete', 'region', REGION, `-n${NAMESPACE}`, '--timeout=60s']).catch(() => {})
  await helm('uninstall', RELEASE, `-n${NAMESPACE}`).catch(() => {})
  await kubectl(['delete', 'namespace', '--wait=false', NAMESPACE, SHOP])
})

/** Under the strictest level of pod security. */
function namespace(name: string): object {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

function splitImage(image: string): string[] {
  return [image.slice(0, image.lastIndexOf(':')), image.slice(image.lastIndexOf(':') + 1)]
}

async function helm(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('helm', args, { env: bedEnvironment() })).stdout
}

function install(): Promise<string> {
  const given = Object.entries(values).map(([name, value]) => {
    return `--set-json=${name}=${JSON.stringify(value)}`
  })
  return helm('install', RELEASE, CHART, `-n${NAMESPACE}`, ...given)
}

async function waitFor(what: string, of: string, ms: number): Promise<number> {
  const startMs = Date.now()
  const condition = ['wait', what, `-n${of}`, '--for=condition=Ready', `--timeout=${ms}ms`]
  await kubectl(condition).catch(async (error: Error) => {
    const described = await kubectl(['get', what, `-n${of}`, '--output=yaml'])
    const logs = await kubectl(['logs', `-n${NAMESPACE}`, `deployment/${RELEASE}`, '--tail=20'])
    throw new Error(`${error.message}\n${described}\n${logs}`)
  })
  return Date.now() - startMs
}

test('one command leads to a Region that serves', async () => {
  const startMs = Date.now()
  expect(await install()).toContain('kubectl wait region/cn-install')
  await waitFor(`region/${REGION}`, NAMESPACE, READY_MS_MAX)
  console.log(`The Region was ready ${Date.now() - startMs} ms after helm install began`)
})

test('the sample, a Bucket and an AccessKey, leads to a Secret', async () => {
  await kubectl(['apply', `-n${SHOP}`, '--filename', SAMPLE])
  const tookMs = await waitFor('accesskey/photos', SHOP, SECRET_MS_MAX)
  console.log(`The Secret was there after ${tookMs} ms`)
  const { data } = await getJson<{ data: object }>(['secret', 'photos', `-n${SHOP}`])
  expect(Object.keys(data)).toEqual(
    expect.arrayContaining(['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET', 'OSS_ENDPOINT']),
  )
})

test('helm test puts, reads, lists and deletes an object', async () => {
  const told = await helm('test', RELEASE, `-n${NAMESPACE}`, `--timeout=${TEST_MS_MAX}ms`).catch(
    async (error: Error) => {
      const logs = await kubectl(['logs', `-n${NAMESPACE}`, `${RELEASE}-test`, '--tail=20'])
      const nodes = ['--selector=app.kubernetes.io/component=storage-node', '--prefix']
      const nodeLogs = await kubectl(['logs', `-n${NAMESPACE}`, ...nodes, '--tail=-1'])
      throw new Error(`${error.message}\n${logs}\n${nodeLogs}`)
    },
  )
  expect(told).toContain('Succeeded')
})

test('a Bucket that comes changes no address but its own', async () => {
  const before = await slicesOfServices()
  expect(before).toHaveLength(2)
  for (const name of ['first', 'second']) {
    const metadata = { name, namespace: SHOP }
    await apply([{ apiVersion: 'granary.dev/v1alpha1', kind: 'Bucket', metadata }])
    // The second is looked at once everything is done for the first.
    const isNamed = `jsonpath={.endpoints[?(@.hostname=="${name}")].hostname}=${name}`
    const slice = [`endpointslice/oss-${REGION}-0`, `-n${NAMESPACE}`]
    await kubectl(['wait', ...slice, `--for=${isNamed}`, '--timeout=30s'])
  }
  expect(await slicesOfServices()).toEqual(before)
})

/** Identities of what Kubernetes keeps for the Services that select storage nodes. */
async function slicesOfServices(): Promise<readonly string[]> {
  const selector = `granary.dev/region=${REGION},endpointslice.kubernetes.io/managed-by!=granary.dev`
  const asked = ['endpointslices', `-n${NAMESPACE}`, `--selector=${selector}`]
  const { items } = await getJson<{ items: { metadata: { uid: string } }[] }>(asked)
  return items.map(({ metadata }) => metadata.uid).sort()
}

test('what is at rest is written to by nobody', async () => {
  const types = (await kubectl(['api-resources', '--namespaced', '--verbs=list', '--output=name']))
    .trim()
    .split('\n')
    .filter((type) => !LIVELY_TYPES.has(type))
  const before = [await versionsIn(NAMESPACE, types), await versionsIn(SHOP, types)]
  await sleep(systemClock, REST_MS)
  expect([await versionsIn(NAMESPACE, types), await versionsIn(SHOP, types)]).toEqual(before)
  expect(before[0]).toContainEqual(expect.stringMatching(/^Partition /))
  expect(before[1]).toContainEqual(expect.stringMatching(/^Bucket photos /))
})

/** One line an object. */
async function versionsIn(of: string, types: readonly string[]): Promise<readonly string[]> {
  const { items } = await getJson<{ items: Versioned[] }>([types.join(','), `-n${of}`])
  return items
    .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`)
    .sort()
}

test('the rights of the chart were enough', async () => {
  const selector = 'app.kubernetes.io/component=operator'
  const logs = await kubectl(['logs', `-n${NAMESPACE}`, `-l${selector}`, '--tail=-1'])
  expect(logs).toContain('"message":"Leads"')
  expect(logs.split('\n').filter((line) => /cannot \w+ resource|escalat/.test(line))).toEqual([])
})

test('a release that goes leaves the Region, and one that comes again takes it over', async () => {
  const pods = () => getJson<{ items: { metadata: { uid: string } }[] }>(['pods', ...ofRegion])
  const ofRegion = [`-n${NAMESPACE}`, '--selector=app.kubernetes.io/component=storage-node']
  const before = (await pods()).items.map(({ metadata }) => metadata.uid).sort()
  expect(before).toHaveLength(3)
  await helm('uninstall', RELEASE, `-n${NAMESPACE}`, '--wait')
  await install()
  await kubectl(['rollout', 'status', `deployment/${RELEASE}`, `-n${NAMESPACE}`, '--timeout=60s'])
  await waitFor(`region/${REGION}`, NAMESPACE, READY_MS_MAX)
  expect((await pods()).items.map(({ metadata }) => metadata.uid).sort()).toEqual(before)
})
