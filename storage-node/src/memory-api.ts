/**
 * The API over a region in memory, on a free port of this machine: for tests of what clients see.
 *
 * @module
 */

import type { AdminApi } from './admin/admin-api.ts'
import { startAdminApi } from './admin/admin-api.ts'
import { defaultHttpServerOptions } from './api/http-server.ts'
import type { HttpServerOptions } from './api/http-server.ts'
import { assert } from './base/assert.ts'
import { systemClock } from './base/clock.ts'
import type { ManualClock } from './base/manual-clock.ts'
import { silentLogger } from './base/logger.ts'
import { systemRandom } from './base/random.ts'
import type { CredentialSource } from './cluster/transport/credentials.ts'
import { startLocalApi } from './local-api.ts'
import { LOCAL_DOMAIN } from './wire/oss/addressing.ts'
import { makeCallbackKey, openCallbacks } from './local-callbacks.ts'
import { openMemoryRegion } from './memory-region.ts'
import type { AccountUid } from './model/identifiers.ts'
import type { RestoreLengths } from './model/restore.ts'
import { defaultRestoreLengths } from './model/restore.ts'
import type { KeyValueEngine } from './storage/key-value-engine.ts'
import type { StorageNode } from './storage-node.ts'
import { AccountDirectory } from './services/account-directory.ts'
import { ManagedAccounts } from './services/managed-accounts.ts'
import { ManagedBuckets } from './services/managed-buckets.ts'
import { RegionAccounts } from './services/region-accounts.ts'
import { readAccounts } from './wire/accounts-document.ts'
import { RING_KEY_BYTES } from './wire/key-ring.ts'
import { TOKEN_KEY_BYTES } from './wire/sts/security-token.ts'

const RING = { keys: [{ id: 'k1', key: systemRandom.bytes(RING_KEY_BYTES) }] }

/** An access key of a test region. */
export interface MemoryApiKey {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly account: string
  readonly enabled?: boolean
}

export interface MemoryApiOptions {
  readonly region: string
  readonly keys: readonly MemoryApiKey[]
  /** RAM users, roles and further accounts: what the file of a local region holds. */
  readonly accounts?: object
  readonly http?: Partial<HttpServerOptions>
  /** Application servers may be on this machine. */
  readonly callsPrivate?: boolean
  /** Default: as in production. */
  readonly restoreLengths?: RestoreLengths
  /** Serves the admin API, too. */
  readonly admin?: CredentialSource
}

/** A serving region. */
export interface MemoryApi {
  readonly port: number
  /** 0: there is no admin API. */
  readonly adminPort: number
  readonly region: StorageNode
  /** The region's: it stands still unless it is told to go on. */
  readonly clock: ManualClock
  /** The rows of its store. */
  readonly engine: KeyValueEngine
  /** What went wrong inside: a test that passes leaves it empty. */
  readonly bugs: readonly unknown[]
  stop(): Promise<void>
}

/** Starts it, empty. */
export async function startMemoryApi(options: MemoryApiOptions): Promise<MemoryApi> {
  const { restoreLengths = defaultRestoreLengths } = options
  const { machine, region } = await openMemoryRegion({ seed: 1, restoreLengths })
  const bugs: unknown[] = []
  const { accounts, managed } = accountsOf(options, region)
  const admin = options.admin && (await startAdmin(options, options.admin, region, managed))
  const api = await startLocalApi(region, {
    clock: systemClock,
    random: systemRandom,
    observer: { onEnd() {}, onBug: (_exchange, error) => void bugs.push(error) },
    http: { ...defaultHttpServerOptions, ...options.http },
    accounts,
    callbacks: openCallbacks(
      systemClock,
      { mayBePrivate: options.callsPrivate === true, keyUrl: undefined },
      makeCallbackKey,
    ),
    region: options.region,
    domain: LOCAL_DOMAIN,
    port: 0,
  })
  return {
    port: api.port,
    adminPort: admin?.port ?? 0,
    region,
    clock: machine.clock,
    engine: machine.engine,
    bugs,
    async stop() {
      await admin?.stop()
      await api.stop()
      await region.stop()
    },
  }
}

function accountsOf(options: MemoryApiOptions, { partitions, accessKeys: records }: StorageNode) {
  const { region } = options
  const keyRing = () => RING
  const directory = directoryOf(options)
  const logger = silentLogger
  return {
    accounts: new RegionAccounts({ region, records, keyRing, directory, logger }),
    managed: new ManagedAccounts({ partitions, region, keyRing, random: systemRandom }),
  }
}

function startAdmin(
  { region }: MemoryApiOptions,
  credentials: CredentialSource,
  node: StorageNode,
  accounts: ManagedAccounts,
): Promise<AdminApi> {
  const facts = {
    ...{ isReady: true, isDraining: false, version: '0', protocolVersion: 1, recordVersion: 1 },
    ...{ clockMs: 0, ringKeys: ['k1'] },
    ...{ capacityBytes: 1, usedBytes: 0 },
  }
  return startAdminApi({
    ...{ node, region, credentials, accounts, name: 'node', zone: 'a' },
    ...{ host: '127.0.0.1', port: 0, logger: silentLogger, facts: () => Promise.resolve(facts) },
    buckets: new ManagedBuckets({ ...node, clock: systemClock, region }),
  })
}

function directoryOf({ keys, accounts = { accounts: [] } }: MemoryApiOptions): AccountDirectory {
  const ownKeys = keys.map((key) => ({
    ...key,
    account: key.account as AccountUid,
    enabled: key.enabled ?? true,
  }))
  const tokenKey = systemRandom.bytes(TOKEN_KEY_BYTES)
  const directory = new AccountDirectory({ random: systemRandom, tokenKey, ownKeys })
  const outcome = readAccounts(JSON.stringify(accounts), ownKeys[0]?.account ?? ('' as AccountUid))
  assert(outcome.kind === 'read', 'the accounts of a test can be read')
  directory.replace(outcome.accounts)
  return directory
}
