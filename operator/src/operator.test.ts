import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { silentLogger } from '@granary/storage-node/base/logger'
import { Metrics } from '@granary/storage-node/base/metrics'
import { seededRandom } from '@granary/storage-node/base/seeded-random'
import { MemoryCluster } from './kubernetes/memory-cluster.ts'
import { MemoryKubernetesApi } from './kubernetes/memory-kubernetes-api.ts'
import { LEASE_NAME, startOperator } from './operator.ts'
import type { RunningOperator } from './operator.ts'
import { startProbesServer } from './probes-server.ts'
import { allResources } from './resources/all.ts'
import { customResourceDefinitions, leases } from './resources/built-in.ts'
import { keyOf } from './resources/kubernetes-object.ts'

const clock = new ManualClock(0)
let api: MemoryKubernetesApi
let metrics: Metrics
let operator: RunningOperator

beforeEach(() => {
  api = new MemoryKubernetesApi({ cluster: new MemoryCluster(clock), clock })
  metrics = new Metrics()
})

afterEach(() => operator.stop())

function start(): void {
  operator = startOperator({
    ...{ api, clock, metrics, random: seededRandom(1), logger: silentLogger },
    ...{ identity: 'one', namespace: 'granary', storageNodeImage: 'storage-node:1' },
    ...{ defaultRegion: { namespace: 'granary', name: 'eu' }, resyncMs: 300_000 },
  })
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const definitions = () => api.list(customResourceDefinitions)
const holder = async () => {
  const lease = await api.get(leases, { namespace: 'granary', name: LEASE_NAME })
  return lease?.spec?.holderIdentity
}

test('a leader applies its definitions, and gives the Lease up when it stops', async () => {
  start()
  await settle()
  expect(operator.isLeading).toBe(true)
  expect(await holder()).toBe('one')
  const names = (await definitions()).map(({ metadata }) => keyOf(metadata)).sort()
  expect(names).toEqual(allResources.map(({ plural }) => `${plural}.granary.dev`).sort())
  expect(await metrics.text()).toContain('granary_operator_is_leader 1')
  await operator.stop()
  expect(operator.isLeading).toBe(false)
  expect(await holder()).toBe('')
})

test('definitions that are not taken are tried again', async () => {
  for (let count = 0; count < 2; count++) {
    const kind = 'CustomResourceDefinition'
    api.fail({ call: 'apply', kind, effect: { kind: 'status', status: 503 } })
  }
  start()
  await settle()
  expect(await definitions()).toEqual([])
  for (let count = 0; count < 3; count++) {
    clock.advance(2_000)
    await settle()
  }
  expect(await definitions()).toHaveLength(allResources.length)
})

test('an operator that cannot apply its definitions can be stopped', async () => {
  api.fail({ call: 'apply', effect: { kind: 'status', status: 403 } })
  start()
  await settle()
  await operator.stop()
  expect(await holder()).toBe('')
})

test('probes and metrics are told over HTTP', async () => {
  start()
  let isReady = false
  const server = await startProbesServer(0, () => isReady, metrics)
  const ask = async (path: string) => {
    const answer = await fetch(`http://localhost:${server.port}${path}`)
    return [answer.status, await answer.text()] as const
  }
  expect(await ask('/live')).toEqual([200, 'live\n'])
  expect((await ask('/ready'))[0]).toBe(503)
  isReady = true
  expect((await ask('/ready'))[0]).toBe(200)
  expect((await ask('/metrics'))[1]).toContain('granary_operator_queue_depth')
  expect((await ask('/other'))[0]).toBe(404)
  await server.stop()
})
