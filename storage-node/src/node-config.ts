/**
 * Settings of one storage node as a process of its own: environment in, values out, once.
 *
 * @module
 */

import { isAbsolute } from 'node:path'
import { ConfigError, GC_GRACE_MS } from './config.ts'
import type { CallbackConfig } from './local-callbacks.ts'
import type { RestoreLengths } from './model/restore.ts'
import { defaultRestoreLengths } from './model/restore.ts'
import type { Zone } from './contract/configuration.ts'
import { isDomain, LOCAL_DOMAIN } from './wire/oss/addressing.ts'

/** What a storage node is started with. */
export interface NodeConfig {
  readonly storeDirectory: string
  readonly zone: Zone
  /** Of this storage node, as in its certificate. */
  readonly name: string
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  /** Endpoints are below it. */
  readonly domain: string
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
  readonly adminPort: number
  /** Unix socket of the process that serves the config store. */
  readonly configSocket: string
  /** Holds the region's CA and this storage node's certificate. */
  readonly certificates: string
  /** Holds the region's key pair. */
  readonly regionDirectory: string
  readonly logDirectory: string
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly gcGraceMs: number
  readonly restoreLengths: RestoreLengths
  readonly callbacks: CallbackConfig
  /** All store locks of the region are in this kernel (replication.md 1.13). */
  readonly isOneKernel: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Names of the variables, by setting. */
export const nodeVariables = {
  storeDirectory: 'GRANARY_STORE_DIRECTORY',
  zone: 'GRANARY_ZONE',
  name: 'GRANARY_NODE_NAME',
  region: 'GRANARY_REGION',
  domain: 'GRANARY_DOMAIN',
  httpHost: 'GRANARY_HTTP_HOST',
  httpPort: 'GRANARY_HTTP_PORT',
  peerHost: 'GRANARY_PEER_HOST',
  peerPort: 'GRANARY_PEER_PORT',
  peerAddress: 'GRANARY_PEER_ADDRESS',
  beaconPort: 'GRANARY_BEACON_PORT',
  beaconAddress: 'GRANARY_BEACON_ADDRESS',
  adminPort: 'GRANARY_ADMIN_PORT',
  configSocket: 'GRANARY_CONFIG_SOCKET',
  certificates: 'GRANARY_CERTIFICATES',
  regionDirectory: 'GRANARY_REGION_DIRECTORY',
  logDirectory: 'GRANARY_LOG_DIRECTORY',
  tlsCertFile: 'GRANARY_TLS_CERT',
  tlsKeyFile: 'GRANARY_TLS_KEY',
  gcGraceMs: 'GRANARY_GC_GRACE_MS',
  restoreDelayMs: 'GRANARY_RESTORE_DELAY_MS',
  restoreDayMs: 'GRANARY_RESTORE_DAY_MS',
  mayCallPrivate: 'GRANARY_CALLBACK_PRIVATE',
  callbackKeyUrl: 'GRANARY_CALLBACK_KEY_URL',
  isOneKernel: 'GRANARY_ONE_KERNEL',
} as const
type Name = keyof typeof nodeVariables

/** Reads the environment. Throws `ConfigError` with every mistake. */
export function parseNodeConfig(environment: Environment): NodeConfig {
  const reader = new VariableReader(environment)
  const config: NodeConfig = {
    storeDirectory: reader.path('storeDirectory'),
    zone: reader.text('zone', /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'a name of a zone') as Zone,
    name: reader.text('name', /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'a name of a storage node'),
    region: reader.text('region', /^[a-z0-9][a-z0-9-]{0,48}[a-z0-9]$/, 'an id of a region'),
    domain: reader.domain(),
    httpHost: reader.optional('httpHost'),
    httpPort: reader.number('httpPort', 0, 65_535),
    peerHost: reader.optional('peerHost') ?? '127.0.0.1',
    peerPort: reader.number('peerPort', 0, 65_535),
    peerAddress: reader.optional('peerAddress'),
    beaconPort: reader.number('beaconPort', 0, 65_535),
    beaconAddress: reader.optional('beaconAddress'),
    adminPort: reader.number('adminPort', 0, 65_535),
    configSocket: reader.path('configSocket'),
    certificates: reader.path('certificates'),
    regionDirectory: reader.path('regionDirectory'),
    logDirectory: reader.path('logDirectory'),
    tls: reader.tls(),
    gcGraceMs: reader.number('gcGraceMs', GC_GRACE_MS, 1e12),
    restoreLengths: {
      delayMs: reader.number('restoreDelayMs', defaultRestoreLengths.delayMs, 1e10),
      dayMs: reader.number('restoreDayMs', defaultRestoreLengths.dayMs, 1e10),
    },
    callbacks: {
      mayBePrivate: reader.number('mayCallPrivate', 0, 1) === 1,
      keyUrl: reader.optional('callbackKeyUrl'),
    },
    isOneKernel: reader.number('isOneKernel', 0, 1) === 1,
  }
  reader.end()
  return config
}

/** Collects mistakes, so that all are told at once. */
class VariableReader {
  readonly #environment: Environment
  readonly #mistakes: string[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  optional(name: Name): string | undefined {
    return this.#environment[nodeVariables[name]] || undefined
  }

  text(name: Name, pattern: RegExp, meaning: string): string {
    const value = this.optional(name)
    if (value === undefined) this.#mistakes.push(`${nodeVariables[name]} must be set`)
    else if (!pattern.test(value)) {
      this.#mistakes.push(`${nodeVariables[name]} must be ${meaning}, is "${value}"`)
    }
    return value ?? ''
  }

  domain(): string {
    const value = this.optional('domain') ?? LOCAL_DOMAIN
    if (!isDomain(value)) {
      this.#mistakes.push(`${nodeVariables.domain} must be a name of a domain, is "${value}"`)
    }
    return value
  }

  path(name: Name): string {
    const value = this.optional(name)
    if (value === undefined) this.#mistakes.push(`${nodeVariables[name]} must be set`)
    else if (!isAbsolute(value)) {
      this.#mistakes.push(`${nodeVariables[name]} must be an absolute path, is "${value}"`)
    }
    return value ?? ''
  }

  number(name: Name, otherwise: number, max: number): number {
    const text = this.optional(name)
    if (text === undefined) return otherwise
    if (!/^\d{1,13}$/.test(text) || Number(text) > max) {
      this.#mistakes.push(
        `${nodeVariables[name]} must be a whole number from 0 to ${max}, is "${text}"`,
      )
    }
    return Number(text)
  }

  tls(): NodeConfig['tls'] {
    const certFile = this.optional('tlsCertFile')
    const keyFile = this.optional('tlsKeyFile')
    if (certFile === undefined && keyFile === undefined) return undefined
    if (certFile === undefined || keyFile === undefined) {
      const { tlsCertFile, tlsKeyFile } = nodeVariables
      this.#mistakes.push(`${tlsCertFile} and ${tlsKeyFile} must be set together`)
      return undefined
    }
    return { certFile, keyFile }
  }

  end(): void {
    if (this.#mistakes.length > 0) throw new ConfigError(this.#mistakes)
  }
}
