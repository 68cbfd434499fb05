/**
 * What storage nodes may do with the API server: read the placement map, and keep the records of
 * partitions and storage nodes, in their own namespace.
 *
 * @module
 */

import { API_GROUP } from '../resources/definition.ts'
import { regionNames } from '../resources/names.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { ownedMetadata } from './region-metadata.ts'
import type { RegionPlan } from './region-plan.ts'

const READ = ['get', 'list', 'watch']
const KEEP = [...READ, 'create', 'update', 'patch']
const RBAC = 'rbac.authorization.k8s.io'

/** ServiceAccount, Role and the binding of one to the other. */
export function desiredAccessRights(plan: RegionPlan): DesiredObject[] {
  const metadata = ownedMetadata(plan, regionNames(plan.region).storageNodeAccount)
  const { name, namespace } = metadata
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: [API_GROUP], resources: ['placementmaps'], verbs: READ },
        {
          apiGroups: [API_GROUP],
          resources: ['partitions', 'partitions/status', 'storagenodes', 'storagenodes/status'],
          verbs: KEEP,
        },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ]
}
