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
