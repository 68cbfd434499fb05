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
import type { NodePlace, PlaceParts } from './node-place.ts'
import { openPodAccounts, type PodAccounts } from './pod-accounts.ts'
import { startPodAdmin } from './pod-admin.ts'
import { startPodApi, type PodApi } from './pod-api.ts'
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
const LINGER_MS_MIN = 3_000
/** Who asked for addresses just before may come for as long as DNS lets them: 30 s with kubeadm. */
const LINGER_MS_MAX = 30_000
/** From SIGTERM until requests under way are cut: most of the time that a pod has to end. */
const END_MS_MAX = 50_000

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
  let served: PodApi | undefined
  let drainedMs: number | undefined
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
    async serve(node, observer) {
      const pod = await serveInPod(node, observer, config, place, phase, parts)
      served = pod
      const endedMs = () => clock.monotonicMs() - (drainedMs ?? clock.monotonicMs())
      return { port: pod.port, stop: () => pod.stop(END_MS_MAX - endedMs()) }
    },
    becameReady() {
      state = 'Ready'
      void record?.become('Ready')
    },
    async drain() {
      state = 'Draining'
      drainedMs = clock.monotonicMs()
      void record?.become('Draining')
      await sleep(clock, LINGER_MS_MIN)
      await served?.untilNobodyConnects(LINGER_MS_MAX - LINGER_MS_MIN)
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
): Promise<PodApi> {
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
    ...api,
    async stop(drainMsMax) {
      await admin.stop()
      await api.stop(drainMsMax)
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
