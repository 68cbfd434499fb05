/**
 * The API over a region in memory, on a free port of this machine: for tests of what clients see.
 *
 * @module
 */

import { defaultHttpServerOptions } from './api/http-server.ts'
import type { HttpServerOptions } from './api/http-server.ts'
import { assert } from './base/assert.ts'
import { systemClock } from './base/clock.ts'
import type { ManualClock } from './base/manual-clock.ts'
import { systemRandom } from './base/random.ts'
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
import { readAccounts } from './wire/accounts-document.ts'
import { TOKEN_KEY_BYTES } from './wire/sts/security-token.ts'

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
}

/** A serving region. */
export interface MemoryApi {
  readonly port: number
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
  const accounts = accountsOf(options)
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
    region,
    clock: machine.clock,
    engine: machine.engine,
    bugs,
    async stop() {
      await api.stop()
      await region.stop()
    },
  }
}

function accountsOf({ keys, accounts = { accounts: [] } }: MemoryApiOptions): AccountDirectory {
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
