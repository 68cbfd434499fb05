/**
 * Who may open connections to storage nodes.
 *
 * A second line behind mutual TLS, for clusters whose network enforces policies. What storage nodes
 * dial (each other, the API server, DNS, callbacks of clients) is not restricted.
 *
 * @module
 */

import { podPorts } from '@granary/storage-node/contract/storage-node-pod'
import { APP_NAME, regionNames, storageNodeLabels } from '../resources/names.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { ownedMetadata } from './region-metadata.ts'
import type { RegionPlan } from './region-plan.ts'

const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name'
const OPERATOR_LABELS = {
  'app.kubernetes.io/name': APP_NAME,
  'app.kubernetes.io/component': 'operator',
}

/** Clients and probes from everywhere, peers from this region's pods, the admin port for the operator. */
export function desiredNetworkPolicy(plan: RegionPlan): DesiredObject {
  const peers = { podSelector: { matchLabels: storageNodeLabels(plan.region) } }
  const operator = {
    namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: plan.operatorNamespace } },
    podSelector: { matchLabels: OPERATOR_LABELS },
  }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMetadata(plan, regionNames(plan.region).storageNodeAccount),
    spec: {
      podSelector: { matchLabels: storageNodeLabels(plan.region) },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: policyPorts('http', 'https', 'probes') },
        { from: [peers], ports: policyPorts('peers', 'beacons') },
        { from: [operator], ports: policyPorts('admin') },
      ],
    },
  }
}

function policyPorts(...names: readonly (keyof typeof podPorts)[]) {
  return names.map((name) => ({ port: podPorts[name], protocol: 'TCP' }))
}
