import { sleep } from '@granary/storage-node/base/clock'
import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { buckets } from '../resources/bucket.ts'
import type { Bucket } from '../resources/bucket.ts'
import { services } from '../resources/built-in.ts'
import { describeKubernetesApi } from './kubernetes-api.compliance.ts'
import type { Applied } from './kubernetes-api.ts'
import { MemoryCluster } from './memory-cluster.ts'
import { MemoryKubernetesApi } from './memory-kubernetes-api.ts'

function open() {
  const clock = new ManualClock(0)
  const cluster = new MemoryCluster(clock)
  const api = new MemoryKubernetesApi({ cluster, clock })
  return { clock, cluster, api }
}

describeKubernetesApi('in memory', async () => {
  const { clock, cluster, api } = open()
  const other = new MemoryKubernetesApi({ cluster, clock, manager: 'kubectl' })
  return { api, other, namespaces: ['here', 'there'], close: async () => {} }
})

const photos = { namespace: 'here', name: 'photos' }
const bucket = { metadata: photos } as Applied<Bucket>

test('a fault happens once, and says what it is', async () => {
  const { api } = open()
  api.fail({ call: 'apply', kind: 'Bucket', effect: { kind: 'status', status: 503 } })
  await expect(api.apply(buckets, bucket)).rejects.toMatchObject({ status: 503 })
  api.fail({ call: 'apply', effect: { kind: 'unreachable', tookEffect: true } })
  await expect(api.apply(buckets, bucket)).rejects.toThrow('the connection was reset')
  expect(await api.get(buckets, photos)).toBeDefined()
})

test('an answer may take its time', async () => {
  const { api, clock } = open()
  api.fail({ call: 'get', effect: { kind: 'delay', ms: 50 } })
  let isAnswered = false
  const answer = api.get(buckets, photos).then(() => (isAnswered = true))
  await Promise.resolve()
  expect(isAnswered).toBe(false)
  clock.advance(50)
  await answer
})

test('a watch that was broken hears afterwards what there is', async () => {
  const { api } = open()
  await api.apply(buckets, bucket)
  const seen: string[] = []
  const watch = api.watch(
    buckets,
    {},
    {
      changed: ({ metadata }) => seen.push(`+${metadata.name}`),
      removed: ({ metadata }) => seen.push(`-${metadata.name}`),
    },
  )
  await watch.listed
  api.breakWatches()
  await api.delete(buckets, photos)
  await api.apply(buckets, { metadata: { ...photos, name: 'other' } } as Applied<Bucket>)
  expect(seen).toEqual(['+photos'])
  api.mendWatches()
  await sleep(new ManualClock(0), 0, AbortSignal.abort())
  expect(seen).toEqual(['+photos', '-photos', '+other'])
})

test('a Service gets an address and keeps it', async () => {
  const { api } = open()
  const service = { metadata: { namespace: 'here', name: 'a' }, spec: { ports: [{ port: 80 }] } }
  const made = await api.apply(services, service)
  expect(made.spec?.clusterIP).toMatch(/^10\.96\./)
  const more = { ...service, spec: { ports: [{ port: 81 }] } }
  expect((await api.apply(services, more)).spec?.clusterIP).toBe(made.spec?.clusterIP)
})
