import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { silentLogger, type LogFields } from '@granary/storage-node/base/logger'
import { Metrics } from '@granary/storage-node/base/metrics'
import { seededRandom } from '@granary/storage-node/base/seeded-random'
import { MemoryCluster } from './kubernetes/memory-cluster.ts'
import { MemoryKubernetesApi } from './kubernetes/memory-kubernetes-api.ts'
import { LEASE_NAME } from './cluster-claim.ts'
import { startOperator } from './operator.ts'
import type { RunningOperator } from './operator.ts'
import { startProbesServer } from './probes-server.ts'
import { allResources } from './resources/all.ts'
import { customResourceDefinition } from './resources/custom-resource-definition.ts'
import { customResourceDefinitions, leases } from './resources/built-in.ts'
import { keyOf } from './resources/kubernetes-object.ts'
import { regions } from './resources/region.ts'

const clock = new ManualClock(0)
let api: MemoryKubernetesApi
let metrics: Metrics
let operator: RunningOperator
let lines: string[]

beforeEach(() => {
  api = new MemoryKubernetesApi({ cluster: new MemoryCluster(clock), clock })
  metrics = new Metrics()
  lines = []
})

afterEach(() => operator.stop())

function start(namespace = 'granary'): RunningOperator {
  const record = (message: string, fields: LogFields = {}) => {
    lines.push(`${message} ${fields['namespace'] ?? ''}`)
  }
  return startOperator({
    ...{ api, clock, random: seededRandom(1), logger: { ...silentLogger, warn: record } },
    metrics: namespace === 'granary' ? metrics : new Metrics(),
    ...{ identity: 'one', namespace, storageNodeImage: 'storage-node:1' },
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
  operator = start()
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
  operator = start()
  await settle()
  expect(await definitions()).toEqual([])
  for (let count = 0; count < 3; count++) {
    clock.advance(2_000)
    await settle()
  }
  expect(await definitions()).toHaveLength(allResources.length)
})

describe('two installations in one cluster', () => {
  let other: RunningOperator
  const claimed = async () => {
    const [definition] = await definitions()
    return definition?.metadata.annotations?.['granary.dev/operator-namespace']
  }
  const pass = async (ms: number) => {
    for (let pastMs = 0; pastMs < ms; pastMs += 1_000) {
      clock.advance(1_000)
      await settle()
      await settle()
    }
  }
  const startOther = () => {
    other = start('elsewhere')
  }
  afterEach(() => other.stop())

  test('the second one waits until the first has stopped', async () => {
    operator = start()
    await settle()
    startOther()
    await pass(60_000)
    expect([other.isLeading, await claimed()]).toEqual([true, 'granary'])
    expect(lines).toContain('Another operator works in this cluster granary')
    await operator.stop()
    await pass(4_000)
    expect(await claimed()).toBe('elsewhere')
  })

  test('a first one that was killed is waited for no longer than for a Lease', async () => {
    operator = start()
    await settle()
    const lease = { namespace: 'granary', name: LEASE_NAME }
    await operator.stop()
    await api.apply(leases, { metadata: lease, spec: { holderIdentity: 'killed' } })
    startOther()
    await pass(10_000)
    expect(await claimed()).toBe('granary')
    await pass(6_000)
    expect(await claimed()).toBe('elsewhere')
  })

  test('of two that began at once, the one that was written over gives way', async () => {
    operator = start()
    await settle()
    startOther()
    const definition = customResourceDefinition(regions)
    const annotations = { 'granary.dev/operator-namespace': 'elsewhere' }
    const metadata = { name: definition.metadata.name, annotations }
    await api.apply(customResourceDefinitions, { ...definition, metadata })
    await pass(32_000)
    expect(lines).toContain('Another operator has taken over this cluster elsewhere')
    await pass(20_000)
    expect(await claimed()).toBe('elsewhere')
  })
})

test('an operator that cannot apply its definitions can be stopped', async () => {
  api.fail({ call: 'apply', effect: { kind: 'status', status: 403 } })
  operator = start()
  await settle()
  await operator.stop()
  expect(await holder()).toBe('')
})

test('probes and metrics are told over HTTP', async () => {
  operator = start()
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
