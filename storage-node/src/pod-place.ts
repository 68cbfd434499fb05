/**
 * A storage node as a pod: configurations are in the API server, certificates and keys in mounted
 * Secrets, and what there is to tell goes into its object StorageNode.
 *
 * @module
 */

import { dirname } from 'node:path'
import type { ExchangeObserver } from './api/http-server.ts'
import { sleep } from './base/clock.ts'
import { nodeFiles } from './base/files.ts'
import { PlacementFile } from './cluster/chunks/placement-file.ts'
import { KubernetesConfigStore } from './cluster/config-stores/kubernetes-config-store.ts'
import { REGION_GROUP_COUNT } from './contract/placement-map.ts'
import type { StoreEntry } from './contract/placement-map.ts'
import { PROGRAM_VERSION } from './contract/versions.ts'
import { ApiClient } from './kubernetes/api-client.ts'
import { serviceAccount, type PodSurroundings } from './kubernetes/service-account.ts'
import { openCallbacks } from './local-callbacks.ts'
import { readCallbackKey } from './local-directory.ts'
import { OssError } from './model/errors.ts'
import type { NodeConfig, PodConfig } from './node-config.ts'
import type { NodePlace, PlaceParts, ServedApi } from './node-place.ts'
import { openPodAccounts, type PodAccounts } from './pod-accounts.ts'
import { startPodAdmin } from './pod-admin.ts'
import { startPodApi } from './pod-api.ts'
import { PodRecord } from './pod-record.ts'
import type { CallbackKey } from './services/callback-service.ts'
import type { StorageNode } from './storage-node.ts'
import type { Store } from './storage/store.ts'
import { PROTOCOL_VERSION } from './wire/peer/hello.ts'
import { STORE_FORMAT_VERSION } from './wire/stored/store-identity.ts'

/** As in its object StorageNode. */
type PodState = 'Starting' | 'Ready' | 'Draining'
interface Phase {
  readonly state: () => PodState
}

/** Until proxies everywhere have heard that a pod is not ready: it goes on serving meanwhile. */
const LINGER_MS = 3_000

export function openPodPlace(
  config: NodeConfig,
  place: PodConfig,
  surroundings: PodSurroundings,
  parts: PlaceParts,
): NodePlace {
  const { clock, logger } = parts
  const { region, storeDirectory } = config
  const { namespace } = place
  const api = new ApiClient({ ...serviceAccount(surroundings), clock })
  const configs = new KubernetesConfigStore({ api, clock, logger, namespace, region })
  let record: PodRecord | undefined
  let state: PodState = 'Starting'
  const phase = { state: () => state }
  return {
    configs,
    groupCount: REGION_GROUP_COUNT,
    keptPlacement: () => new PlacementFile(nodeFiles, storeDirectory, logger).load(),
    announce(store: Store, entry: StoreEntry) {
      const { store: storeId, name: pod, zone, address, beaconAddress } = entry
      const spec = { storeId, pod, zone, address, beaconAddress, adminAddress: place.adminAddress }
      const measure = () => measured(config)
      record = new PodRecord({ api, clock, logger, namespace, region, spec, measure })
    },
    serve: (node, observer) => serveInPod(node, observer, config, place, phase, parts),
    becameReady() {
      state = 'Ready'
      void record?.become('Ready')
    },
    async drain() {
      state = 'Draining'
      const told = record?.become('Draining')
      await Promise.all([sleep(clock, LINGER_MS), Promise.race([told, sleep(clock, LINGER_MS)])])
    },
    async close() {
      configs.close()
      api.close()
      await record?.stop()
    },
  }
}

async function measured({ storeDirectory }: NodeConfig) {
  const { totalBytes, availableBytes } = await nodeFiles.space(storeDirectory)
  return {
    version: PROGRAM_VERSION,
    protocolVersion: PROTOCOL_VERSION,
    recordVersion: STORE_FORMAT_VERSION,
    capacityBytes: totalBytes,
    usedBytes: totalBytes - availableBytes,
  }
}

async function serveInPod(
  node: StorageNode,
  observer: ExchangeObserver,
  config: NodeConfig,
  place: PodConfig,
  phase: Phase,
  parts: PlaceParts,
): Promise<ServedApi> {
  const keys = dirname(place.keyRing)
  const accounts = await openPodAccounts(node, config.region, place.keyRing, parts)
  const api = await startPodApi(node, {
    ...parts,
    observer,
    accounts: accounts.accounts,
    callbacks: openCallbacks(parts.clock, config.callbacks, () => callbackKeyIn(keys)),
    region: config.region,
    endpoints: place.endpoints,
    host: config.httpHost ?? '0.0.0.0',
    httpPort: config.httpPort,
    httpsPort: place.httpsPort,
  })
  const admin = await startPodAdmin(
    node,
    {
      ...config,
      port: place.adminPort,
      accounts: accounts.managed,
      facts: factsOf(config, phase, accounts, parts),
    },
    parts,
  )
  return {
    port: api.port,
    drain: () => api.drain(),
    async stop() {
      await admin.stop()
      await api.stop()
      accounts.stop()
    },
  }
}

/** The same on every storage node, so that none makes one of its own: it comes with the key ring. */
async function callbackKeyIn(directory: string): Promise<CallbackKey> {
  try {
    return await readCallbackKey(nodeFiles, directory)
  } catch (cause) {
    const message = 'The region has no key that callbacks are signed with.'
    throw new OssError('CallbackFailed', { message, cause })
  }
}

function factsOf(
  config: NodeConfig,
  { state }: Phase,
  { ringKeys }: PodAccounts,
  { clock }: PlaceParts,
) {
  return async () => ({
    ...(await measured(config)),
    clockMs: clock.nowMs(),
    ringKeys: ringKeys(),
    isReady: state() === 'Ready',
    isDraining: state() === 'Draining',
  })
}
