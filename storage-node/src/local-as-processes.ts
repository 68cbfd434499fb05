/**
 * `npm start -- --processes`: each storage node as a process of its own, this one serves the config
 * store to them.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import { nodeFiles } from './base/files.ts'
import { systemRandom } from './base/random.ts'
import { ConfigServer } from './cluster/config-stores/config-server.ts'
import { FileConfigStore } from './cluster/config-stores/file-config-store.ts'
import { makeLocalCertificates } from './cluster/transport/local-certificates.ts'
import type { GivenAccessKey, LocalConfig } from './config.ts'
import { FOUNDING_RANGE_COUNT } from './contract/founding-ranges.ts'
import { makeCallbackKey } from './local-callbacks.ts'
import {
  openAccessKey,
  openCallbackKey,
  openIdentity,
  openTokenKey,
  storeDirectories,
} from './local-directory.ts'
import type { NodePlan } from './local-processes.ts'
import { startProcesses } from './local-processes.ts'
import type { Serving, ServingParts } from './local-serving.ts'
import { PLACEMENT_GROUP_COUNT } from './region-settings.ts'
import { lockStore } from './storage/store-lock.ts'
import { StoreInUseError } from './storage/store-open-error.ts'

const FOUNDING = { rangeCount: FOUNDING_RANGE_COUNT, groupCount: PLACEMENT_GROUP_COUNT }

/**
 * Makes what all storage nodes of a region read before they start, where it is not there yet: each would
 * make one of its own. Returns the key pair.
 */
export async function layRegionFiles(config: LocalConfig): Promise<GivenAccessKey> {
  const { dataDirectory } = config
  await openIdentity(nodeFiles, systemRandom, config)
  const accessKey = await openAccessKey(nodeFiles, systemRandom, config)
  await openTokenKey(nodeFiles, systemRandom, dataDirectory)
  await openCallbackKey(nodeFiles, dataDirectory, makeCallbackKey)
  return accessKey
}

/** Starts the storage nodes and serves until it is stopped. */
export async function serveAsProcesses(
  config: LocalConfig,
  { zoneCount, logger, environment }: ServingParts,
): Promise<Serving> {
  const { dataDirectory, region } = config
  const configDirectory = join(dataDirectory, 'config')
  await nodeFiles.makeDirectory(configDirectory)
  const lock = await lockStore(join(configDirectory, 'LOCK'))
  if (lock === undefined) throw new StoreInUseError(configDirectory)
  const accessKey = await layRegionFiles(config)
  const path = join(configDirectory, 'config.log')
  const configs = await FileConfigStore.open({ files: nodeFiles, random: systemRandom, path })
  // The path of a socket may have a hundred characters, the data directory's more.
  const socketDirectory = await mkdtemp(join(tmpdir(), 'granary-'))
  const configSocket = join(socketDirectory, 'config.sock')
  const server = await ConfigServer.listen(configs, configSocket, logger)
  const nodes = planNodes(config, zoneCount, configSocket)
  const names = nodes.map(({ name }) => name)
  const directory = join(dataDirectory, 'certificates')
  await makeLocalCertificates({ directory, region, names })
  const close = async () => {
    await server.close()
    await configs.close()
    await lock.release()
    await rm(socketDirectory, { recursive: true })
  }
  try {
    const processes = await startProcesses({
      ...{ nodes, configs, founding: FOUNDING, clock: systemClock, logger, environment },
    })
    return {
      ...processes,
      accessKey,
      async stop() {
        await processes.stop()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What each storage node is told; the first one has the ports that were asked for. */
function planNodes(config: LocalConfig, zoneCount: number, configSocket: string): NodePlan[] {
  const { dataDirectory, region, tls } = config
  return storeDirectories(dataDirectory, zoneCount).map(({ zone, directory }, at) => {
    const name = `zone-${zone}`
    const isFirst = at === 0
    return {
      name,
      variables: {
        ...{ zone, name, region, configSocket, storeDirectory: directory },
        domain: config.domain,
        httpPort: String(isFirst ? config.port : 0),
        adminPort: String(isFirst ? config.adminPort : 0),
        certificates: join(dataDirectory, 'certificates'),
        regionDirectory: dataDirectory,
        logDirectory: join(dataDirectory, 'log'),
        gcGraceMs: String(config.gcGraceMs),
        restoreDelayMs: String(config.restoreLengths.delayMs),
        restoreDayMs: String(config.restoreLengths.dayMs),
        mayCallPrivate: config.callbacks.mayBePrivate ? '1' : '0',
        ...(config.callbacks.keyUrl && { callbackKeyUrl: config.callbacks.keyUrl }),
        isOneKernel: '1',
        ...(tls && { tlsCertFile: tls.certFile, tlsKeyFile: tls.keyFile }),
      },
    }
  })
}
