/**
 * The admin API of a pod, on its port and with its certificate.
 *
 * @module
 */

import type { AdminApi } from './admin/admin-api.ts'
import { startAdminApi } from './admin/admin-api.ts'
import type { NodeFacts } from './admin/node-routes.ts'
import { FileCredentials } from './cluster/transport/credential-files.ts'
import { credentialFiles } from './cluster/transport/local-certificates.ts'
import type { NodeConfig } from './node-config.ts'
import type { PlaceParts } from './node-place.ts'
import type { ManagedAccounts } from './services/managed-accounts.ts'
import { ManagedBuckets } from './services/managed-buckets.ts'
import type { StorageNode } from './storage-node.ts'

const EVERY_ADDRESS = '0.0.0.0'

export interface PodAdminOptions extends Pick<
  NodeConfig,
  'region' | 'zone' | 'name' | 'certificates'
> {
  readonly port: number
  readonly accounts: ManagedAccounts
  readonly facts: () => Promise<NodeFacts>
}

export async function startPodAdmin(
  node: StorageNode,
  { region, zone, name, certificates, port, accounts, facts }: PodAdminOptions,
  { clock, logger }: PlaceParts,
): Promise<AdminApi> {
  const files = credentialFiles(certificates, name)
  const credentials = await FileCredentials.open(files, clock, logger)
  const buckets = new ManagedBuckets({ ...node, clock, region })
  const api = await startAdminApi({
    ...{ node, name, zone, facts, region, credentials, accounts, buckets, logger },
    host: EVERY_ADDRESS,
    port,
  })
  return {
    port: api.port,
    async stop() {
      credentials.stop()
      await api.stop()
    },
  }
}
