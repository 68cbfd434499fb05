/**
 * What a real API server makes of the definitions: defaults, and which mistakes it refuses with which words.
 *
 * @module
 */

import { allResources, objectSchema } from '../../operator/src/testing.ts'
import type { ResourceDefinition, StructuralSchema } from '../../operator/src/testing.ts'
import type { KubernetesStatusError } from '../../storage-node/src/testing.ts'
import { kubectl } from './bed.ts'
import type { KubeconfigClient } from './kubeconfig-client.ts'
import { openKubeconfigClient } from './kubeconfig-client.ts'

type Fields = Record<string, unknown>

const NAMESPACE = 'default'
const API_VERSION = 'granary.dev/v1alpha1'
const DRY_RUN = 'dryRun=All&fieldValidation=Strict'
const STORE = '00000000-0000-4000-8000-00000000000a'

/** The least that an object must say. */
const leastSpecs: Readonly<Record<string, Fields>> = {
  Partition: {
    ...{ id: 1, desiredMembers: [STORE], preferredPrimary: STORE },
    initialRange: { start: '', end: '' },
  },
  StorageNode: {
    ...{ storeId: STORE, pod: 'a-0', zone: 'a' },
    ...{ address: 'a:1', beaconAddress: 'a:2', adminAddress: 'a:3' },
  },
  PlacementMap: { version: 1, stores: [storeEntry()], copies: 1, groups: 'AAA=' },
}

let cluster: KubeconfigClient
beforeAll(() => {
  cluster = openKubeconfigClient()
})
afterAll(() => cluster.close())

function definitionOf(kind: string): ResourceDefinition {
  const found = allResources.find((resource) => resource.kind === kind)
  if (found === undefined) throw new Error(`There is no ${kind}`)
  return found
}

const pathOf = (kind: string) =>
  `/apis/${API_VERSION}/namespaces/${NAMESPACE}/${definitionOf(kind).plural}`

function objectOf(kind: string, spec: Fields, name = 'resources'): Fields {
  const metadata = { name, namespace: NAMESPACE }
  return { apiVersion: API_VERSION, kind, metadata, spec: { ...leastSpecs[kind], ...spec } }
}

/** What the server says to a creation that leaves no trace; undefined: nothing against it. */
function refusalOf(object: Fields): Promise<string | undefined> {
  return refusal(
    cluster.client.call('POST', `${pathOf(String(object['kind']))}?${DRY_RUN}`, object),
  )
}

function refusal(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: KubernetesStatusError) => {
      expect(error.status).toBe(422)
      return error.message
    },
  )
}

/** Every field of a spec with a value that it must not have, and where the server finds it. */
function wrongValues(schema: StructuralSchema, where: string): [string, unknown][] {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    wrongValues(field, `${where}.${name}`).map(([path, value]): [string, unknown] => [
      path,
      { [name]: value },
    ]),
  )
  const items = (schema.items ? wrongValues(schema.items, `${where}[0]`) : []).map(
    ([path, value]): [string, unknown] => [path, [value]],
  )
  const values = schema.additionalProperties
    ? wrongValues(schema.additionalProperties, `${where}.key`).map(
        ([path, value]): [string, unknown] => [path, { key: value }],
      )
    : []
  return [[where, wrongTypeOf(schema)], ...fields, ...items, ...values]
}

function wrongTypeOf({ type, enum: words, pattern, ...rest }: StructuralSchema): unknown {
  if (rest['x-kubernetes-int-or-string']) return true
  if (words !== undefined || pattern !== undefined) return 'No Such Thing!'
  return type === 'string' ? 7 : 'a text'
}

const kinds = allResources.map(({ kind }) => kind)

test.each(kinds)('a %s that says the least is taken', async (kind) => {
  expect(await refusalOf(objectOf(kind, {}))).toBeUndefined()
})

test.each(kinds)(
  'each field of a %s refuses a value of another form, by its name',
  async (kind) => {
    const spec = objectSchema(definitionOf(kind)).properties?.['spec'] as StructuralSchema
    const cases = wrongValues(spec, 'spec').filter(([path]) => path !== 'spec')
    expect(cases.length).toBeGreaterThan(3)
    for (const [path, value] of cases) {
      const message = await refusalOf(objectOf(kind, value as Fields))
      expect(`${path}: ${message}`).toContain(`: ${kind}.granary.dev "resources" is invalid`)
      expect(message).toContain(path)
    }
  },
)

test('what has no value is not kept', async () => {
  const object = objectOf('Bucket', { regionRef: null, versioning: null, tags: null, acl: null })
  const made = (await cluster.client.call('POST', `${pathOf('Bucket')}?${DRY_RUN}`, object)) as {
    spec: unknown
  }
  expect(made.spec).toEqual({
    ...{ acl: 'private', storageClass: 'Standard' },
    ...{ deletionPolicy: 'Retain', deleteContents: false },
  })
})

test('an unknown field is refused where the client asks for strictness', async () => {
  const call = cluster.client.call(
    ...(['POST', `${pathOf('Bucket')}?${DRY_RUN}`, objectOf('Bucket', { quota: 3 })] as const),
  )
  await expect(call).rejects.toMatchObject({ status: 400 })
})

const permission = { bucketRef: { name: 'photos' }, access: 'Read' }
const refusedWhenMade: readonly [string, Fields, string][] = [
  ['Region', { zones: ['a', 'b'] }, 'zones must be three or more, unless allowFewerZones is true'],
  ['Region', { zones: ['a', 'b', 'a'] }, 'spec.zones[2]: Duplicate value'],
  ['Region', { storage: { size: '10Mi' } }, 'must be at least 1Gi'],
  [
    'Region',
    { allowedNamespaces: { from: 'Selector' } },
    'from: Selector needs selector.matchLabels',
  ],
  [
    'Region',
    { allowedNamespaces: { from: 'All', selector: { matchLabels: { a: 'b' } } } },
    'selector is read only with from: Selector',
  ],
  [
    'Region',
    { endpoints: { external: [{ host: 'oss.example.com' }, { host: 'oss.example.com' }] } },
    'spec.endpoints.external[1]: Duplicate value',
  ],
  ['Region', { storageNodesPerZone: 65 }, 'spec.storageNodesPerZone'],
  ['Bucket', { deleteContents: true }, 'deleteContents needs deletionPolicy: Delete'],
  ['Bucket', { tags: { '': 'a' } }, 'keys of tags have 1 to 64 characters'],
  ['Bucket', { tags: { 'Aliyun.a': 'a' } }, 'keys of tags must not begin with'],
  [
    'Bucket',
    { cors: [{ allowedOrigins: ['*'], allowedMethods: [] }] },
    'spec.cors[0].allowedMethods',
  ],
  [
    'AccessKey',
    { permissions: [permission], policy: {} },
    'permissions and policy exclude each other',
  ],
  ['AccessKey', { rotation: { every: '1h', overlap: '1h' } }, 'overlap must be shorter than every'],
  ['AccessKey', { rotation: { every: '30s', overlap: '1s' } }, 'every must be at least 1m'],
  [
    'AccessKey',
    { rotation: {}, existingSecretRef: { name: 'a' } },
    'a pair from existingSecretRef is not rotated here',
  ],
  [
    'AccessKey',
    { secretName: 'a', existingSecretRef: { name: 'a' } },
    'secretName and existingSecretRef must be different Secrets',
  ],
  [
    'AccessKey',
    { configMapName: 'claim' },
    'configMapName needs permissions, all of them for one Bucket',
  ],
  [
    'AccessKey',
    {
      configMapName: 'claim',
      permissions: [permission, { ...permission, bucketRef: { name: 'other' } }],
    },
    'configMapName needs permissions, all of them for one Bucket',
  ],
  ['AccessKey', { secretKeys: { password: 'a' } }, 'keys must be of accessKeyId'],
  ['AccessKey', { expiresAt: 'tomorrow' }, 'spec.expiresAt'],
  [
    'Partition',
    { preferredPrimary: STORE.replace('a', 'b') },
    'preferredPrimary must be one of desiredMembers',
  ],
  ['Partition', { lineage: '' }, 'spec.lineage'],
  ['Partition', { lineage: 'a'.repeat(65) }, 'spec.lineage'],
]

test.each(refusedWhenMade)('a %s with %j is refused', async (kind, spec, words) => {
  expect(await refusalOf(objectOf(kind, spec))).toContain(words)
})

test.each([
  ['Region', 'Eu', 'Invalid value'],
  ['Region', '1-eu', 'the name of a Region must have 2 to 32'],
  ['Region', 'a'.repeat(33), 'the name of a Region must have 2 to 32'],
  ['Bucket', 'a.b', 'the name of the resource is no name of a bucket'],
  ['Bucket', 'ab', 'set spec.bucketName'],
])('a %s called %s is refused', async (kind, name, words) => {
  expect(await refusalOf(objectOf(kind, {}, name))).toContain(words)
})

test('a Bucket of a strange name may name its bucket', async () => {
  expect(await refusalOf(objectOf('Bucket', { bucketName: 'photos' }, 'a.b'))).toBeUndefined()
})

const taken: readonly [string, Fields, Fields][] = [
  ['Region', {}, { storage: { size: '200Gi' } }],
  ['Region', {}, { zones: ['a', 'b', 'c'] }],
  ['Region', {}, { storageNodesPerZone: 2, allowFewerZones: true }],
  ['Bucket', {}, { acl: 'public-read', versioning: 'Enabled', tags: { a: 'b' } }],
  ['Bucket', { bucketName: 'photos' }, { bucketName: 'photos', cors: [] }],
  ['AccessKey', {}, { enabled: false, permissions: [permission] }],
  ['AccessKey', {}, { configMapName: 'claim', permissions: [permission, permission] }],
  ['PlacementMap', {}, { version: 2, stores: [storeEntry(), storeEntry('b')] }],
]

const refusedLater: readonly [string, Fields, Fields, string][] = [
  ['Region', {}, { storage: { size: '99Gi' } }, 'must not shrink: volumes only grow'],
  ['Region', {}, { storage: { storageClassName: 'fast' } }, 'storageClassName is fixed'],
  ['Region', {}, { topologyKey: 'kubernetes.io/hostname' }, 'is fixed once the Region exists'],
  [
    'Region',
    { zones: ['a', 'b', 'c'] },
    { zones: ['a', 'b', 'd'] },
    'are fixed once they are given',
  ],
  ['Region', { storageNodesPerZone: 2 }, { storageNodesPerZone: 1 }, 'must not fall'],
  ['Bucket', {}, { bucketName: 'other' }, 'bucketName is fixed'],
  ['Bucket', { bucketName: 'photos' }, {}, 'bucketName is fixed'],
  ['Bucket', {}, { regionRef: { name: 'eu' } }, 'regionRef is fixed'],
  ['Bucket', {}, { storageClass: 'IA' }, 'is fixed once the Bucket exists'],
  ['AccessKey', {}, { account: 'other' }, 'account is fixed'],
  ['AccessKey', {}, { regionRef: { name: 'eu' } }, 'regionRef is fixed'],
  ['Partition', {}, { id: 2 }, 'is fixed'],
  ['Partition', { lineage: 'first' }, { lineage: 'second' }, 'is fixed'],
  ['Partition', {}, { lineage: 'first' }, 'lineage is fixed'],
  ['Partition', { lineage: 'first' }, {}, 'lineage is fixed'],
  ['Partition', {}, { initialRange: { start: 'AAA=', end: '' } }, 'is fixed'],
  ['PlacementMap', {}, { copies: 2 }, 'version must rise with each change'],
  [
    'PlacementMap',
    {},
    { version: 2, groups: 'AAAAAA==' },
    'the number of placement groups is fixed',
  ],
]

/** Makes an object, and says what is against it becoming another. */
async function changed(kind: string, before: Fields, after: Fields): Promise<string | undefined> {
  const path = pathOf(kind)
  type Object = { metadata: { resourceVersion: string } }
  const made = (await cluster.client.call('POST', path, objectOf(kind, before))) as Object
  const { resourceVersion } = made.metadata
  const next = objectOf(kind, after)
  const metadata = { ...(next['metadata'] as Fields), resourceVersion }
  try {
    const call = cluster.client.call('PUT', `${path}/resources?${DRY_RUN}`, { ...next, metadata })
    return await refusal(call)
  } finally {
    await cluster.client.call('DELETE', `${path}/resources`)
  }
}

test.each(taken)('a %s of %j may become %j', async (kind, before, after) => {
  expect(await changed(kind, before, after)).toBeUndefined()
})

test.each(refusedLater)('a %s of %j must not become %j', async (kind, before, after, words) => {
  expect(await changed(kind, before, after)).toContain(words)
})

test('a Region that has made its partitions does not forget it', async () => {
  const path = pathOf('Region')
  await cluster.client.call('POST', path, objectOf('Region', {}))
  try {
    const status = (value: boolean) => {
      const object = { ...objectOf('Region', {}), status: { partitionsCreated: value } }
      return cluster.client.call(
        ...(['PATCH', `${path}/resources/status?${DRY_RUN.replace('dryRun=All&', '')}`] as const),
        ...([object, 'application/merge-patch+json'] as const),
      )
    }
    await status(true)
    expect(await refusal(status(false))).toContain('stays true')
  } finally {
    await cluster.client.call('DELETE', `${path}/resources`)
  }
})

test('kubectl explains every field of a Region', async () => {
  const text = await kubectl(['explain', 'regions.granary.dev', '--recursive=false'])
  expect(text).toContain('A Region is one OSS region')
  expect(await kubectl(['explain', 'region.spec.storage.size'])).toContain('Default: 100Gi.')
})

function storeEntry(letter = 'a'): Fields {
  const store = STORE.replace(/a$/, letter)
  return { store, zone: letter, name: `${letter}-0`, address: 'a:1', beaconAddress: 'a:2' }
}
