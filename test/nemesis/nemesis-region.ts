/**
 * A region of six storage nodes as processes in three zones, with all that can be done to it.
 *
 * @module
 */

import { closeSync, openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  layRegionFiles,
  makeLocalCertificates,
  nodeVariables,
  parseLocalConfig,
} from '../../storage-node/src/testing.ts'
import type { Access } from '../support/oss-request.ts'
import { AnsweringChild } from './child.ts'
import type { ConfigRequest, PartitionLine } from './config-process.ts'
import { Network } from './network.ts'
import { NodeProcess } from './node-process.ts'
import { ADMIN_PORT, BEACON_PORT, HTTP_PORT, PEER_PORT } from './places.ts'
import type { Place } from './places.ts'
import type { ProxyRequest } from './proxy-process.ts'
import { Volume } from './volumes.ts'

const REGION = 'cn-hangzhou'
/** What no longer is needed goes soon, so that the volumes stay small. */
const GC_GRACE_MS = 30_000
const VOLUME_BYTES = 1024 ** 3
/** Their stores lie on volumes of their own. */
const NODES_WITH_VOLUMES = ['zone-a-1', 'zone-b-1']

export type ConfigChild = AnsweringChild<ConfigRequest, { readonly lines: PartitionLine[] }>
export type ProxyChild = AnsweringChild<ProxyRequest, object>

/** One endpoint for each storage node, by its name. */
export type Endpoints = ReadonlyMap<string, Access>

export class NemesisRegion {
  readonly network: Network
  readonly nodes: readonly NodeProcess[]
  readonly configs: ConfigChild
  readonly proxy: ProxyChild
  /** By the name of the storage node. */
  readonly volumes: ReadonlyMap<string, Volume>
  readonly endpoints: Endpoints

  private constructor(parts: Foundations, nodes: readonly NodeProcess[]) {
    this.network = parts.network
    this.configs = parts.configs
    this.proxy = parts.proxy
    this.volumes = parts.volumes
    this.nodes = nodes
    this.endpoints = new Map(
      nodes.map(({ place }) => {
        return [place.name, { ...parts.access, endpoint: `http://${place.address}:${HTTP_PORT}` }]
      }),
    )
  }

  /** Makes it in `directory`, and resolves when all of it serves. */
  static async start(directory: string): Promise<NemesisRegion> {
    const parts = new Foundations(directory, await Network.make())
    try {
      await parts.lay()
      const nodes = parts.network.places.map((place) => parts.startNode(place))
      const region = new NemesisRegion(parts, nodes)
      try {
        const entries = await Promise.all(nodes.map((node) => node.opened))
        await parts.configs.ask({ kind: 'found', entries })
        await Promise.all(nodes.map((node) => node.ready))
      } catch (error) {
        await Promise.all(nodes.map((node) => node.end()))
        throw error
      }
      for (const node of nodes) void node.keepRunning()
      return region
    } catch (error) {
      await parts.remove()
      throw error
    }
  }

  /** Who leads what, as the config store has it. */
  async partitions(): Promise<PartitionLine[]> {
    return (await this.configs.ask({ kind: 'configurations' })).lines
  }

  /** Ends everything and removes what the machine was given. */
  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()))
    await new Foundations('', this.network, this).remove()
  }
}

/** What storage nodes stand on. */
class Foundations {
  readonly network: Network
  readonly volumes = new Map<string, Volume>()
  readonly configs: ConfigChild
  readonly proxy: ProxyChild
  access: Access = { endpoint: '', region: REGION, accessKeyId: '', accessKeySecret: '' }
  readonly #directory: string

  constructor(directory: string, network: Network, present?: NemesisRegion) {
    this.#directory = directory
    this.network = network
    this.volumes = new Map(present?.volumes)
    this.configs = present?.configs ?? startChild('config-process.ts', directory)
    this.proxy = present?.proxy ?? startChild('proxy-process.ts', directory)
  }

  async lay(): Promise<void> {
    const directory = this.#directory
    const names = this.network.places.map(({ name }) => name)
    for (const name of names) await mkdir(this.#logDirectory(name), { recursive: true })
    const local = parseLocalConfig(['--data', directory, '--region', REGION], {})
    this.access = { ...this.access, ...(await layRegionFiles(local)) }
    await makeLocalCertificates({
      ...{ directory: join(directory, 'certificates'), region: REGION, names },
    })
    for (const name of names.filter((each) => NODES_WITH_VOLUMES.includes(each))) {
      this.volumes.set(name, await Volume.make(join(directory, name), VOLUME_BYTES))
    }
    const configSocket = join(directory, 'config.sock')
    await this.configs.ask({
      ...{ kind: 'listen', file: join(directory, 'config.log'), socket: configSocket },
    })
    const places = [...this.network.places]
    const configPaths = names.map((name) => [name, this.#configPath(name)] as const)
    await this.proxy.ask({ kind: 'listen', places, configSocket, configPaths })
  }

  startNode(place: Place): NodeProcess {
    const directory = this.#directory
    const { name, zone, address, alias } = place
    return new NodeProcess({
      place,
      enter: this.network.enter(place),
      logFile: join(directory, `${name}.log`),
      variables: named({
        ...{ zone, name, region: REGION, gcGraceMs: String(GC_GRACE_MS) },
        storeDirectory: join(directory, name, 'store'),
        ...{ httpHost: address, httpPort: String(HTTP_PORT), adminPort: String(ADMIN_PORT) },
        ...{ peerHost: address, peerPort: String(PEER_PORT), beaconPort: String(BEACON_PORT) },
        peerAddress: `${alias}:${PEER_PORT}`,
        beaconAddress: `${alias}:${BEACON_PORT}`,
        configSocket: this.#configPath(name),
        certificates: join(directory, 'certificates'),
        regionDirectory: directory,
        logDirectory: this.#logDirectory(name),
      }),
    })
  }

  async remove(): Promise<void> {
    await this.proxy.end()
    await this.configs.end()
    for (const volume of this.volumes.values()) await volume.remove()
    await this.network.remove()
  }

  /** Two storage nodes of a zone would write the same file. */
  #logDirectory(name: string): string {
    return join(this.#directory, 'log', name)
  }

  #configPath(name: string): string {
    return join(this.#directory, `${name}.sock`)
  }
}

function startChild<Request extends object, Answer>(
  program: string,
  directory: string,
): AnsweringChild<Request, Answer> {
  const log = openSync(join(directory, `${program}.log`), 'a')
  try {
    return new AnsweringChild(program, log)
  } finally {
    closeSync(log)
  }
}

function named(
  settings: Partial<Record<keyof typeof nodeVariables, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      return [nodeVariables[name as keyof typeof nodeVariables], value]
    }),
  )
}
