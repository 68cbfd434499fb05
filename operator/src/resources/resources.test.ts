import { accessKeys, SECRET_KEYS } from './access-key.ts'
import { buckets } from './bucket.ts'
import { durationMs } from './fields.ts'
import { InvalidResourceError } from './kubernetes-object.ts'
import { partitions } from './partition.ts'
import { regions } from './region.ts'

const object = (spec?: unknown, status?: unknown) => ({
  ...{ apiVersion: 'granary.dev/v1alpha1', kind: 'Any', metadata: { name: 'it' } },
  ...(spec !== undefined && { spec }),
  ...(status !== undefined && { status }),
})

test('a Bucket that says nothing is private, standard, kept, and leaves the rest to REST', () => {
  expect(buckets.read(object()).spec).toEqual({
    ...{ regionRef: null, bucketName: null, acl: 'private', storageClass: 'Standard' },
    ...{ versioning: null, tags: null, policy: null, cors: null },
    ...{ deletionPolicy: 'Retain', deleteContents: false },
  })
})

test('a Region that says nothing has three zones to choose and volumes of 100Gi that stay', () => {
  const { spec } = regions.read(object())
  expect(spec).toMatchObject({
    ...{ topologyKey: 'topology.kubernetes.io/zone', zones: [], allowFewerZones: false },
    ...{ storageNodesPerZone: 1, storage: { size: '100Gi', storageClassName: null } },
    ...{ resources: { requests: {}, limits: {} }, deletionPolicy: 'Retain' },
    endpoints: { external: [], service: { type: 'ClusterIP', annotations: {} } },
    allowedNamespaces: { from: 'All', selector: null },
  })
})

test('an AccessKey that says nothing is of the namespace and may do everything', () => {
  expect(accessKeys.read(object()).spec).toMatchObject({
    ...{ account: null, permissions: [], policy: null, enabled: true, expiresAt: null },
    ...{ rotation: null, secretName: null, secretKeys: {}, existingSecretRef: null },
    configMapName: null,
  })
  expect(SECRET_KEYS).toContain('AWS_ENDPOINT_URL')
})

test('null says as much as nothing', () => {
  const { spec } = buckets.read(object({ regionRef: null, versioning: null, tags: null }))
  expect(spec).toEqual(buckets.read(object()).spec)
})

test('what a schema does not know is left out, what a policy says is kept', () => {
  const { spec } = buckets.read(object({ quota: 3, policy: { Version: '1', Statement: [{}] } }))
  expect(spec).not.toHaveProperty('quota')
  expect(spec.policy).toEqual({ Version: '1', Statement: [{}] })
})

const store = '00000000-0000-4000-8000-00000000000a'
const partitionSpec = {
  ...{ id: 1, desiredMembers: [store], preferredPrimary: store },
  initialRange: { start: '', end: 'AAA=' },
}

const refused: readonly [string, { read(object: never): unknown }, unknown, string][] = [
  ['name with a dot', buckets, { bucketName: 'a.b' }, 'spec.bucketName'],
  ['short name', buckets, { bucketName: 'ab' }, 'spec.bucketName'],
  ['unknown acl', buckets, { acl: 'public' }, 'spec.acl'],
  ['unknown class', buckets, { storageClass: 'Hot' }, 'spec.storageClass'],
  ['versioning as a flag', buckets, { versioning: true }, 'spec.versioning'],
  ['tag of another type', buckets, { tags: { a: 1 } }, 'spec.tags.a'],
  ['policy as a text', buckets, { policy: '{}' }, 'spec.policy'],
  ['CORS without origins', buckets, { cors: [{ allowedMethods: ['GET'] }] }, 'allowedOrigins'],
  [
    'CORS with two stars',
    buckets,
    { cors: [{ allowedOrigins: ['*.*'], allowedMethods: ['GET'] }] },
    'spec.cors.0.allowedOrigins.0',
  ],
  ['unknown deletion', buckets, { deletionPolicy: 'Orphan' }, 'spec.deletionPolicy'],
  ['reference without a name', buckets, { regionRef: {} }, 'spec.regionRef.name'],
  ['size without a number', regions, { storage: { size: 'big' } }, 'spec.storage.size'],
  ['size with a fraction', regions, { storage: { size: '1.5Gi' } }, 'spec.storage.size'],
  ['no storage nodes', regions, { storageNodesPerZone: 0 }, 'spec.storageNodesPerZone'],
  ['zone in capitals', regions, { zones: ['A'] }, 'spec.zones.0'],
  ['host without a dot', regions, { endpoints: { external: [{ host: 'oss' }] } }, '0.host'],
  [
    'unknown access',
    accessKeys,
    { permissions: [{ bucketRef: { name: 'a' }, access: 'All' }] },
    '0.access',
  ],
  ['permission without a bucket', accessKeys, { permissions: [{ access: 'Read' }] }, '0.bucketRef'],
  ['interval in days', accessKeys, { rotation: { every: '30d' } }, 'spec.rotation.every'],
  ['Secret of a strange name', accessKeys, { secretName: 'A_b' }, 'spec.secretName'],
  [
    'key of a strange name',
    accessKeys,
    { secretKeys: { region: 'a b' } },
    'spec.secretKeys.region',
  ],
  ['partition without a number', partitions, { ...partitionSpec, id: 0 }, 'spec.id'],
  [
    'store that is none',
    partitions,
    { ...partitionSpec, preferredPrimary: 'a' },
    'preferredPrimary',
  ],
]

test.each(refused)('%s is refused by name', (_name, type, spec, where) => {
  expect(() => type.read(object(spec) as never)).toThrow(InvalidResourceError)
  expect(() => type.read(object(spec) as never)).toThrow(where)
})

test('a Partition without a configuration is read', () => {
  expect(partitions.read(object(partitionSpec, { touch: 1 })).status).toEqual({ touch: 1 })
  expect(partitions.read(object(partitionSpec)).status).toBeUndefined()
})

test.each([
  ['720h', 720 * 3_600_000],
  ['1h30m', 5_400_000],
  ['90s', 90_000],
])('%s is %d milliseconds', (text, ms) => expect(durationMs(text)).toBe(ms))
