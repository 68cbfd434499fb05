/**
 * A storage node as one of the processes of `npm start -- --processes`: what it needs is in the data
 * directory and behind a socket, and it tells the process that started it how far it is.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import type { ExchangeObserver } from './api/http-server.ts'
import { defaultHttpServerOptions } from './api/http-server.ts'
import { nodeFiles } from './base/files.ts'
import { ServedConfigStore } from './cluster/config-stores/served-config-store.ts'
import type { StoreEntry } from './contract/placement-map.ts'
import { LocalAccounts } from './local-accounts.ts'
import { startLocalApi } from './local-api.ts'
import { makeCallbackKey, openCallbacks } from './local-callbacks.ts'
import { openCallbackKey, readAccessKey, readIdentity, readTokenKey } from './local-directory.ts'
import type { NodeConfig, ProcessConfig } from './node-config.ts'
import type { NodeMessage } from './node-messages.ts'
import type { NodePlace, PlaceParts, ServedApi } from './node-place.ts'
import { isOlderThanRanges, PLACEMENT_GROUP_COUNT } from './region-settings.ts'
import type { StorageNode } from './storage-node.ts'
import type { Store } from './storage/store.ts'

/** `tell` reaches the process that started this one. */
export function openProcessPlace(
  config: NodeConfig,
  place: ProcessConfig,
  parts: PlaceParts & { readonly tell: (message: NodeMessage) => void },
): NodePlace {
  const configs = new ServedConfigStore({ clock: parts.clock, path: place.configSocket })
  return {
    configs,
    groupCount: PLACEMENT_GROUP_COUNT,
    // Addresses are new with each start, and who serves the config store also started this process.
    keptPlacement: async () => undefined,
    announce(store: Store, entry: StoreEntry) {
      parts.tell({ kind: 'opened', entry, isOlderThanRanges: isOlderThanRanges(store) })
    },
    serve: (node, observer) => serveLocally(node, observer, config, place, parts),
    becameReady({ httpPort, probePort }) {
      parts.tell({ kind: 'ready', httpPort, adminPort: probePort })
    },
    drain: async () => undefined,
    close: async () => configs.close(),
  }
}

async function serveLocally(
  node: StorageNode,
  observer: ExchangeObserver,
  config: NodeConfig,
  place: ProcessConfig,
  parts: PlaceParts,
): Promise<ServedApi> {
  const { regionDirectory } = place
  const accounts = await openAccounts(regionDirectory, parts)
  const openKey = () => openCallbackKey(nodeFiles, regionDirectory, makeCallbackKey)
  const api = await startLocalApi(node, {
    ...parts,
    observer,
    http: {
      ...defaultHttpServerOptions,
      tls: await readTls(place),
      keepsConnections: parts.isReady,
    },
    accounts: accounts.directory,
    callbacks: openCallbacks(parts.clock, config.callbacks, openKey),
    region: config.region,
    domain: place.domain,
    host: config.httpHost,
    port: config.httpPort,
  })
  return {
    port: api.port,
    async stop() {
      await api.stop()
      accounts.stop()
    },
  }
}

async function openAccounts(
  dataDirectory: string,
  { clock, random, logger }: PlaceParts,
): Promise<LocalAccounts> {
  const [{ account }, accessKey, tokenKey] = await Promise.all([
    readIdentity(nodeFiles, dataDirectory),
    readAccessKey(nodeFiles, dataDirectory),
    readTokenKey(nodeFiles, dataDirectory),
  ])
  return LocalAccounts.open({
    ...{ files: nodeFiles, clock, random, logger },
    ...{ dataDirectory, account, accessKey, tokenKey },
  })
}

async function readTls({ tls }: ProcessConfig) {
  if (tls === undefined) return undefined
  const [cert, key] = await Promise.all([
    readFile(tls.certFile, 'utf8'),
    readFile(tls.keyFile, 'utf8'),
  ])
  return { cert, key }
}
