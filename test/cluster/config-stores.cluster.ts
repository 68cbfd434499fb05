/**
 * The config store against a real API server: the compliance suite of all config stores, races that etcd decides,
 * and the rules of the definition, which refuse what the code refuses.
 *
 * @module
 */

import type { Configuration, Zone } from '../../storage-node/src/contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../../storage-node/src/contract/identifiers.ts'
import type { KubernetesObject } from '../../storage-node/src/contract/kubernetes-object.ts'
import {
  API_VERSION,
  partitionObjectName,
  withConfiguration,
} from '../../storage-node/src/contract/kubernetes-records.ts'
import { describeConfigStore, mayNotFollow } from '../../storage-node/src/testing.ts'
import type {
  ApiClient,
  KubernetesFounder,
  KubernetesStatusError,
} from '../../storage-node/src/testing.ts'
import { apply, kubectl } from './bed.ts'
import type { ClusterClient } from './cluster-client.ts'
import { openClusterClient } from './cluster-client.ts'

const NAMESPACE = 'config-stores'
const PARTITIONS = `/apis/${API_VERSION}/namespaces/${NAMESPACE}/partitions`
const P1 = 1 as PartitionId
const STORES = ['a', 'b', 'c', 'd'].map(storeOf)
const [A = '' as StoreId, B = '' as StoreId, C = '' as StoreId, D = '' as StoreId] = STORES

let cluster: ClusterClient
let api: ApiClient
let regionCount = 0

beforeAll(async () => {
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }])
  cluster = await openClusterClient(NAMESPACE)
  api = cluster.api
})

afterAll(async () => {
  cluster.close()
  await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false'])
})

/** Of a region of its own. */
function openStores(count: number): { region: string; stores: KubernetesFounder[] } {
  const region = `r${++regionCount}`
  return { region, stores: Array.from({ length: count }, () => cluster.founder(region)) }
}

describeConfigStore('in a Kubernetes cluster', async () => {
  const { region, stores } = openStores(3)
  const [founder, one, other] = stores as [KubernetesFounder, KubernetesFounder, KubernetesFounder]
  return {
    founder,
    stores: [one, other],
    async lose(partition) {
      await api.call('DELETE', `${PARTITIONS}/${partitionObjectName(region, partition)}`)
    },
    async close() {
      for (const store of stores) store.close()
    },
  }
})

test('of many swaps of one version at once, one wins', async () => {
  const { stores } = openStores(8)
  const [founder] = stores
  await founder?.create(P1, intent())
  for (let epoch = 1; epoch <= 10; epoch++) {
    const { version = '' } = (await founder?.get(P1)) ?? {}
    const outcomes = await Promise.all(
      stores.map((store, at) => {
        const members = [A, B, C].slice(at % 2)
        return store.swap(P1, version, configuration(epoch, C, members))
      }),
    )
    expect(outcomes.filter(({ kind }) => kind === 'won')).toHaveLength(1)
  }
  for (const store of stores) store.close()
})

test('a touch ends a swap of the version before it', async () => {
  const { stores } = openStores(2)
  const [one, other] = stores
  await one?.create(P1, intent())
  const { version = '' } = (await one?.get(P1)) ?? {}
  expect((await other?.touch(P1, version))?.kind).toBe('won')
  expect((await one?.swap(P1, version, configuration(1, A, [A, B, C])))?.kind).toBe('lost')
  for (const store of stores) store.close()
})

/** Each from epoch 2 with primary A and members A, B, C. */
const transitions: [string, Configuration][] = [
  ['the same again', configuration(2, A, [A, B, C])],
  ['a lower epoch', configuration(1, A, [A, B, C])],
  ['another primary in the same epoch', configuration(2, B, [A, B, C])],
  ['fewer members in the same epoch', configuration(2, A, [A, B])],
  ['another range in the same epoch', configuration(2, A, [A, B, C], [1])],
  ['a member fewer', configuration(3, A, [A, C])],
  ['a member more', configuration(3, A, [A, B, C, D])],
  ['two other members', configuration(3, A, [A, D, storeOf('e')])],
  ['a range that is cut', configuration(3, A, [A, B, C], [1])],
  ['a takeover', configuration(3, B, [B, C])],
  ['a takeover of all', configuration(4, B, [A, B, C])],
  ['a takeover by a stranger', configuration(3, D, [B, C, D])],
  ['a takeover with a stranger', configuration(3, B, [B, C, D])],
  ['a takeover that cuts the range', configuration(3, B, [B, C], [1])],
  ['a primary that is no member', configuration(3, A, [B, C])],
]

test.each(transitions)('the definition judges %s as the code does', async (_name, next) => {
  const { region, stores } = openStores(1)
  const [store] = stores
  await store?.create(P1, intent())
  const first = await store?.get(P1)
  const previous = configuration(2, A, [A, B, C])
  await store?.swap(P1, first?.version ?? '', previous)
  const path = `${PARTITIONS}/${partitionObjectName(region, P1)}`
  const object = (await api.call('GET', path)) as KubernetesObject
  const written = api.call('PUT', `${path}/status`, withConfiguration(object, next))
  const refusal = await written.then(
    () => undefined,
    (error: unknown) => error as KubernetesStatusError,
  )
  const ours = mayNotFollow(previous, next)
  if (ours === undefined) expect(refusal).toBeUndefined()
  else {
    expect(refusal?.status).toBe(422)
    expect(refusal?.message).toContain(ours)
  }
  store?.close()
})

function storeOf(letter: string): StoreId {
  return `00000000-0000-4000-8000-00000000000${letter}` as StoreId
}

function intent() {
  const initialRange = { start: Buffer.alloc(0), end: Buffer.alloc(0) }
  return { desiredMembers: [A, B, C], preferredPrimary: A, initialRange }
}

function configuration(
  epoch: number,
  primary: StoreId,
  stores: readonly StoreId[],
  start: readonly number[] = [],
): Configuration {
  const members = stores.map((store) => ({ store, zone: `zone-${store.at(-1)}` as Zone }))
  const range = { start: Buffer.from(start), end: Buffer.alloc(0) }
  return { partition: P1, uid: '', epoch: epoch as Epoch, primary, members, range }
}
