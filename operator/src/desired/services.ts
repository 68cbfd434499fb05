/**
 * The Services of a region: one that clients' connections go through, one that names the pods, one
 * that names the buckets.
 *
 * @module
 */

import { podPorts } from '@granary/storage-node/contract/storage-node-pod'
import { regionNames, storageNodeLabels } from '../resources/names.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { ownedMetadata } from './region-metadata.ts'
import type { RegionPlan } from './region-plan.ts'

/** Ports of the endpoint, as clients dial them. */
export const HTTP_PORT = 80
export const HTTPS_PORT = 443

const CLIENT_PORTS = [
  { name: 'http', port: HTTP_PORT, targetPort: 'http', protocol: 'TCP' },
  { name: 'https', port: HTTPS_PORT, targetPort: 'https', protocol: 'TCP' },
]

/** All Services of a region. */
export function desiredServices(plan: RegionPlan): DesiredObject[] {
  return [desiredGatewayService(plan), desiredPeersService(plan), desiredEndpointService(plan)]
}

/**
 * Connections stay in the client's zone where the cluster can do that: a zone that dies takes only its
 * own clients' connections along.
 */
export function desiredGatewayService(plan: RegionPlan): DesiredObject {
  const { type, annotations } = plan.spec.endpoints.service
  const metadata = ownedMetadata(plan, regionNames(plan.region).gatewayService)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: {
      type,
      selector: storageNodeLabels(plan.region),
      ports: CLIENT_PORTS,
      trafficDistribution: 'PreferClose',
    },
  }
}

/** Names each pod, also before it is ready: storage nodes find each other to become ready. */
export function desiredPeersService(plan: RegionPlan): DesiredObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(plan, regionNames(plan.region).peersService),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: storageNodeLabels(plan.region),
      ports: (['peers', 'beacons', 'admin', 'probes'] as const).map((name) => {
        return { name, port: podPorts[name], targetPort: name, protocol: 'TCP' }
      }),
    },
  }
}

/** Without a selector: its endpoints are the buckets, all at the address of the gateway's Service. */
export function desiredEndpointService(plan: RegionPlan): DesiredObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(plan, regionNames(plan.region).bucketsService),
    spec: {
      clusterIP: 'None',
      ports: CLIENT_PORTS.map(({ name, port, protocol }) => ({ name, port, protocol })),
    },
  }
}
