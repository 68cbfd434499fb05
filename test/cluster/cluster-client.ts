/**
 * The API server as storage nodes and operators see it: by a token of a ServiceAccount that may do everything.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { systemClock } from '../../storage-node/src/base/clock.ts'
import { silentLogger } from '../../storage-node/src/base/logger.ts'
import { ApiClient, KubernetesFounder } from '../../storage-node/src/testing.ts'
import { API_SERVER, apply, bedEnvironment, kubectl } from './bed.ts'

export interface ClusterClient {
  readonly api: ApiClient
  /** The config store of a region, with what only the operator does. */
  founder(region: string): KubernetesFounder
  close(): void
}

const NAME = 'suite-operator'
const RBAC = 'rbac.authorization.k8s.io'

/** In a namespace that is there. */
export async function openClusterClient(namespace: string): Promise<ClusterClient> {
  const metadata = { name: NAME, namespace }
  await apply([
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
  ])
  const token = (await kubectl(['create', 'token', NAME, `--namespace=${namespace}`])).trim()
  const config = readFileSync(bedEnvironment()['KUBECONFIG'] ?? '', 'utf8')
  const encoded = /certificate-authority-data: ([A-Za-z0-9+/=]+)/.exec(config)?.[1] ?? ''
  const authority = Buffer.from(encoded, 'base64').toString()
  const api = new ApiClient({
    server: API_SERVER,
    authority: async () => authority,
    token: async () => token,
    clock: systemClock,
  })
  return {
    api,
    founder: (region) =>
      new KubernetesFounder({ api, clock: systemClock, logger: silentLogger, namespace, region }),
    close: () => api.close(),
  }
}
