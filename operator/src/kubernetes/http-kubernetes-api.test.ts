import { systemClock } from '@granary/storage-node/base/clock'
import type { Clock } from '@granary/storage-node/base/clock'
import { silentLogger } from '@granary/storage-node/base/logger'
import { ApiClient } from '@granary/storage-node/kubernetes/api-client'
import { FakeApiServer } from '@granary/storage-node/kubernetes/fake-api-server'
import { buckets } from '../resources/bucket.ts'
import type { Bucket } from '../resources/bucket.ts'
import { HttpKubernetesApi } from './http-kubernetes-api.ts'
import { isConflict } from './kubernetes-api.ts'
import type { Applied } from './kubernetes-api.ts'

const COLLECTION = '/apis/granary.dev/v1alpha1/namespaces/here/buckets'
const photos = { namespace: 'here', name: 'photos' }

/** Its time goes twenty times faster. */
const clock: Clock = {
  ...systemClock,
  schedule: (ms, callback) => systemClock.schedule(ms / 20, callback),
}

let server: FakeApiServer
let client: ApiClient
let api: HttpKubernetesApi

beforeEach(async () => {
  server = await FakeApiServer.open(systemClock)
  client = new ApiClient({ server: server.url, token: async () => undefined, clock })
  api = new HttpKubernetesApi({ api: client, clock, logger: silentLogger })
})

afterEach(async () => {
  client.close()
  await server.close()
})

const bucket = (name: string) => ({ metadata: { namespace: 'here', name } }) as Applied<Bucket>

function make(name: string): void {
  const object = { ...bucket(name), apiVersion: buckets.apiVersion, kind: buckets.kind }
  server.objects.perform('POST', new URL(COLLECTION, server.url), object)
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a long list comes in pages, with defaults', async () => {
  for (let count = 0; count < 600; count++) make(`bucket-${count}`)
  const found = await api.list(buckets, { namespace: 'here' })
  expect(found).toHaveLength(600)
  expect(found[7]).toMatchObject({ kind: 'Bucket', spec: { acl: 'private' } })
  expect(server.listCount).toBe(2)
})

test('what is not there is no error, what is there already neither', async () => {
  expect(await api.get(buckets, photos)).toBeUndefined()
  await api.delete(buckets, photos)
  expect(await api.create(buckets, bucket('photos'))).toBeDefined()
  expect(await api.create(buckets, bucket('photos'))).toBeUndefined()
})

test.each([403, 409, 429, 500, 503])('an answer of %d says what was asked', async (status) => {
  server.fail({ method: 'PATCH', effect: { kind: 'status', status } })
  const error = await api.apply(buckets, bucket('photos')).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ status })
  expect(String(error)).toContain(`PATCH ${COLLECTION}/photos`)
  expect(isConflict(error)).toBe(status === 409)
})

test.each(['reset', 'loseAnswer'] as const)(
  'no answer (%s) is an error of its own',
  async (kind) => {
    server.fail({ method: 'GET', effect: { kind } })
    await expect(api.get(buckets, photos)).rejects.toMatchObject({
      name: 'KubernetesUnreachableError',
    })
  },
)

test('an answer that does not come is given up', async () => {
  server.fail({ method: 'GET', effect: { kind: 'delay', ms: 2_000 } })
  await expect(api.get(buckets, photos)).rejects.toThrow('no answer within 5000 ms')
})

test('an object that cannot be read is an error that names it', async () => {
  make('photos')
  const path = new URL(`${COLLECTION}/photos`, server.url)
  const object = server.objects.get(`${COLLECTION}/photos`)
  server.objects.perform('PUT', path, { ...object, spec: { acl: 'open' } })
  await expect(api.get(buckets, photos)).rejects.toThrow('Cannot read Bucket photos: spec.acl')
})

test('a namespace must be named where there are namespaces', async () => {
  await expect(api.get(buckets, { name: 'photos' })).rejects.toThrow('a namespace must be named')
})

test('a watch goes on over resets, ends, an unreachable server and a history that is gone', async () => {
  make('a')
  const seen: string[] = []
  const watch = api.watch(
    buckets,
    { namespace: 'here' },
    {
      changed: ({ metadata }) => seen.push(`+${metadata.name}`),
      removed: ({ metadata }) => seen.push(`-${metadata.name}`),
    },
  )
  await watch.listed
  expect(seen).toEqual(['+a'])
  for (const how of ['end', 'reset'] as const) {
    server.fail({ method: 'GET', isWatch: true, effect: { kind: 'status', status: 503 } })
    server.endWatches(how)
    make(how)
    await until(() => seen.includes(`+${how}`))
  }
  server.fail({ method: 'GET', isWatch: true, effect: { kind: 'reset' } })
  server.endWatches('reset')
  server.objects.perform('DELETE', new URL(`${COLLECTION}/a`, server.url), undefined)
  make('late')
  server.objects.compact()
  await until(() => seen.includes('+late') && seen.includes('-a'))
  watch.stop()
  make('unseen')
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(seen).not.toContain('+unseen')
})
