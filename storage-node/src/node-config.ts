/**
 * Settings of one storage node as a process of its own: environment in, values out, once.
 *
 * `GRANARY_CONFIG=kubernetes` makes it a pod; otherwise it is one of several processes that
 * `npm start -- --processes` has started.
 *
 * @module
 */

import { ConfigError, GC_GRACE_MS } from './config.ts'
import type { Zone } from './contract/configuration.ts'
import type { RegionEndpoints } from './contract/storage-node-pod.ts'
import { podHost, podPaths, podPorts } from './contract/storage-node-pod.ts'
import type { CallbackConfig } from './local-callbacks.ts'
import type { RestoreLengths } from './model/restore.ts'
import { defaultRestoreLengths } from './model/restore.ts'
import type { Environment } from './node-variables.ts'
import { VariableReader } from './node-variables.ts'

/** What a storage node is started with. */
export interface NodeConfig {
  readonly storeDirectory: string
  readonly zone: Zone
  /** Of this storage node, as in its certificate. */
  readonly name: string
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  /** Where clients are served. Undefined: on loopback, both families. */
  readonly httpHost: string | undefined
  /** 0: any free one. */
  readonly httpPort: number
  /** Where other storage nodes connect. */
  readonly peerHost: string
  readonly peerPort: number
  /** What others are told to connect to instead, host:port; undefined: host and port themselves. */
  readonly peerAddress: string | undefined
  /** The same for beacons. */
  readonly beaconPort: number
  readonly beaconAddress: string | undefined
  /** Where probes and metrics are served. */
  readonly probeHost: string
  readonly probePort: number
  /** Holds the region's CA and this storage node's certificate. */
  readonly certificates: string
  readonly logDirectory: string
  readonly gcGraceMs: number
  readonly restoreLengths: RestoreLengths
  readonly callbacks: CallbackConfig
  /** All store locks of the region are in this kernel (replication.md 1.13). */
  readonly isOneKernel: boolean
  readonly place: ProcessConfig | PodConfig
}

/** A storage node that another process has started. */
export interface ProcessConfig {
  readonly kind: 'process'
  /** Endpoints are below it. */
  readonly domain: string
  /** Unix socket of the process that serves the config store. */
  readonly configSocket: string
  /** Holds the region's key pair. */
  readonly regionDirectory: string
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
}

/** A storage node that Kubernetes has started. */
export interface PodConfig {
  readonly kind: 'pod'
  readonly namespace: string
  readonly endpoints: RegionEndpoints
  readonly httpsPort: number
  readonly adminPort: number
  /** Where the operator is told to find the admin API. */
  readonly adminAddress: string
  /** The file of the key ring. */
  readonly keyRing: string
}

const PORT_MAX = 65_535
/** In a pod every address is its own. */
const EVERYWHERE = '0.0.0.0'

/** Reads the environment. Throws `ConfigError` with every mistake. */
export function parseNodeConfig(environment: Environment): NodeConfig {
  const reader = new VariableReader(environment)
  const config = reader.choice('config', ['kubernetes', 'socket'], 'socket')
  const parsed = config === 'kubernetes' ? parsePod(reader) : parseProcess(reader)
  if (reader.mistakes.length > 0) throw new ConfigError(reader.mistakes)
  return parsed
}

function parseProcess(reader: VariableReader): NodeConfig {
  return {
    ...parseNames(reader),
    ...parseRules(reader),
    storeDirectory: reader.path('storeDirectory'),
    httpHost: reader.optional('httpHost'),
    httpPort: reader.number('httpPort', 0, PORT_MAX),
    peerHost: reader.optional('peerHost') ?? '127.0.0.1',
    peerPort: reader.number('peerPort', 0, PORT_MAX),
    peerAddress: reader.optional('peerAddress'),
    beaconPort: reader.number('beaconPort', 0, PORT_MAX),
    beaconAddress: reader.optional('beaconAddress'),
    probeHost: '127.0.0.1',
    probePort: reader.number('adminPort', 0, PORT_MAX),
    certificates: reader.path('certificates'),
    logDirectory: reader.path('logDirectory'),
    isOneKernel: reader.number('isOneKernel', 0, 1) === 1,
    place: {
      kind: 'process',
      domain: reader.domain(),
      configSocket: reader.path('configSocket'),
      regionDirectory: reader.path('regionDirectory'),
      tls: reader.tls(),
    },
  }
}

function parsePod(reader: VariableReader): NodeConfig {
  const names = parseNames(reader)
  const namespace = reader.text('namespace', /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a namespace')
  const host = podHost(names.region, namespace, names.name)
  const at = (port: number) => `${host}:${port}`
  const adminPort = reader.number('adminPort', podPorts.admin, PORT_MAX)
  const peerPort = reader.number('peerPort', podPorts.peers, PORT_MAX)
  const beaconPort = reader.number('beaconPort', podPorts.beacons, PORT_MAX)
  return {
    ...{ ...names, ...parseRules(reader), peerPort, beaconPort },
    storeDirectory: reader.path('storeDirectory', podPaths.store),
    httpHost: reader.optional('httpHost') ?? EVERYWHERE,
    httpPort: reader.number('httpPort', podPorts.http, PORT_MAX),
    peerHost: reader.optional('peerHost') ?? EVERYWHERE,
    peerAddress: reader.optional('peerAddress') ?? at(peerPort),
    beaconAddress: reader.optional('beaconAddress') ?? at(beaconPort),
    probeHost: EVERYWHERE,
    probePort: reader.number('probePort', podPorts.probes, PORT_MAX),
    certificates: reader.path('certificates', podPaths.certificates),
    logDirectory: reader.path('logDirectory', podPaths.logs),
    // Another pod of the same volume may be alive on a host that has lost touch.
    isOneKernel: false,
    place: {
      ...{ kind: 'pod', namespace, adminPort, adminAddress: at(adminPort) },
      endpoints: reader.endpoints(),
      httpsPort: reader.number('httpsPort', podPorts.https, PORT_MAX),
      keyRing: reader.path('keyRing', podPaths.keyRing),
    },
  }
}

/** Who this is. */
function parseNames(reader: VariableReader): Pick<NodeConfig, 'zone' | 'name' | 'region'> {
  return {
    zone: reader.text('zone', /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'a name of a zone') as Zone,
    name: reader.text('name', /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'a name of a storage node'),
    region: reader.text('region', /^[a-z0-9][a-z0-9-]{0,48}[a-z0-9]$/, 'an id of a region'),
  }
}

/** What does not depend on where it runs. */
function parseRules(
  reader: VariableReader,
): Pick<NodeConfig, 'gcGraceMs' | 'restoreLengths' | 'callbacks'> {
  return {
    gcGraceMs: reader.number('gcGraceMs', GC_GRACE_MS, 1e12),
    restoreLengths: {
      delayMs: reader.number('restoreDelayMs', defaultRestoreLengths.delayMs, 1e10),
      dayMs: reader.number('restoreDayMs', defaultRestoreLengths.dayMs, 1e10),
    },
    callbacks: {
      mayBePrivate: reader.number('mayCallPrivate', 0, 1) === 1,
      keyUrl: reader.optional('callbackKeyUrl'),
    },
  }
}
