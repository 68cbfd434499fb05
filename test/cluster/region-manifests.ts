/**
 * A region of three storage nodes as Kubernetes objects, written by hand: what storage nodes are promised of their
 * surroundings, whoever makes them.
 *
 * @module
 */

import {
  internalHosts,
  nodeVariables,
  POD_USER_ID,
  podHost,
  podPaths,
  podPorts,
  serviceNames,
  STOP_SECONDS_MAX,
} from '../../storage-node/src/contract/storage-node-pod.ts'
import { STORAGE_NODE_IMAGE } from './storage-node-image.ts'

export const REGION = 'cn-hangzhou'
export const NAMESPACE = 'granary'
export const ZONES = ['a', 'b', 'c'] as const
export const PODS = ZONES.map((zone) => `${REGION}-${zone}-0`)

const ACCOUNT = `${REGION}-storage-node`
const RBAC = 'rbac.authorization.k8s.io'
const regionLabel = { 'granary.dev/region': REGION }
const names = serviceNames(REGION)

/** Everything but Secrets and what follows from addresses. */
export function regionManifests(): object[] {
  return [...accessManifests(), ...serviceManifests(), ...ZONES.map(statefulSet)]
}

/** A Secret of these texts. */
export function secret(name: string, texts: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: metadata(name), stringData: texts }
}

/** The hosts of buckets, all at the address of the gateway. */
export function bucketHosts(buckets: readonly string[], address: string): object {
  const labels = {
    ...regionLabel,
    'kubernetes.io/service-name': names.buckets,
    'endpointslice.kubernetes.io/managed-by': 'granary.dev',
  }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${names.buckets}-0`, namespace: NAMESPACE, labels },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80 }],
    endpoints: buckets.map((hostname) => ({ hostname, addresses: [address] })),
  }
}

export function zoneCertificates(zone: string): string {
  return `${REGION}-${zone}-certificates`
}

function metadata(name: string) {
  return { name, namespace: NAMESPACE, labels: regionLabel }
}

function accessManifests(): object[] {
  const keep = ['get', 'list', 'watch', 'create', 'update']
  const kept = ['partitions', 'partitions/status', 'storagenodes', 'storagenodes/status']
  const rules = [
    { apiGroups: ['granary.dev'], resources: ['placementmaps'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['granary.dev'], resources: kept, verbs: keep },
  ]
  const subjects = [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: NAMESPACE }]
  const roleRef = { apiGroup: RBAC, kind: 'Role', name: ACCOUNT }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(ACCOUNT) },
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: metadata(ACCOUNT), rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: metadata(ACCOUNT),
      roleRef,
      subjects,
    },
  ]
}

function serviceManifests(): object[] {
  const clientPorts = [
    { name: 'http', port: 80, targetPort: 'http' },
    { name: 'https', port: 443, targetPort: 'https' },
  ]
  const peers = { clusterIP: 'None', publishNotReadyAddresses: true, selector: regionLabel }
  const ports = [{ name: 'peers', port: podPorts.peers, targetPort: 'peers' }]
  const service = { apiVersion: 'v1', kind: 'Service' }
  return [
    {
      ...service,
      metadata: metadata(names.gateway),
      spec: { ports: clientPorts, selector: regionLabel },
    },
    { ...service, metadata: metadata(names.peers), spec: { ...peers, ports } },
    {
      ...service,
      metadata: metadata(names.buckets),
      spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] },
    },
  ]
}

function statefulSet(zone: string): object {
  const labels = { ...regionLabel, 'granary.dev/zone': zone }
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadata(`${REGION}-${zone}`),
    spec: {
      replicas: 1,
      serviceName: names.peers,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(zone) },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  }
}

function podSpec(zone: string): object {
  const mounted = { certificates: zoneCertificates(zone), keys: `${REGION}-keys` }
  const secrets = { ...mounted, gateway: `${REGION}-gateway-certificate` }
  return {
    serviceAccountName: ACCOUNT,
    terminationGracePeriodSeconds: STOP_SECONDS_MAX,
    nodeSelector: { 'topology.kubernetes.io/zone': zone },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: POD_USER_ID,
      runAsGroup: POD_USER_ID,
      fsGroup: POD_USER_ID,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(zone, Object.keys(secrets))],
    volumes: [
      ...Object.entries(secrets).map(([name, secretName]) => {
        return { name, secret: { secretName, defaultMode: 0o440 } }
      }),
      { name: 'tmp', emptyDir: {} },
    ],
  }
}

function container(zone: string, mounted: readonly string[]): object {
  const probe = (path: string) => ({ httpGet: { path, port: 'probes' }, periodSeconds: 1 })
  return {
    name: 'storage-node',
    image: STORAGE_NODE_IMAGE,
    imagePullPolicy: 'Never',
    env: environment(zone),
    ports: Object.entries(podPorts).map(([name, containerPort]) => ({ name, containerPort })),
    readinessProbe: probe('/ready'),
    livenessProbe: { ...probe('/live'), periodSeconds: 5, failureThreshold: 6 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'data', mountPath: podPaths.volume },
      { name: 'tmp', mountPath: podPaths.temporary },
      ...mounted.map((name) => ({ name, mountPath: `/etc/granary/${name}`, readOnly: true })),
    ],
  }
}

function environment(zone: string): object[] {
  const hosts = internalHosts(REGION, NAMESPACE)
  const endpoints = { internal: { hosts, certificates: podPaths.gateway }, external: [] }
  const fieldRef = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } })
  return [
    { name: nodeVariables.config, value: 'kubernetes' },
    { name: nodeVariables.region, value: REGION },
    { name: nodeVariables.zone, value: zone },
    { name: nodeVariables.endpoints, value: JSON.stringify(endpoints) },
    { name: nodeVariables.name, ...fieldRef('metadata.name') },
    { name: nodeVariables.namespace, ...fieldRef('metadata.namespace') },
  ]
}

/** How others reach a pod of the region. */
export function hostOf(pod: string): string {
  return podHost(REGION, NAMESPACE, pod)
}
