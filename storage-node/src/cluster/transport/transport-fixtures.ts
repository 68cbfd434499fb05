/**
 * Storage nodes that talk over real sockets on this machine, for tests and measurements.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../../base/clock.ts'
import type { LogFields, Logger } from '../../base/logger.ts'
import { SlabPool } from '../../base/slabs.ts'
import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import type { Zone } from '../../contract/configuration.ts'
import { FileCredentials } from './credential-files.ts'
import type { CredentialSource } from './credentials.ts'
import type { OwnName } from './handshake.ts'
import { certificateUri, makeLocalCertificates } from './local-certificates.ts'
import type { Lives } from './peer-admission.ts'
import { PeerAdmission } from './peer-admission.ts'
import { SocketNetwork } from './socket-network.ts'

export const REGION = 'test-region'
export const A = '00000000-0000-4000-8000-00000000000a' as StoreId
export const B = '00000000-0000-4000-8000-00000000000b' as StoreId
export const C = '00000000-0000-4000-8000-00000000000c' as StoreId
const SLAB_BYTES_MAX = 16 * 1024 ** 2

/** A log whose lines can be looked at. */
export class LineLog implements Logger {
  readonly lines: string[] = []

  info(message: string, fields?: LogFields): void {
    this.lines.push(`info ${message} ${JSON.stringify(fields ?? {})}`)
  }

  warn(message: string, fields?: LogFields): void {
    this.lines.push(`warn ${message} ${JSON.stringify(fields ?? {})}`)
  }

  error(message: string, fields?: LogFields): void {
    this.lines.push(`error ${message} ${JSON.stringify(fields ?? {})}`)
  }
}

/** Credentials of stores; named after them. */
export interface TestCertificates {
  readonly directory: string
  of(store: StoreId): CredentialSource
  remove(): Promise<void>
}

export async function makeTestCertificates(): Promise<TestCertificates> {
  const directory = await mkdtemp(join(tmpdir(), 'granary-certificates-'))
  const files = await makeLocalCertificates({ directory, region: REGION, names: [A, B, C] })
  const sources = new Map<StoreId, FileCredentials>()
  const log = new LineLog()
  for (const [name, paths] of files) {
    sources.set(name as StoreId, await FileCredentials.open(paths, systemClock, log))
  }
  return {
    directory,
    of: (store) => sources.get(store)!,
    async remove() {
      for (const source of sources.values()) source.stop()
      await rm(directory, { recursive: true })
    },
  }
}

export interface TestNodeOptions {
  readonly store: StoreId
  readonly certificates: TestCertificates | undefined
  readonly incarnation?: number
  readonly nonce?: number
  readonly region?: string
  readonly port?: number
  readonly clock?: Clock | undefined
  /** Store whose certificate is used instead of the own one. */
  readonly certificateOf?: StoreId
  readonly lives?: Lives
  /** Called when a later life of a store is met. */
  readonly onMet?: () => void
}

/** Storage nodes that find each other. */
export class TestNodes {
  readonly log = new LineLog()
  readonly slabs = new SlabPool(SLAB_BYTES_MAX)
  readonly #ports = new Map<StoreId, number>()
  readonly #networks = new Set<SocketNetwork>()

  async open(options: TestNodeOptions): Promise<SocketNetwork> {
    const { store, certificates, certificateOf = store, clock = systemClock } = options
    const network = await SocketNetwork.open({
      ...{ self: ownName(options), clock, logger: this.log, slabs: this.slabs },
      credentials: certificates?.of(certificateOf),
      admission: admission(options),
      listen: { host: '127.0.0.1', port: options.port ?? 0 },
      addressOf: (to) => this.addressOf(to),
    })
    this.#ports.set(store, network.port)
    this.#networks.add(network)
    return network
  }

  addressOf(store: StoreId): string | undefined {
    const port = this.#ports.get(store)
    return port === undefined ? undefined : `127.0.0.1:${port}`
  }

  /** From now on the store is looked for at another port. */
  redirect(store: StoreId, port: number): void {
    this.#ports.set(store, port)
  }

  async close(): Promise<void> {
    for (const network of this.#networks) await network.close()
  }
}

export function ownName(options: Omit<TestNodeOptions, 'certificates'>): OwnName {
  return {
    region: options.region ?? REGION,
    store: options.store,
    incarnation: (options.incarnation ?? 1) as Incarnation,
    nonce: Buffer.alloc(16, options.nonce ?? 1),
    zone: 'a' as Zone,
  }
}

function admission({ store, certificates, lives, onMet }: TestNodeOptions): PeerAdmission {
  return new PeerAdmission({
    ...{ self: store, region: REGION },
    isHolder: (name, peer) => certificates === undefined || name === certificateUri(REGION, peer),
    incarnationMax: () => undefined,
    remember: () => Promise.resolve(onMet?.()),
    ...(lives && { lives }),
  })
}
