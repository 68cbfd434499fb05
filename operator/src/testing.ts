/**
 * What tests outside of the operator may use of it.
 *
 * @module
 */

export { HttpKubernetesApi } from './kubernetes/http-kubernetes-api.ts'
export { kubernetesLease } from './kubernetes/kubernetes-lease.ts'
export { clusterAccess } from './kubernetes/cluster-access.ts'
export type { KubernetesApi } from './kubernetes/kubernetes-api.ts'
export { describeKubernetesApi } from './kubernetes/kubernetes-api.compliance.ts'
export { allResources } from './resources/all.ts'
export * from './resources/built-in.ts'
export { customResourceDefinition, objectSchema } from './resources/custom-resource-definition.ts'
export type { StructuralSchema } from './resources/custom-resource-definition.ts'
export type { ResourceDefinition } from './resources/definition.ts'
export { startOperator } from './operator.ts'
export type { RunningOperator } from './operator.ts'
export {
  authorityBundle,
  renewAuthority,
  renewPair,
  signingAuthority,
} from './certificates/region-authority.ts'
export { REQUEST_MS_MAX } from './storage-nodes/admin-request.ts'
export { MemoryRegion } from './storage-nodes/memory-region.ts'
export { testRegionAdmin } from './storage-nodes/region-admin.compliance.ts'
export { RegionClient } from './storage-nodes/region-client.ts'
