/**
 * The StatefulSet of a zone.
 *
 * Its pods are replaced only by the operator (`OnDelete`), one at a time over the whole region, and
 * start together in any order: storage nodes find their quorum by themselves.
 *
 * @module
 */

import { POD_USER_ID, STOP_SECONDS_MAX } from '@granary/storage-node/contract/storage-node-pod'
import { regionNames, storageNodeLabels, zoneLabels } from '../resources/names.ts'
import { storageNodeContainer } from './container.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { podVolumes } from './pod-volumes.ts'
import { DATA_VOLUME, ownedMetadata } from './region-metadata.ts'
import type { RegionPlan } from './region-plan.ts'

/**
 * A question or its answer is lost now and then (both address families are asked for from one port, which
 * proxies mistake for one connection), and a storage node that waits the usual 5 s for another's name has
 * given up a chunk by then.
 */
const DNS_OPTIONS = [
  { name: 'timeout', value: '1' },
  { name: 'attempts', value: '4' },
  { name: 'single-request-reopen' },
]
const HOST_LABEL = 'kubernetes.io/hostname'

/** The storage nodes of one zone. */
export function desiredStatefulSet(plan: RegionPlan, zone: string): DesiredObject {
  const labels = zoneLabels(plan.region, zone)
  const metadata = ownedMetadata(plan, regionNames(plan.region).statefulSet(zone))
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata, labels: { ...metadata.labels, ...labels } },
    spec: {
      replicas: plan.spec.storageNodesPerZone,
      serviceName: regionNames(plan.region).peersService,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      // What becomes of volumes is decided by the Region's deletionPolicy, never by a controller.
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: labels },
      template: podTemplate(plan, zone),
      volumeClaimTemplates: [volumeClaim(plan, labels)],
    },
  }
}

function podTemplate(plan: RegionPlan, zone: string) {
  const { pod } = plan.spec
  return {
    metadata: {
      // The user's labels stand first: none of them may hide a pod from its Services.
      labels: { ...pod.labels, ...zoneLabels(plan.region, zone) },
      ...(Object.keys(pod.annotations).length > 0 && { annotations: pod.annotations }),
    },
    spec: {
      serviceAccountName: regionNames(plan.region).storageNodeAccount,
      terminationGracePeriodSeconds: STOP_SECONDS_MAX,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: POD_USER_ID,
        runAsGroup: POD_USER_ID,
        fsGroup: POD_USER_ID,
        // Changing the owner of every file of a large volume would take minutes at each start.
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      affinity: affinity(plan, zone),
      dnsConfig: { options: DNS_OPTIONS },
      containers: [storageNodeContainer(plan, zone)],
      volumes: podVolumes(plan, zone),
      ...placementWishes(pod),
    },
  }
}

/** What the user asks of the pods; left out where nothing is asked. */
function placementWishes(pod: RegionPlan['spec']['pod']) {
  const { nodeSelector, tolerations, priorityClassName, imagePullSecrets } = pod
  return {
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations: tolerations.map(withoutNulls) }),
    ...(priorityClassName !== null && { priorityClassName }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets }),
  }
}

/** What is not given is left out: for the API server null is a value. */
function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function affinity(plan: RegionPlan, zone: string) {
  const { topologyKey } = plan.spec
  const inZone = { matchExpressions: [{ key: topologyKey, operator: 'In', values: [zone] }] }
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [inZone] },
  }
  // A zone that is a host has all of its storage nodes there.
  if (topologyKey === HOST_LABEL) return { nodeAffinity }
  const others = {
    labelSelector: { matchLabels: storageNodeLabels(plan.region) },
    topologyKey: HOST_LABEL,
  }
  return {
    nodeAffinity,
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [others] },
  }
}

function volumeClaim(plan: RegionPlan, labels: Readonly<Record<string, string>>) {
  const { size, storageClassName, accessMode } = plan.claim
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: DATA_VOLUME, labels },
    spec: {
      accessModes: [accessMode],
      ...(storageClassName !== null && { storageClassName }),
      resources: { requests: { storage: size } },
    },
  }
}
