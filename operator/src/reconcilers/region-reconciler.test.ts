import { sign, verify } from 'node:crypto'
import { readPlacement } from '@granary/storage-node/contract/kubernetes-records'
import { KubernetesStatusError } from '@granary/storage-node/kubernetes/api-client'
import { accessKeys } from '../resources/access-key.ts'
import { buckets } from '../resources/bucket.ts'
import {
  clusterEvents,
  endpointSlices,
  persistentVolumeClaims,
  pods,
  secrets,
  services,
  statefulSets,
  storageClasses,
  type Secret,
} from '../resources/built-in.ts'
import { decoded } from '../desired/secrets.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import { regionNames } from '../resources/names.ts'
import { partitions } from '../resources/partition.ts'
import { placementMaps } from '../resources/placement-map.ts'
import { regions } from '../resources/region.ts'
import { storageNodes } from '../resources/storage-node.ts'
import { tell } from './events.ts'
import { NAMESPACE, REGION, storeIdOf, TestCluster } from './reconciler-fixtures.ts'

const at = (name: string) => ({ namespace: NAMESPACE, name })
const condition = (test: TestCluster, type: string) =>
  test.condition(regions, NAMESPACE, REGION, type)
const message = (test: TestCluster, type: string) => test.message(regions, NAMESPACE, REGION, type)

describe('a Region that serves', () => {
  let cluster: TestCluster

  beforeAll(async () => {
    cluster = await TestCluster.serving({ storage: { size: '10Gi' } })
  })

  test('a Region becomes Ready with a storage node in each of three zones', async () => {
    expect(condition(cluster, 'Ready')).toBe('True Serving')
    expect(condition(cluster, 'ZonesChosen')).toBe('True Chosen')
    expect(condition(cluster, 'QuorumAtRisk')).toBe('False AllZonesReady')
    expect(condition(cluster, 'Degraded')).toBe('False AllThere')
    expect(condition(cluster, 'DataSpread')).toBe('True AllHoldData')
    expect(condition(cluster, 'Progressing')).toBe('False Settled')
    const region = await cluster.getRegion()
    expect(region?.status?.zones?.map(({ name, ready }) => `${name} ${ready}`)).toEqual([
      ...['a 1', 'b 1', 'c 1'],
    ])
    expect(region?.status).toMatchObject({
      partitions: { total: 25, active: 25, underReplicated: 0 },
      partitionsCreated: true,
      endpoints: { internal: `oss-${REGION}.${NAMESPACE}.svc` },
    })
    const map = await cluster.api.get(placementMaps, at(REGION))
    expect(readPlacement(map!).stores.map(({ name }) => name)).toEqual([
      ...[`${REGION}-a-0`, `${REGION}-b-0`, `${REGION}-c-0`],
    ])
    const keys = decoded((await cluster.api.get(secrets, at(`${REGION}-keys`)))?.data)
    const { privateKey, publicKey } = JSON.parse(keys['callback-key.json'] ?? '')
    const signed = sign('md5', Buffer.from('words'), privateKey)
    expect(verify('md5', Buffer.from('words'), publicKey, signed)).toBe(true)
    for (const name of ['keys', 'authority', 'operator-certificate', 'gateway-certificate']) {
      expect(await cluster.api.get(secrets, at(`${REGION}-${name}`))).toBeDefined()
    }
    expect(await cluster.api.get(services, at(`oss-${REGION}`))).toBeDefined()
    expect(region?.metadata.finalizers).toBeUndefined()
  })

  test('buckets have host names, also those that no resource asks for', async () => {
    const account = '1000000000000001'
    const record = { account, acl: 'private', storageClass: 'Standard' }
    await cluster.region.putBucket('by-rest', {
      ...{ ...record, versioning: null, tags: null, policy: null, cors: null },
    })
    await cluster.make(buckets, 'shop', 'photos')
    await cluster.settle()
    const gateway = await cluster.api.get(services, at(`oss-${REGION}-gateway`))
    const slice = await cluster.api.get(endpointSlices, at(`oss-${REGION}-0`))
    expect(slice?.endpoints?.map(({ hostname }) => hostname)).toEqual([
      ...[undefined, 'by-rest', 'photos'],
    ])
    const addresses = slice?.endpoints?.flatMap((endpoint) => endpoint.addresses)
    expect(new Set(addresses)).toEqual(new Set([gateway?.spec?.clusterIP]))
  })

  test('the addresses of the other Services stay as Kubernetes has them', async () => {
    const { gatewayService, peersService } = regionNames(REGION)
    const slices = [gatewayService, peersService].map((service) => at(`${service}-slice`))
    const identities = () =>
      Promise.all(
        slices.map(async (slice) => (await cluster.api.get(endpointSlices, slice))?.metadata.uid),
      )
    const before = await identities()
    expect(before).toEqual([expect.any(String), expect.any(String)])
    await cluster.make(buckets, 'shop', 'photos')
    await cluster.reconcileAll()
    expect(await identities()).toEqual(before)
  })

  test('a Secret that is edited by hand is set back, the key ring is left', async () => {
    const name = `${REGION}-a-certificates`
    const edited = { [`${REGION}-a-0.crt`]: Buffer.from('x').toString('base64') }
    await cluster.user.apply(secrets, { metadata: at(name), data: edited })
    await cluster.user.apply(secrets, {
      metadata: at(`${REGION}-keys`),
      data: { 'keys.json': 'eA==' },
    })
    await cluster.settle()
    const [certificates, keys] = [
      await cluster.api.get(secrets, at(name)),
      await cluster.api.get(secrets, at(`${REGION}-keys`)),
    ]
    expect(certificates?.data?.[`${REGION}-a-0.crt`]).not.toBe(edited[`${REGION}-a-0.crt`])
    expect(keys?.data?.['keys.json']).toBe('eA==')
  })

  test('where the authority is deleted by hand, there is a new one, and pods keep their certificates', async () => {
    const pod = `${REGION}-a-0.crt`
    const certificates = async () =>
      (await cluster.api.get(secrets, at(`${REGION}-a-certificates`)))?.data ?? {}
    const before = await certificates()
    await cluster.user.delete(secrets, at(`${REGION}-authority`))
    await cluster.settle()
    const after = await certificates()
    expect(after[pod]).toBe(before[pod])
    const [had = '', has = ''] = [before, after].map((data) => {
      return Buffer.from(data['authority.crt'] ?? '', 'base64').toString()
    })
    expect(has.endsWith(had)).toBe(true)
    expect(has.length).toBeGreaterThan(had.length)
    const told = cluster.events().map((event) => event['reason' as 'kind'])
    expect(told).toContain('AuthorityReplaced')
  })

  test('a larger size grows the volumes, and what pods claim at first stays', async () => {
    await cluster.make(regions, NAMESPACE, REGION, { storage: { size: '20Gi' } })
    await cluster.settle()
    const claims = await cluster.api.list(persistentVolumeClaims)
    expect(claims.map(({ spec }) => spec?.resources?.requests?.['storage'])).toEqual([
      ...['20Gi', '20Gi', '20Gi'],
    ])
    const capacity = (storage: string) =>
      cluster.user.applyStatus<KubernetesObject>(persistentVolumeClaims, {
        metadata: at(`data-${REGION}-b-0`),
        status: { capacity: { storage } },
      })
    await capacity('10Gi')
    await cluster.settle()
    expect(condition(cluster, 'Progressing')).toBe('True VolumesGrow')
    expect(message(cluster, 'Progressing')).toContain(
      `data-${REGION}-b-0 are being enlarged to 20Gi`,
    )
    expect(condition(cluster, 'Ready')).toBe('True Serving')
    await capacity('1Ti')
    await cluster.settle()
    expect(condition(cluster, 'Progressing')).toBe('False Settled')
    const [set] = await cluster.api.list(statefulSets)
    expect(set?.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.['storage']).toBe(
      '10Gi',
    )
  })

  test('volumes whose class lets none grow are told, and grow as soon as it does', async () => {
    await cluster.make(regions, NAMESPACE, REGION, { storage: { size: '21Gi' } })
    for (let claim = 0; claim < 3; claim++) {
      const effect = { kind: 'status', status: 403 } as const
      cluster.api.fail({ call: 'apply', kind: 'PersistentVolumeClaim', effect })
    }
    await cluster.reconcileAll()
    expect(condition(cluster, 'Progressing')).toBe('True VolumesDoNotGrow')
    expect(message(cluster, 'Progressing')).toContain('allowVolumeExpansion: true')
    expect(condition(cluster, 'Ready')).toBe('True Serving')
    await cluster.settle()
    expect(condition(cluster, 'Progressing')).toBe('False Settled')
  })

  test('a new image reaches one storage node at a time, each after it has handed over', async () => {
    cluster.useImage('granary/storage-node:2')
    const seen: number[] = []
    for (let round = 0; round < 8; round++) {
      await cluster.reconcileAll()
      seen.push((await cluster.api.list(pods)).length)
      await cluster.runOthers()
    }
    expect(cluster.region.handedOver).toEqual([`${REGION}-a-0`, `${REGION}-b-0`, `${REGION}-c-0`])
    expect(Math.min(...seen)).toBe(2)
    expect(condition(cluster, 'Progressing')).toBe('False Settled')
  })

  test('a restart waits for a storage node that is not ready, and says so', async () => {
    cluster.broken.add(`${REGION}-b-0`)
    cluster.region.handedOver.length = 0
    cluster.useImage('granary/storage-node:3')
    await cluster.settle()
    expect(condition(cluster, 'Progressing')).toBe('True RestartWaits')
    expect(message(cluster, 'Progressing')).toContain(`${REGION}-b-0 must be ready first`)
    expect(condition(cluster, 'Degraded')).toBe('True StorageNodesAway')
    expect(condition(cluster, 'QuorumAtRisk')).toBe('True ZoneAway')
    expect(condition(cluster, 'Ready')).toBe('False PartitionsNotServed')
    expect(cluster.region.handedOver).toEqual([])
    cluster.broken.clear()
    await cluster.settle()
  })

  test('a clock that is wrong is told, and objects that are older than storage nodes know', async () => {
    const pod = `${REGION}-b-0`
    cluster.answers.set(pod, {
      clockMs: cluster.clock.nowMs() + 60_000,
      partitions: [{ id: 2, epoch: 5, role: 'Primary', lag: 0 }],
    })
    await cluster.settle()
    await cluster.reconcileAll()
    expect(condition(cluster, 'ClockSkewed')).toBe('True ClocksDiffer')
    expect(message(cluster, 'ClockSkewed')).toContain(`${pod} is 60 s ahead of the others`)
    expect(condition(cluster, 'ConfigRegressed')).toBe('True ObjectsOlder')
    expect(message(cluster, 'ConfigRegressed')).toContain('Partitions 2 are older')
    // Where it knows that itself, it is not ready.
    cluster.broken.add(pod)
    await cluster.settle()
    expect(condition(cluster, 'ClockSkewed')).toBe('True ClocksDiffer')
    expect(condition(cluster, 'ConfigRegressed')).toBe('False AsKnown')
    cluster.broken.delete(pod)
    cluster.answers.clear()
    await cluster.runOthers()
    await cluster.settle()
    expect(condition(cluster, 'ClockSkewed')).toBe('False ClocksAgree')
    expect(condition(cluster, 'ConfigRegressed')).toBe('False AsKnown')
  })

  test('a new key of the ring seals once every storage node has it', async () => {
    const ring = async () => {
      const secret = await cluster.api.get(secrets, at(`${REGION}-keys`))
      const { keys } = JSON.parse(decoded(secret?.data)['keys.json'] ?? '')
      return (keys as { id: string }[]).map(({ id }) => id)
    }
    await cluster.user.delete(secrets, at(`${REGION}-keys`))
    await cluster.settle()
    const [first = ''] = await ring()
    const slow = `${REGION}-a-0`
    cluster.answers.set(slow, { ringKeys: [first] })
    const annotations = { 'granary.dev/ring-key': '2026-11' }
    await cluster.user.apply(regions, { metadata: { ...at(REGION), annotations } })
    await cluster.settle()
    expect(await ring()).toEqual([first, '2026-11'])
    expect(condition(cluster, 'Progressing')).toBe('True KeyRingWaits')
    cluster.answers.clear()
    await cluster.runOthers()
    await cluster.settle()
    expect(await ring()).toEqual(['2026-11', first])
    expect(condition(cluster, 'Progressing')).toBe('False Settled')
    const misnamed = { 'granary.dev/ring-key': 'two words' }
    await cluster.user.apply(regions, { metadata: { ...at(REGION), annotations: misnamed } })
    await cluster.settle()
    expect(condition(cluster, 'Progressing')).toBe('True RingKeyMisnamed')
    expect(await ring()).toEqual(['2026-11', first])
    await cluster.make(regions, NAMESPACE, REGION)
    await cluster.settle()
  })

  test('a Region whose names are taken makes nothing, and says which', async () => {
    const before = await cluster.api.list(services)
    await cluster.make(regions, NAMESPACE, `${REGION}-gateway`)
    await cluster.settle()
    const said = (type: string) => cluster.condition(regions, NAMESPACE, `${REGION}-gateway`, type)
    expect(said('Ready')).toBe('False NameTaken')
    const words = cluster.message(regions, NAMESPACE, `${REGION}-gateway`, 'Ready')
    expect(words).toContain(`Service oss-${REGION}-gateway of this namespace belongs to`)
    expect(await cluster.api.list(services)).toEqual(before)
    expect(condition(cluster, 'Ready')).toBe('True Serving')
    await cluster.user.delete(regions, at(`${REGION}-gateway`))
    await cluster.settle()
  })

  test('a Region of the same name in another namespace has nothing of the first', async () => {
    const before = await cluster.api.list(statefulSets, { namespace: NAMESPACE })
    await cluster.make(regions, 'other', REGION)
    await cluster.settle()
    const said = (type: string) => cluster.condition(regions, 'other', REGION, type)
    expect([said('Ready'), said('NameShared')]).toEqual(['True Serving', 'True OtherNamespace'])
    expect(cluster.message(regions, 'other', REGION, 'NameShared')).toContain(NAMESPACE)
    expect(condition(cluster, 'NameShared')).toBe('none')
    expect(await cluster.api.list(statefulSets, { namespace: NAMESPACE })).toEqual(before)
    const authorities = await Promise.all(
      [NAMESPACE, 'other'].map((namespace) => {
        return cluster.api.get(secrets, { namespace, name: `${REGION}-authority` })
      }),
    )
    expect(authorities[0]?.data).not.toEqual(authorities[1]?.data)
    await cluster.user.delete(regions, { namespace: 'other', name: REGION })
    await cluster.settle()
  })

  test('a volume that is not served is told with the reason that the storage node gave', async () => {
    const pod = `${REGION}-c-0`
    const why =
      'StoreDamagedError: Cannot open store "/var/lib/granary/store": it is damaged: older'
    const line = (more: object) =>
      JSON.stringify({ level: 'error', message: 'Cannot start', ...more })
    cluster.broken.add(pod)
    cluster.lastLines.set(pod, `cut off"}\n${line({ why })}\n{"level":"info","message":"Bye"}\n`)
    // The volume before it was another one, which had told who it was.
    cluster.stores.set(pod, storeIdOf('another disk'))
    await cluster.settle()
    expect(condition(cluster, 'Degraded')).toBe('True VolumesRefused')
    expect(message(cluster, 'Degraded')).toContain(`${pod} (${why})`)
    expect(message(cluster, 'Degraded')).toContain('bring the volume back as it was last')
    cluster.stores.delete(pod)
    cluster.lastLines.set(pod, line({ error: 'Error: No file\n  at secret/place' }))
    await cluster.settle()
    expect(condition(cluster, 'Degraded')).toBe('True StorageNodesAway')
    expect(message(cluster, 'Degraded')).toMatch(new RegExp(`; ${pod} ended with Error: No file$`))
    cluster.broken.clear()
    cluster.lastLines.clear()
    await cluster.settle()
    expect(condition(cluster, 'Degraded')).toBe('False AllThere')
  })

  test('a volume that comes back empty is told, and changes no record', async () => {
    const before = await cluster.api.get(placementMaps, at(REGION))
    cluster.stores.set(`${REGION}-b-0`, storeIdOf('another disk'))
    await cluster.settle()
    expect(condition(cluster, 'Degraded')).toBe('True VolumesReplaced')
    expect(message(cluster, 'Degraded')).toContain(`${REGION}-b-0`)
    expect(await cluster.api.get(placementMaps, at(REGION))).toEqual(before)
  })

  test('a partition that was deleted is never made again as an empty range', async () => {
    await cluster.user.delete(partitions, at(`${REGION}-3`))
    await cluster.settle()
    expect(condition(cluster, 'Ready')).toBe('False PartitionsMissing')
    expect(message(cluster, 'Ready')).toContain(
      `kubectl annotate region ${REGION} granary.dev/rebuild-partitions=3 `,
    )
    expect(await cluster.api.list(partitions, { namespace: NAMESPACE })).toHaveLength(24)
  })
})

/** Of a Secret, what nobody but its readers may see: secrets of pairs, and each line of a key. */
function privateParts({ data = {} }: Secret, into: Set<string>): void {
  for (const [key, text] of Object.entries(decoded(data))) {
    if (!/key$|secret$|json$/i.test(key) || /id$/i.test(key)) continue
    const lines = text.replaceAll('\\n', '\n').split(/[\n"]/)
    for (const line of lines) if (/^[A-Za-z0-9+/=]{30,}$/.test(line)) into.add(line)
  }
}

test.each<[string, (test: TestCluster) => Promise<unknown>, string, string]>([
  ['two zones', async (test) => test, 'TooFewZones', 'or set spec.allowFewerZones for a test'],
  [
    'no default class of volumes',
    (test) => test.user.delete(storageClasses, { name: 'standard' }),
    'NoStorageClass',
    'set spec.storage.storageClassName',
  ],
])('a cluster with %s is told what to set', async (_name, spoil, reason, words) => {
  const zones = reason === 'TooFewZones' ? ['a', 'b'] : ['a', 'b', 'c']
  const test = await TestCluster.withNodes(zones)
  await spoil(test)
  await test.make(regions, NAMESPACE, REGION)
  await test.settle()
  expect(condition(test, 'Ready')).toBe(`False ${reason}`)
  expect(message(test, 'Ready')).toContain(words)
  expect(await test.api.list(statefulSets)).toEqual([])
  const [event] = await test.api.list(clusterEvents)
  expect(event).toMatchObject({ type: 'Warning', reason })
})

test('no secret reaches a log, an event or a status, whatever happens', async () => {
  const test = await TestCluster.serving()
  const made = new Set<string>()
  const look = () => test.memory.list(secrets).forEach((each) => privateParts(each as Secret, made))
  const rotation = { every: '1h', overlap: '1h' }
  await test.make(accessKeys, 'shop', 'app', {
    rotation,
    permissions: [{ bucketRef: { name: 'b' }, access: 'Read' }],
  })
  await test.make(buckets, 'shop', 'b')
  for (let turn = 0; turn < 3; turn++) {
    await test.settle()
    look()
    for (const { metadata, data = {} } of await test.api.list(secrets)) {
      const spoilt = Object.fromEntries(Object.keys(data).map((key) => [key, data[key] + 'eA==']))
      await test.user.apply(secrets, {
        metadata: { name: metadata.name, namespace: metadata.namespace ?? '' },
        data: spoilt,
      })
    }
    test.api.fail({ call: 'apply', effect: { kind: 'status', status: 422 } })
    await test.settle().catch((error: Error) => test.lines.push(String(error.stack)))
    test.region.isDown = turn === 1
    test.clock.advance(7_200_000)
  }
  look()
  const told = [
    ...test.lines,
    ...[clusterEvents, regions, buckets, accessKeys].flatMap((type) =>
      test.memory.list(type).map((each) => JSON.stringify(each)),
    ),
  ].join('\n')
  expect(made.size).toBeGreaterThan(20)
  expect(test.lines.length).toBeGreaterThan(2)
  expect([...made].filter((secret) => told.includes(secret))).toEqual([])
})

test.each<[string, number, string, number]>([
  ['is being deleted', 403, 'forbidden: namespace shop is being terminated', 0],
  ['is gone', 404, 'namespaces "shop" not found', 0],
  ['may not be written to', 403, 'events is forbidden', 1],
])('an event for a namespace that %s fails nothing', async (_name, status, words, lines) => {
  const test = new TestCluster()
  const refuse = () => Promise.reject(new KubernetesStatusError('create Event', status, words))
  const parts = { ...test.parts, api: Object.assign(Object.create(test.api), { create: refuse }) }
  const bucket = { apiVersion: 'v1', kind: 'Bucket', metadata: { namespace: 'shop', name: 'b' } }
  await tell(parts, bucket, 'Warning', { reason: 'NameTaken', message: 'It is taken' })
  expect(test.lines).toHaveLength(lines)
})

test('storage nodes that are added serve, and what is on the others stays where it is', async () => {
  const test = await TestCluster.serving()
  const before = readPlacement((await test.api.get(placementMaps, at(REGION)))!)
  const records = await test.api.list(partitions)
  await test.make(regions, NAMESPACE, REGION, { storageNodesPerZone: 2 })
  await test.settle()
  const after = readPlacement((await test.api.get(placementMaps, at(REGION)))!)
  expect(after.version).toBeGreaterThan(before.version)
  expect(after.groups).toEqual(before.groups)
  expect(after.stores.slice(0, 3)).toEqual(before.stores)
  expect(after.stores.slice(3).map(({ name }) => name)).toEqual([
    ...[`${REGION}-a-1`, `${REGION}-b-1`, `${REGION}-c-1`],
  ])
  expect(await test.api.list(partitions)).toEqual(records)
  expect(condition(test, 'Ready')).toBe('True Serving')
  expect(condition(test, 'DataSpread')).toBe('False AddedLater')
  expect(message(test, 'DataSpread')).toContain(`${REGION}-a-1`)
})

test('a Region that keeps its volumes goes at once, and one of its name finds its data', async () => {
  const test = await TestCluster.serving()
  const before = await test.api.list(partitions)
  await test.user.delete(regions, at(REGION))
  await test.settle()
  expect(await test.getRegion()).toBeUndefined()
  expect(await test.api.list(statefulSets)).toEqual([])
  expect(await test.api.list(persistentVolumeClaims)).toHaveLength(3)
  expect(await test.api.get(secrets, at(`${REGION}-keys`))).toBeDefined()
  await test.make(regions, NAMESPACE, REGION)
  await test.settle()
  expect(condition(test, 'Ready')).toBe('True Serving')
  expect(await test.api.list(partitions)).toEqual(before)
})

test('a Region that removes its volumes waits for its Buckets, and leaves nothing', async () => {
  const test = await TestCluster.serving({ deletionPolicy: 'Delete' })
  await test.make(buckets, 'shop', 'photos')
  await test.settle()
  await test.user.delete(regions, at(REGION))
  await test.settle()
  expect(condition(test, 'Ready')).toBe('False DeletionBlocked')
  expect(message(test, 'Ready')).toContain('shop/photos')
  expect(await test.api.list(statefulSets)).toHaveLength(3)
  await test.user.delete(buckets, { namespace: 'shop', name: 'photos' })
  await test.settle()
  expect(await test.getRegion()).toBeUndefined()
  for (const type of [statefulSets, persistentVolumeClaims, partitions, storageNodes]) {
    expect(test.memory.list(type)).toEqual([])
  }
  expect(await test.api.list(secrets)).toEqual([])
})

test('what the API server refuses or loses is tried again', async () => {
  // Zones of which one begins as another does.
  const test = await TestCluster.withNodes(['a', 'a-b', 'c'])
  await test.make(regions, NAMESPACE, REGION)
  for (const call of ['apply', 'applyStatus', 'create', 'get', 'list'] as const) {
    test.api.fail({ call, effect: { kind: 'status', status: 409 } })
    await expect(test.settle()).rejects.toMatchObject({ status: 409 })
    test.api.fail({ call, effect: { kind: 'unreachable', tookEffect: true } })
    await expect(test.settle()).rejects.toThrow('reset')
  }
  await test.settle()
  expect(condition(test, 'Ready')).toBe('True Serving')
})
