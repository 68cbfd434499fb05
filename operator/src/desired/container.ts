/**
 * The container of a storage node: how it is started, watched and confined.
 *
 * @module
 */

import {
  internalHosts,
  nodeVariables,
  podPaths,
  podPorts,
  type RegionEndpoints,
} from '@granary/storage-node/contract/storage-node-pod'
import { externalDirectory, podVolumeMounts } from './pod-volumes.ts'
import type { RegionPlan } from './region-plan.ts'

/** Its one container in the pod. */
export function storageNodeContainer(plan: RegionPlan, zone: string) {
  return {
    name: 'storage-node',
    image: plan.image,
    env: environment(plan, zone),
    ports: Object.entries(podPorts).map(([name, containerPort]) => {
      return { name, containerPort, protocol: 'TCP' }
    }),
    // On a busy machine the program takes its time to be loaded; then it answers, long before its store is open.
    startupProbe: probe('/live', { periodSeconds: 2, failureThreshold: 60 }),
    livenessProbe: probe('/live', { periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 }),
    // Out of the Services as soon as it drains or has lost touch with the others.
    readinessProbe: probe('/ready', { periodSeconds: 2, failureThreshold: 2, timeoutSeconds: 2 }),
    resources: plan.spec.resources,
    // Why it ended is in the pod's status then, where `kubectl describe` and the operator find it.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: podVolumeMounts(plan),
  }
}

function probe(path: string, times: object) {
  return { httpGet: { path, port: 'probes' }, ...times }
}

function environment(plan: RegionPlan, zone: string) {
  const { config, region, zone: zoneName, endpoints, name, namespace } = nodeVariables
  const fields = { [name]: 'metadata.name', [namespace]: 'metadata.namespace' }
  // The rest has a default in a pod.
  const values = {
    [config]: 'kubernetes',
    [region]: plan.region,
    [zoneName]: zone,
    [endpoints]: JSON.stringify(servedEndpoints(plan)),
  }
  return [
    ...Object.entries(fields).map(([variable, fieldPath]) => {
      return { name: variable, valueFrom: { fieldRef: { fieldPath } } }
    }),
    ...Object.entries(values).map(([variable, value]) => ({ name: variable, value })),
  ]
}

function servedEndpoints({ region, namespace, spec }: RegionPlan): RegionEndpoints {
  return {
    internal: { hosts: internalHosts(region, namespace), certificates: podPaths.gateway },
    external: spec.endpoints.external.map(({ host, tlsSecretName }, at) => {
      return { hosts: [host], certificates: tlsSecretName && externalDirectory(at) }
    }),
  }
}
