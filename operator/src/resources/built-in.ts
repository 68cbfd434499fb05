/**
 * The kinds of Kubernetes' own that the operator reads or writes.
 *
 * Their types are of `@kubernetes/client-node`, as types only and file by file: the whole of it takes
 * longer to check than everything here.
 *
 * @module
 */

import type { CoreV1Event } from '@kubernetes/client-node/dist/gen/models/CoreV1Event.js'
import type { V1ConfigMap } from '@kubernetes/client-node/dist/gen/models/V1ConfigMap.js'
import type { V1EndpointSlice } from '@kubernetes/client-node/dist/gen/models/V1EndpointSlice.js'
import type { V1Lease } from '@kubernetes/client-node/dist/gen/models/V1Lease.js'
import type { V1NetworkPolicy } from '@kubernetes/client-node/dist/gen/models/V1NetworkPolicy.js'
import type { V1Node } from '@kubernetes/client-node/dist/gen/models/V1Node.js'
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node/dist/gen/models/V1PersistentVolumeClaim.js'
import type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js'
import type { V1PodDisruptionBudget } from '@kubernetes/client-node/dist/gen/models/V1PodDisruptionBudget.js'
import type { V1Role } from '@kubernetes/client-node/dist/gen/models/V1Role.js'
import type { V1RoleBinding } from '@kubernetes/client-node/dist/gen/models/V1RoleBinding.js'
import type { V1Secret } from '@kubernetes/client-node/dist/gen/models/V1Secret.js'
import type { V1Service } from '@kubernetes/client-node/dist/gen/models/V1Service.js'
import type { V1ServiceAccount } from '@kubernetes/client-node/dist/gen/models/V1ServiceAccount.js'
import type { V1StatefulSet } from '@kubernetes/client-node/dist/gen/models/V1StatefulSet.js'
import type { V1StorageClass } from '@kubernetes/client-node/dist/gen/models/V1StorageClass.js'
import type { KubernetesObject, ResourceType } from './kubernetes-object.ts'

/** As it comes and goes as JSON: times are texts. */
type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Json<Item>[]
    : T extends object
      ? { readonly [Field in keyof T]: Json<T[Field]> }
      : T

/** An object of a type of `@kubernetes/client-node`. */
export type BuiltIn<T> = KubernetesObject & Json<Omit<T, 'apiVersion' | 'kind' | 'metadata'>>

export type ClusterEvent = BuiltIn<Omit<CoreV1Event, 'involvedObject'>> & {
  readonly involvedObject: Readonly<Record<string, string | undefined>>
}
export type ConfigMap = BuiltIn<V1ConfigMap>
export type CustomResourceDefinition = KubernetesObject
export type EndpointSlice = BuiltIn<V1EndpointSlice>
export type Lease = BuiltIn<V1Lease>
export type Namespace = KubernetesObject
export type NetworkPolicy = BuiltIn<V1NetworkPolicy>
/** A machine of the cluster; never one of our pods. */
export type ClusterNode = BuiltIn<V1Node>
export type PersistentVolumeClaim = BuiltIn<V1PersistentVolumeClaim>
export type Pod = BuiltIn<V1Pod>
export type PodDisruptionBudget = BuiltIn<V1PodDisruptionBudget>
export type Role = BuiltIn<V1Role>
export type RoleBinding = BuiltIn<V1RoleBinding>
export type Secret = BuiltIn<V1Secret>
export type Service = BuiltIn<V1Service>
export type ServiceAccount = BuiltIn<V1ServiceAccount>
export type StatefulSet = BuiltIn<V1StatefulSet>
export type StorageClass = BuiltIn<V1StorageClass>

const RBAC = 'rbac.authorization.k8s.io/v1'

export const clusterEvents = namespaced<ClusterEvent>('v1', 'Event', 'events')
export const configMaps = namespaced<ConfigMap>('v1', 'ConfigMap', 'configmaps')
export const customResourceDefinitions = clusterWide<CustomResourceDefinition>(
  ...([
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
  ] as const),
)
export const endpointSlices = namespaced<EndpointSlice>(
  ...(['discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'] as const),
)
export const leases = namespaced<Lease>('coordination.k8s.io/v1', 'Lease', 'leases')
export const namespaces = clusterWide<Namespace>('v1', 'Namespace', 'namespaces')
export const networkPolicies = namespaced<NetworkPolicy>(
  ...(['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'] as const),
)
export const clusterNodes = clusterWide<ClusterNode>('v1', 'Node', 'nodes')
export const persistentVolumeClaims = namespaced<PersistentVolumeClaim>(
  ...(['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'] as const),
)
export const pods = namespaced<Pod>('v1', 'Pod', 'pods')
export const podDisruptionBudgets = namespaced<PodDisruptionBudget>(
  ...(['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'] as const),
)
export const roles = namespaced<Role>(RBAC, 'Role', 'roles')
export const roleBindings = namespaced<RoleBinding>(RBAC, 'RoleBinding', 'rolebindings')
export const secrets = namespaced<Secret>('v1', 'Secret', 'secrets')
export const services = namespaced<Service>('v1', 'Service', 'services')
export const serviceAccounts = namespaced<ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts')
export const statefulSets = namespaced<StatefulSet>('apps/v1', 'StatefulSet', 'statefulsets')
export const storageClasses = clusterWide<StorageClass>(
  ...(['storage.k8s.io/v1', 'StorageClass', 'storageclasses'] as const),
)

function namespaced<T extends KubernetesObject>(
  apiVersion: string,
  kind: string,
  plural: string,
): ResourceType<T> {
  return builtIn(apiVersion, kind, plural, true)
}

function clusterWide<T extends KubernetesObject>(
  apiVersion: string,
  kind: string,
  plural: string,
): ResourceType<T> {
  return builtIn(apiVersion, kind, plural, false)
}

/** The API server has checked the form of its own kinds. */
function builtIn<T extends KubernetesObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  isNamespaced: boolean,
): ResourceType<T> {
  return { apiVersion, kind, plural, isNamespaced, read: (object) => object as T }
}
