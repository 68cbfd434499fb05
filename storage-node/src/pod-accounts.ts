/**
 * The accounts of a pod: those that the system range keeps, opened with the region's key ring.
 *
 * @module
 */

import { nodeFiles } from './base/files.ts'
import type { PlaceParts } from './node-place.ts'
import { AccountDirectory } from './services/account-directory.ts'
import { KeyRingFile } from './services/key-ring-file.ts'
import { ManagedAccounts } from './services/managed-accounts.ts'
import { RegionAccounts } from './services/region-accounts.ts'
import type { StorageNode } from './storage-node.ts'
import { tokenKeyOf } from './wire/key-ring.ts'

export interface PodAccounts {
  /** Who asks, for the API. */
  readonly accounts: RegionAccounts
  /** For the operator. */
  readonly managed: ManagedAccounts
  /** Ids of the keys of the ring, in their order. */
  ringKeys(): readonly string[]
  stop(): void
}

/** Rejects with a `KeyRingError`. */
export async function openPodAccounts(
  { accessKeys: records, partitions }: StorageNode,
  region: string,
  keyRingPath: string,
  { clock, random, logger }: PlaceParts,
): Promise<PodAccounts> {
  const file = await KeyRingFile.open({ files: nodeFiles, clock, logger, path: keyRingPath })
  const keyRing = () => file.ring
  // Nobody lists roles here yet; a token of another storage node is sealed with the same key.
  const directory = new AccountDirectory({ random, tokenKey: tokenKeyOf(file.ring), ownKeys: [] })
  return {
    accounts: new RegionAccounts({ region, records, keyRing, directory, logger }),
    ringKeys: () => file.ring.keys.map(({ id }) => id),
    managed: new ManagedAccounts({ partitions, region, keyRing, random }),
    stop: () => file.stop(),
  }
}
