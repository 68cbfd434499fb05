import { systemClock, type Clock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import type { Configuration, Zone } from '../../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import { ApiClient } from '../../kubernetes/api-client.ts'
import { FakeApiServer } from '../../kubernetes/fake-api-server.ts'
import type { KubernetesObject } from '../../contract/kubernetes-object.ts'
import { ConfigStoreUnavailableError } from '../config-store.ts'
import type { PartitionConfig } from '../../contract/partition-record.ts'
import { describeConfigStore } from './config-store.compliance.ts'
import { KubernetesFounder } from './kubernetes-fixtures.ts'
import {
  API_VERSION,
  partitionObjectName,
  placementObject,
  readPartition,
  readPlacement,
} from '../../contract/kubernetes-records.ts'
import { mayNotFollow } from './transition-rules.ts'

const REGION = 'test-region'
const PARTITIONS = `/apis/${API_VERSION}/namespaces/granary/partitions`
const P1 = 1 as PartitionId
const P1_PATH = `${PARTITIONS}/${partitionObjectName(REGION, P1)}`
const A = '00000000-0000-4000-8000-00000000000a' as StoreId
const B = '00000000-0000-4000-8000-00000000000b' as StoreId
const range = { start: Buffer.alloc(0), end: Buffer.alloc(0) }
const intent = { desiredMembers: [A, B], preferredPrimary: A, initialRange: range }

let server: FakeApiServer
const clients: ApiClient[] = []
const founders: KubernetesFounder[] = []

async function openServer(): Promise<void> {
  server = await FakeApiServer.open(systemClock, (previous, next) => {
    if (next.kind !== 'Partition' || previous?.status === undefined) return undefined
    const { configuration } = readPartition(next)
    return configuration && mayNotFollow(readPartition(previous).configuration, configuration)
  })
}

async function closeServer(): Promise<void> {
  for (const founder of founders.splice(0)) founder.close()
  for (const client of clients.splice(0)) client.close()
  await server.close()
}

function openStore(clock: Clock = systemClock): KubernetesFounder {
  const api = new ApiClient({ server: server.url, token: async () => 'token', clock })
  const founder = new KubernetesFounder({
    ...{ api, clock, logger: silentLogger },
    ...{ namespace: 'granary', region: REGION },
  })
  clients.push(api)
  founders.push(founder)
  return founder
}

describeConfigStore('in Kubernetes', async () => {
  await openServer()
  const [founder, one, other] = [openStore(), openStore(), openStore()]
  return {
    founder,
    stores: [one, other],
    async lose(partition) {
      const path = `${PARTITIONS}/${partitionObjectName(REGION, partition)}`
      server.objects.perform('DELETE', new URL(path, server.url), undefined)
    },
    loseNextAnswer: () => server.fail({ method: 'PUT', effect: { kind: 'loseAnswer' } }),
    close: closeServer,
  }
})

describe('the API server', () => {
  let store: KubernetesFounder
  let first: PartitionConfig
  beforeEach(async () => {
    await openServer()
    store = openStore()
    await store.create(P1, intent)
    first = (await store.get(P1)) as PartitionConfig
  })
  afterEach(closeServer)

  test('may count a write of the operator as a conflict: no race is lost by that', async () => {
    for (let count = 0; count < 3; count++) {
      server.fail({ method: 'PUT', effect: { kind: 'conflict' } })
    }
    server.fail({ method: 'PUT', effect: { kind: 'status', status: 409 } })
    expect((await store.swap(P1, first.version, configuration(1))).kind).toBe('won')
  })

  test('may be written to without end', async () => {
    for (let count = 0; count < 20; count++) {
      server.fail({ method: 'PUT', effect: { kind: 'conflict' } })
    }
    const swap = store.swap(P1, first.version, configuration(1))
    await expect(swap).rejects.toThrow(ConfigStoreUnavailableError)
  })

  test.each([429, 500, 503, 403])('may answer %d: nobody knows', async (status) => {
    for (const method of ['GET', 'PUT']) {
      server.fail({ method, effect: { kind: 'status', status } })
      const swap = store.swap(P1, first.version, configuration(1))
      await expect(swap).rejects.toThrow(ConfigStoreUnavailableError)
    }
    server.fail({ method: 'GET', effect: { kind: 'status', status } })
    await expect(store.get(P1)).rejects.toThrow(ConfigStoreUnavailableError)
    server.fail({ method: 'GET', effect: { kind: 'reset' } })
    await expect(store.list()).rejects.toThrow(ConfigStoreUnavailableError)
  })

  test('may take a write long after it was given up, unless a touch came first', async () => {
    const impatient = openStore(hasty(50))
    const late = { method: 'PUT', effect: { kind: 'delay', ms: 400 } } as const
    server.fail(late)
    const swap = impatient.swap(P1, first.version, configuration(1))
    await expect(swap).rejects.toThrow(ConfigStoreUnavailableError)
    await until(async () => (await store.get(P1))?.configuration?.epoch === 1)
    const second = (await store.get(P1)) as PartitionConfig
    server.fail(late)
    const again = impatient.swap(P1, second.version, configuration(2))
    await expect(again).rejects.toThrow(ConfigStoreUnavailableError)
    expect((await store.touch(P1, second.version)).kind).toBe('won')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect((await store.get(P1))?.configuration?.epoch).toBe(1)
  })

  test('may have an object that goes on with one which was lost: its lineage, no version of before', async () => {
    expect((await store.swap(P1, first.version, configuration(1))).kind).toBe('won')
    const { metadata, spec } = server.objects.get(P1_PATH) as KubernetesObject
    server.objects.perform('DELETE', new URL(P1_PATH, server.url), undefined)
    const again = { ...metadata, uid: undefined, resourceVersion: undefined }
    const object = { apiVersion: API_VERSION, kind: 'Partition', metadata: again }
    server.objects.perform('POST', new URL(PARTITIONS, server.url), {
      ...object,
      spec: { ...(spec as object), lineage: first.uid },
    })
    const made = (await store.get(P1)) as PartitionConfig
    expect(made.uid).toBe(first.uid)
    expect(made.version).not.toBe(first.version)
    expect((await store.swap(P1, first.version, configuration(2))).kind).toBe('lost')
    const won = await store.swap(P1, made.version, configuration(101))
    expect(won).toMatchObject({ kind: 'won', config: { configuration: { uid: first.uid } } })
  })

  test('keeps what others have put into a status', async () => {
    const object = server.objects.get(P1_PATH) as KubernetesObject
    const status = { conditions: [{ type: 'Ready' }] }
    server.objects.perform('PUT', new URL(`${P1_PATH}/status`, server.url), { ...object, status })
    expect((await store.swap(P1, first.version, configuration(1))).kind).toBe('won')
    expect(server.objects.get(P1_PATH)?.status).toMatchObject(status)
  })

  test('may hold an object that cannot be read', async () => {
    const object = server.objects.get(P1_PATH) as KubernetesObject
    const spec = { id: 1, desiredMembers: 'none' }
    server.objects.perform('PUT', new URL(P1_PATH, server.url), { ...object, spec })
    await expect(store.get(P1)).rejects.toThrow(`Cannot read Partition ${REGION}-1`)
  })

  test('may hold a map whose groups name no store', () => {
    const stores = [
      { store: A, zone: 'a' as Zone, name: 'a-0', address: 'a:1', beaconAddress: 'a:2' },
    ]
    const object = placementObject(REGION, { version: 1, stores, groups: [[0], [1]] })
    expect(() => readPlacement(object)).toThrow('must be one of 1 stores, is 1')
  })
})

/** Its time goes so many times faster. */
function hasty(rate: number): Clock {
  return { ...systemClock, schedule: (ms, callback) => systemClock.schedule(ms / rate, callback) }
}

function configuration(epoch: number): Configuration {
  const members = [A, B].map((store) => ({ store, zone: store as string as Zone }))
  return { partition: P1, uid: '', epoch: epoch as Epoch, primary: A, members, range }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}
