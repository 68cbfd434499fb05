import { regions } from '../resources/region.ts'
import { desiredAccessRights } from './access-rights.ts'
import { desiredDisruptionBudget } from './disruption-budget.ts'
import { assignBuckets, desiredEndpointSlices, sliceNumber } from './endpoint-slices.ts'
import { desiredNetworkPolicy } from './network-policy.ts'
import type { RegionPlan } from './region-plan.ts'
import { decoded, desiredKeysSecret, desiredOwnedSecret } from './secrets.ts'
import { desiredServices } from './services.ts'
import { desiredStatefulSet } from './stateful-set.ts'

const owner = {
  ...{ apiVersion: regions.apiVersion, kind: 'Region', name: 'cn-test', uid: 'u1' },
  ...{ controller: true, blockOwnerDeletion: false },
}

function plan(spec: object = {}): RegionPlan {
  const metadata = { name: 'cn-test', namespace: 'granary' }
  const read = regions.read({ apiVersion: regions.apiVersion, kind: 'Region', metadata, spec })
  return {
    ...{ region: 'cn-test', namespace: 'granary', owner, spec: read.spec, zones: ['a', 'b', 'c'] },
    ...{ image: 'granary:1', operatorNamespace: 'operators' },
    claim: { size: '100Gi', storageClassName: null, accessMode: 'ReadWriteOnce' },
  }
}

/** What lies at a path of fields and positions. */
function at(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, field) => Object(value)[field], object)
}

const labels = {
  'app.kubernetes.io/name': 'granary',
  'app.kubernetes.io/component': 'storage-node',
  'granary.dev/region': 'cn-test',
}
const pod = 'spec.template.spec'
const container = `${pod}.containers.0`

test.each<[string, unknown]>([
  ['metadata.name', 'cn-test-a'],
  ['metadata.ownerReferences', [owner]],
  ['spec.replicas', 1],
  ['spec.serviceName', 'cn-test-peers'],
  ['spec.podManagementPolicy', 'Parallel'],
  ['spec.updateStrategy', { type: 'OnDelete' }],
  ['spec.persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Retain', whenScaled: 'Retain' }],
  ['spec.selector.matchLabels', { ...labels, 'granary.dev/zone': 'a' }],
  ['spec.template.metadata', { labels: { ...labels, 'granary.dev/zone': 'a' } }],
  [
    'spec.volumeClaimTemplates.0.spec',
    {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '100Gi' } },
    },
  ],
  [`${pod}.serviceAccountName`, 'cn-test-storage-node'],
  [`${pod}.terminationGracePeriodSeconds`, 60],
  [
    `${pod}.securityContext`,
    {
      ...{ runAsNonRoot: true, runAsUser: 10_001, runAsGroup: 10_001, fsGroup: 10_001 },
      ...{ fsGroupChangePolicy: 'OnRootMismatch', seccompProfile: { type: 'RuntimeDefault' } },
    },
  ],
  [
    `${pod}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
    [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['a'] }] }],
  ],
  [
    `${pod}.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution`,
    [{ labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' }],
  ],
  [`${pod}.volumes.0.secret`, { secretName: 'cn-test-a-certificates', defaultMode: 0o440 }],
  [`${pod}.volumes.1.secret.secretName`, 'cn-test-keys'],
  [`${pod}.volumes.2.secret.secretName`, 'cn-test-gateway-certificate'],
  [`${pod}.dnsConfig.options.0`, { name: 'timeout', value: '1' }],
  [`${pod}.tolerations`, undefined],
  [`${container}.image`, 'granary:1'],
  [
    `${container}.securityContext`,
    {
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ['ALL'] },
    },
  ],
  [`${container}.livenessProbe.httpGet`, { path: '/live', port: 'probes' }],
  [`${container}.readinessProbe.httpGet`, { path: '/ready', port: 'probes' }],
  [
    `${container}.env.0`,
    {
      name: 'GRANARY_NODE_NAME',
      valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
    },
  ],
  [`${container}.env.2`, { name: 'GRANARY_CONFIG', value: 'kubernetes' }],
  [`${container}.env.4`, { name: 'GRANARY_ZONE', value: 'a' }],
])('the StatefulSet of a zone has %s', (path, expected) => {
  expect(at(desiredStatefulSet(plan(), 'a'), path)).toEqual(expected)
})

test('zones with names that are hard to tell apart have StatefulSets of their own', () => {
  const host = 'a-host-with-a-very-long-name-in-rack-17'
  const zones = ['h.1', 'h-1', `${host}-a.example.com`, `${host}-b.example.com`]
  const named = zones.map((zone) => desiredStatefulSet(plan(), zone).metadata.name)
  expect(new Set(named).size).toBe(zones.length)
  for (const name of named) expect(name).toMatch(/^cn-test-[a-z0-9-]{1,44}$/)
  expect(named[1]).toBe('cn-test-h-1')
})

test('what the user asks of the pods is there, and hides none of them from its Services', () => {
  const set = desiredStatefulSet(
    plan({
      pod: {
        ...{ nodeSelector: { disk: 'fast' }, priorityClassName: 'high' },
        tolerations: [{ key: 'disk', operator: 'Exists' }],
        imagePullSecrets: [{ name: 'pull' }],
        labels: { team: 'red', 'granary.dev/region': 'other' },
        annotations: { note: 'x' },
      },
      resources: { requests: { cpu: '2' } },
    }),
    'a',
  )
  expect(at(set, pod)).toMatchObject({
    ...{ nodeSelector: { disk: 'fast' }, priorityClassName: 'high' },
    imagePullSecrets: [{ name: 'pull' }],
  })
  expect(at(set, `${pod}.tolerations`)).toEqual([{ key: 'disk', operator: 'Exists' }])
  expect(at(set, `${container}.resources.requests`)).toEqual({ cpu: '2' })
  expect(at(set, 'spec.template.metadata')).toEqual({
    labels: { team: 'red', ...labels, 'granary.dev/zone': 'a' },
    annotations: { note: 'x' },
  })
})

test('zones that are hosts have all of their storage nodes on that host', () => {
  const set = desiredStatefulSet(plan({ topologyKey: 'kubernetes.io/hostname' }), 'h1')
  expect(at(set, `${pod}.affinity.podAntiAffinity`)).toBeUndefined()
})

test('an external host has its certificate from the Secret that is named, once it is there', () => {
  const external = [
    { host: 'plain.example.com', tlsSecretName: null },
    { host: 'oss.example.com', tlsSecretName: 'oss-tls' },
  ]
  const set = desiredStatefulSet(plan({ endpoints: { external } }), 'a')
  const secret = { secretName: 'oss-tls', defaultMode: 0o440, optional: true }
  expect(at(set, `${pod}.volumes.3`)).toEqual({ name: 'external-1', secret })
  const endpoints = JSON.parse(String(at(set, `${container}.env.5.value`)))
  expect(endpoints.external).toEqual([
    { hosts: ['plain.example.com'], certificates: null },
    { hosts: ['oss.example.com'], certificates: '/etc/granary/external/1' },
  ])
})

test('the Services name gateway, pods and buckets', () => {
  const [gateway, peers, buckets] = desiredServices(plan())
  expect(gateway).toMatchObject({
    metadata: { name: 'oss-cn-test-gateway' },
    spec: { type: 'ClusterIP', selector: labels, trafficDistribution: 'PreferClose' },
  })
  expect(at(gateway, 'spec.ports.1')).toMatchObject({ port: 443, targetPort: 'https' })
  expect(peers).toMatchObject({
    metadata: { name: 'cn-test-peers' },
    spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: labels },
  })
  expect(buckets).toMatchObject({ metadata: { name: 'oss-cn-test' }, spec: { clusterIP: 'None' } })
  expect(at(buckets, 'spec.selector')).toBeUndefined()
})

test('a load balancer is as the user asks', () => {
  const service = { type: 'LoadBalancer', annotations: { internal: 'yes' } }
  const [gateway] = desiredServices(plan({ endpoints: { service } }))
  expect(gateway).toMatchObject({
    metadata: { annotations: { internal: 'yes' } },
    spec: { type: 'LoadBalancer' },
  })
})

test('one storage node may be evicted at a time', () => {
  expect(desiredDisruptionBudget(plan()).spec).toEqual({
    maxUnavailable: 1,
    selector: { matchLabels: labels },
  })
})

test('clients come from everywhere, peers from the region, the admin port is the operator’s', () => {
  const operator = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'operators' } },
    podSelector: {
      matchLabels: {
        'app.kubernetes.io/name': 'granary',
        'app.kubernetes.io/component': 'operator',
      },
    },
  }
  const ports = (...numbers: number[]) => numbers.map((port) => ({ port, protocol: 'TCP' }))
  expect(desiredNetworkPolicy(plan()).spec).toEqual({
    podSelector: { matchLabels: labels },
    policyTypes: ['Ingress'],
    ingress: [
      { ports: ports(8080, 8443, 7003) },
      { from: [{ podSelector: { matchLabels: labels } }], ports: ports(7000, 7001) },
      { from: [operator], ports: ports(7002) },
    ],
  })
})

test('storage nodes read the map, keep their records, and see no Secret', () => {
  const [account, role, binding] = desiredAccessRights(plan())
  expect(account?.metadata.name).toBe('cn-test-storage-node')
  const read = ['get', 'list', 'watch']
  const kept = ['partitions', 'partitions/status', 'storagenodes', 'storagenodes/status']
  expect(at(role, 'rules')).toEqual([
    { apiGroups: ['granary.dev'], resources: ['placementmaps'], verbs: read },
    { apiGroups: ['granary.dev'], resources: kept, verbs: [...read, 'create', 'update', 'patch'] },
  ])
  expect(at(binding, 'subjects.0')).toMatchObject({ name: 'cn-test-storage-node' })
})

test('the key ring outlives the Region, certificates do not', () => {
  const ring = desiredKeysSecret(plan(), { 'keys.json': '{}' })
  expect(ring.metadata.ownerReferences).toBeUndefined()
  expect(decoded(ring['data'] as Record<string, string>)).toEqual({ 'keys.json': '{}' })
  const pair = desiredOwnedSecret(plan(), 'x', { 'tls.crt': 'c', 'tls.key': 'k' })
  expect(pair).toMatchObject({ type: 'kubernetes.io/tls', metadata: { ownerReferences: [owner] } })
  expect(desiredOwnedSecret(plan(), 'x', { 'a.crt': 'c' })['type']).toBe('Opaque')
})

const names = (count: number, prefix = 'b') =>
  Array.from({ length: count }, (_, number) => `${prefix}${String(number).padStart(5, '0')}`)
const sizes = (assignment: ReadonlyMap<number, readonly string[]>) =>
  [...assignment].map(([number, buckets]) => `${number}: ${buckets.length}`)

test('buckets fill slices of a thousand endpoints, the bare name is one of them', () => {
  const assignment = assignBuckets(names(2500), new Map())
  expect(sizes(assignment)).toEqual(['0: 999', '1: 1000', '2: 501'])
  const [first, second] = desiredEndpointSlices(plan(), '10.96.0.7', assignment)
  expect(at(first, 'endpoints.length')).toBe(1000)
  const conditions = { ready: true }
  expect(at(first, 'endpoints.0')).toEqual({ addresses: ['10.96.0.7'], conditions })
  expect(at(first, 'endpoints.1.hostname')).toBe('b00000')
  expect(at(second, 'endpoints.length')).toBe(1000)
  expect(first).toMatchObject({
    ...{ addressType: 'IPv4', metadata: { name: 'oss-cn-test-0' } },
    ports: [{ port: 80 }, { port: 443 }],
  })
  expect(first?.metadata.labels).toMatchObject({ 'kubernetes.io/service-name': 'oss-cn-test' })
})

test('a bucket more or less changes one slice', () => {
  const before = assignBuckets(names(2500), new Map())
  const after = assignBuckets([...names(2500).filter((name) => name !== 'b00001'), 'new'], before)
  expect(after.get(0)).toEqual([...names(999).filter((name) => name !== 'b00001'), 'new'])
  for (const number of [1, 2]) expect(after.get(number)).toEqual(before.get(number))
  const none = assignBuckets([], before)
  expect(sizes(none)).toEqual([])
  expect(desiredEndpointSlices(plan(), 'fd00::7', none)).toMatchObject([{ addressType: 'IPv6' }])
})

test.each([
  ['oss-cn-test-0', 0],
  ['oss-cn-test-17', 17],
  ['oss-cn-test-01', undefined],
  ['oss-cn-test-gateway-x7', undefined],
  ['oss-cn-other-0', undefined],
])('the slice %s has the number %s', (name, number) => {
  expect(sliceNumber('cn-test', name)).toBe(number)
})
