/**
 * A cluster in memory with an operator, and with what the operator does not do: controllers that make
 * pods, and storage nodes that say who they are and take partitions.
 *
 * @module
 */

import { ManualClock } from '@granary/storage-node/base/manual-clock'
import type { Logger } from '@granary/storage-node/base/logger'
import type { Random } from '@granary/storage-node/base/random'
import { podHost, podPorts } from '@granary/storage-node/contract/storage-node-pod'
import { storageNodeObject } from '@granary/storage-node/contract/storage-node-record'
import type { Zone } from '@granary/storage-node/contract/configuration'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import { decoded, encoded } from '../desired/secrets.ts'
import { MemoryCluster } from '../kubernetes/memory-cluster.ts'
import { MemoryKubernetesApi } from '../kubernetes/memory-kubernetes-api.ts'
import { accessKeys } from '../resources/access-key.ts'
import { buckets } from '../resources/bucket.ts'
import {
  clusterEvents,
  clusterNodes,
  endpointSlices,
  persistentVolumeClaims,
  pods,
  secrets,
  services,
  statefulSets,
  storageClasses,
  type Secret,
  type StatefulSet,
} from '../resources/built-in.ts'
import { findCondition, type Condition } from '../resources/conditions.ts'
import { keyOf, type KubernetesObject, type ResourceType } from '../resources/kubernetes-object.ts'
import { REGION_LABEL, ZONE_LABEL } from '../resources/names.ts'
import { partitions } from '../resources/partition.ts'
import { regions, type Region } from '../resources/region.ts'
import { storageNodes } from '../resources/storage-node.ts'
import type { Controller } from '../runtime/controller.ts'
import { MemoryRegion } from '../storage-nodes/memory-region.ts'
import type { PodStatus } from '../storage-nodes/region-admin.ts'
import { controllers } from './all.ts'
import type { ReconcilerParts } from './parts.ts'

export const REGION = 'cn-test'
export const NAMESPACE = 'granary'
export const START_MS = Date.UTC(2026, 0, 1)
const AUTHORITY = '-----BEGIN CERTIFICATE-----'
const ROUNDS_MAX = 12

/** Different bytes each time, the same in each test. */
function countingRandom(): Random {
  let next = 0
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => (next = (next * 5 + 7) % 251)),
  }
}

function recordingLogger(lines: string[]): Logger {
  const record = (message: string, fields = {}) => {
    lines.push(JSON.stringify({ message, ...fields }))
  }
  return { info: record, warn: record, error: record }
}

export class TestCluster {
  readonly clock = new ManualClock(START_MS)
  readonly memory = new MemoryCluster(this.clock)
  readonly api = new MemoryKubernetesApi({ cluster: this.memory, clock: this.clock })
  /** Somebody with kubectl. */
  readonly user = new MemoryKubernetesApi({
    ...{ cluster: this.memory, clock: this.clock, manager: 'kubectl' },
  })
  readonly region = new MemoryRegion()
  parts: ReconcilerParts
  #controllers: readonly Controller[]
  #isRegionBare = false
  /** What the operator has logged. */
  readonly lines: string[] = []
  /** Pods that never become ready. */
  readonly broken = new Set<string>()
  /** The last line of the log of those. */
  readonly lastLines = new Map<string, string>()
  /** What pods answer otherwise than they should. */
  readonly answers = new Map<string, Partial<PodStatus>>()
  /** Stores of pods whose volume is another one by now. */
  readonly stores = new Map<string, StoreId>()

  constructor() {
    this.parts = {
      ...{ api: this.api, clock: this.clock, random: countingRandom() },
      logger: recordingLogger(this.lines),
      ...{ storageNodeImage: 'granary/storage-node:1', operatorNamespace: NAMESPACE },
      defaultRegion: { name: REGION, namespace: NAMESPACE },
      openRegion: () => this.region,
      groupCount: 16,
      callbackKeyBits: 1024,
    }
    this.#controllers = controllers(this.parts)
  }

  /** Machines in zones a, b and c with a class of volumes; `make` makes the Region. */
  static async withNodes(zones: readonly string[] = ['a', 'b', 'c']): Promise<TestCluster> {
    const test = new TestCluster()
    for (const zone of zones) {
      const labels = {
        'topology.kubernetes.io/zone': zone,
        'kubernetes.io/hostname': `host-${zone}`,
      }
      await test.user.apply(clusterNodes, { metadata: { name: `host-${zone}`, labels } })
    }
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    const metadata = { name: 'standard', annotations }
    await test.user.apply(storageClasses, { metadata, provisioner: 'disks.example.com' })
    return test
  }

  /** The operator is started with another image for storage nodes. */
  useImage(storageNodeImage: string): void {
    this.parts = { ...this.parts, storageNodeImage }
    this.#controllers = controllers(this.parts)
  }

  /** The same with a Region that serves. */
  static async serving(spec: object = {}): Promise<TestCluster> {
    const test = await TestCluster.withNodes()
    await test.make(regions, NAMESPACE, REGION, spec)
    await test.settle()
    return test
  }

  /** With a Region that was founded, and nothing behind it but an admin API: for what only talks to that. */
  static async withRegion(spec: object = {}): Promise<TestCluster> {
    const test = new TestCluster()
    test.#isRegionBare = true
    await test.make(regions, NAMESPACE, REGION, spec)
    await test.foundRegion()
    const texts = { 'tls.crt': 'certificate', 'tls.key': 'key', 'ca.crt': AUTHORITY }
    const metadata = { name: `${REGION}-operator-certificate`, namespace: NAMESPACE }
    await test.user.apply(secrets, { metadata, data: encoded(texts) })
    return test
  }

  /** Says that the Region has been founded. */
  async foundRegion(): Promise<void> {
    const metadata = { name: REGION, namespace: NAMESPACE }
    await this.user.applyStatus(regions, { metadata, status: { partitionsCreated: true } })
  }

  async make(
    type: ResourceType<KubernetesObject>,
    namespace: string,
    name: string,
    spec: object = {},
  ): Promise<void> {
    await this.user.apply(type, { metadata: { name, namespace }, spec })
  }

  /** Lets everybody act in turn until nothing changes any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const before = this.memory.revision
      await this.reconcileAll()
      await this.runOthers()
      if (this.memory.revision === before) return
    }
    throw new Error('The operator does not come to rest')
  }

  /** Everybody but the operator acts. */
  async runOthers(): Promise<void> {
    await this.#runStatefulSets()
    await this.#runServices()
    await this.#runStorageNodes()
  }

  async reconcileAll(): Promise<void> {
    const names = {
      ...{ region: regions, bucket: buckets, 'access-key': accessKeys, endpoint: regions },
      'orphan-key': regions,
    }
    for (const controller of this.#controllers) {
      if (this.#isRegionBare && !(await this.#isRegionGoing()) && isOfRegions(controller)) continue
      const type = names[controller.name as keyof typeof names]
      for (const { metadata } of this.memory.list(type)) {
        await controller.reconcile(keyOf(metadata), new AbortController().signal)
      }
    }
  }

  async #isRegionGoing(): Promise<boolean> {
    return (await this.getRegion())?.metadata.deletionTimestamp !== undefined
  }

  /** Everything that was told to people. */
  events(): readonly KubernetesObject[] {
    return this.memory.list(clusterEvents)
  }

  async getRegion(): Promise<Region | undefined> {
    return this.api.get(regions, { namespace: NAMESPACE, name: REGION })
  }

  /** `status reason` of a condition. */
  condition(
    type: ResourceType<KubernetesObject>,
    namespace: string,
    name: string,
    condition: string,
  ): string {
    const found = this.#condition(type, namespace, name, condition)
    return found === undefined ? 'none' : `${found.status} ${found.reason}`
  }

  message(
    type: ResourceType<KubernetesObject>,
    namespace: string,
    name: string,
    condition: string,
  ): string {
    return this.#condition(type, namespace, name, condition)?.message ?? ''
  }

  #condition(
    type: ResourceType<KubernetesObject>,
    namespace: string,
    name: string,
    condition: string,
  ): Condition | undefined {
    const status = this.memory.get(type, { namespace, name })?.status
    const { conditions } = (status ?? {}) as { conditions?: readonly Condition[] }
    return findCondition(conditions, condition)
  }

  /** Makes pods and claims that are missing; pods are ready at once unless they are broken. */
  async #runStatefulSets(): Promise<void> {
    for (const set of await this.api.list(statefulSets)) {
      const revision = revisionOf(set)
      await this.user.applyStatus(statefulSets, {
        metadata: set.metadata,
        status: { replicas: set.spec?.replicas ?? 0, updateRevision: revision },
      })
      for (let at = 0; at < (set.spec?.replicas ?? 0); at++) await this.#runPod(set, at, revision)
    }
    for (const pod of await this.api.list(pods)) {
      const owner = pod.metadata.name.replace(/-\d+$/, '')
      const { namespace = '' } = pod.metadata
      if ((await this.api.get(statefulSets, { namespace, name: owner })) === undefined) {
        await this.user.delete(pods, { namespace, name: pod.metadata.name })
      }
    }
  }

  async #runPod(set: StatefulSet, ordinal: number, revision: string): Promise<void> {
    const name = `${set.metadata.name}-${ordinal}`
    const { namespace = '' } = set.metadata
    const labels = set.spec?.template.metadata?.labels ?? {}
    const claim = set.spec?.volumeClaimTemplates?.[0]
    const claimName = { name: `data-${name}`, namespace }
    if ((await this.api.get(persistentVolumeClaims, claimName)) === undefined && claim?.spec) {
      await this.user.apply(persistentVolumeClaims, {
        metadata: { ...claimName, labels: { ...claim.metadata?.labels } },
        spec: claim.spec,
      })
    }
    if ((await this.api.get(pods, { namespace, name })) === undefined) {
      const hash = { 'controller-revision-hash': revision }
      await this.user.apply(pods, { metadata: { name, namespace, labels: { ...labels, ...hash } } })
    }
    const status = this.broken.has(name) ? 'False' : 'True'
    const message = this.lastLines.get(name)
    const ended = { name: 'storage-node', ready: false, lastState: { terminated: { message } } }
    await this.user.applyStatus<KubernetesObject>(pods, {
      metadata: { name, namespace },
      status: {
        conditions: [{ type: 'Ready', status }],
        containerStatuses: message === undefined ? [] : [ended],
      },
    })
  }

  /** Services that select pods get a slice, which takes over their labels. */
  async #runServices(): Promise<void> {
    for (const { metadata, spec } of await this.api.list(services)) {
      if (spec?.selector === undefined) continue
      const { name, namespace = '' } = metadata
      const own = {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      }
      const labels = { ...metadata.labels, ...own }
      const slice = { namespace, name: `${name}-slice` }
      if ((await this.api.get(endpointSlices, slice)) !== undefined) continue
      await this.user.apply(endpointSlices, {
        metadata: { ...slice, labels },
        ...{ addressType: 'IPv4', endpoints: [] },
      })
    }
  }

  /** Storage nodes write who they are, and the first primaries take their partitions. */
  async #runStorageNodes(): Promise<void> {
    const present = await this.api.list(pods)
    for (const pod of present) {
      const { name, namespace = '', labels = {} } = pod.metadata
      const region = labels[REGION_LABEL] ?? ''
      const host = podHost(region, namespace, name)
      const storeId = this.stores.get(name) ?? storeIdOf(name)
      const object = storageNodeObject(region, {
        ...{ storeId, pod: name, zone: (labels[ZONE_LABEL] ?? '') as Zone },
        address: `${host}:${podPorts.peers}`,
        beaconAddress: `${host}:${podPorts.beacons}`,
        adminAddress: `${host}:${podPorts.admin}`,
      })
      const metadata = { ...object.metadata, namespace }
      await this.user.apply<KubernetesObject>(storageNodes, { ...object, metadata })
      this.region.statuses.set(name, {
        ...{ name, storeId, isReady: !this.broken.has(name), isDraining: false, version: '1' },
        ...{ partitions: [], capacityBytes: 1000, usedBytes: 10, clockMs: this.clock.nowMs() },
        ringKeys: this.#ringKeys(namespace, region),
        ...this.answers.get(name),
      })
    }
    await this.#runPartitions()
  }

  #ringKeys(namespace: string, region: string): readonly string[] {
    const secret = this.memory.get(secrets, { namespace, name: `${region}-keys` }) as Secret
    const ring = decoded(secret?.data)['keys.json'] ?? '{"keys":[]}'
    return ring.startsWith('{') ? JSON.parse(ring).keys.map(({ id }: { id: string }) => id) : []
  }

  async #runPartitions(): Promise<void> {
    const all = await this.api.list(partitions)
    const unconfigured = all.filter(({ status }) => (status?.epoch ?? 0) === 0)
    const zones = unconfigured.length === 0 ? [] : await this.api.list(storageNodes)
    for (const { metadata, spec } of unconfigured) {
      const members = spec.desiredMembers.map((store) => {
        return { store, zone: zones.find((node) => node.spec.storeId === store)?.spec.zone ?? '' }
      })
      const written = {
        ...{ epoch: 1, primary: spec.preferredPrimary, members, state: 'Active' },
        ...spec.initialRange,
      }
      await this.user.applyStatus<KubernetesObject>(partitions, { metadata, status: written })
    }
  }
}

function isOfRegions({ name }: Controller): boolean {
  return name === 'region' || name === 'endpoint'
}

/** As its controller would hash the template. */
function revisionOf({ spec }: StatefulSet): string {
  const text = JSON.stringify(spec?.template)
  return `rev-${[...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1e9, 7)}`
}

/** The store of a pod's first volume. */
export function storeIdOf(pod: string): StoreId {
  const digits = Buffer.from(pod).toString('hex').padEnd(32, '0').slice(-32)
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ] as const
  return parts.map(([from, to]) => digits.slice(from, to)).join('-') as StoreId
}
