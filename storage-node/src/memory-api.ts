/**
 * The API over a region in memory, on a free port of this machine: for tests of what clients see.
 *
 * @module
 */

import { defaultHttpServerOptions } from './api/http-server.ts'
import type { HttpServerOptions } from './api/http-server.ts'
import { systemClock } from './base/clock.ts'
import { systemRandom } from './base/random.ts'
import { startLocalApi } from './local-api.ts'
import { openMemoryRegion } from './memory-region.ts'
import type { AccountUid } from './model/identifiers.ts'
import type { StorageNode } from './storage-node.ts'
import { fixedAccessKeys } from './services/access-key-service.ts'

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
  readonly http?: Partial<HttpServerOptions>
}

/** A serving region. */
export interface MemoryApi {
  readonly port: number
  readonly region: StorageNode
  /** What went wrong inside: a test that passes leaves it empty. */
  readonly bugs: readonly unknown[]
  stop(): Promise<void>
}

/** Starts it, empty. */
export async function startMemoryApi(options: MemoryApiOptions): Promise<MemoryApi> {
  const { region } = await openMemoryRegion({ seed: 1 })
  const bugs: unknown[] = []
  const api = await startLocalApi(region, {
    clock: systemClock,
    random: systemRandom,
    observer: { onEnd() {}, onBug: (_exchange, error) => void bugs.push(error) },
    http: { ...defaultHttpServerOptions, ...options.http },
    accessKeys: fixedAccessKeys(
      options.keys.map((key) => ({
        ...key,
        account: key.account as AccountUid,
        enabled: key.enabled ?? true,
      })),
    ),
    region: options.region,
    port: 0,
  })
  return {
    port: api.port,
    region,
    bugs,
    async stop() {
      await api.stop()
      await region.stop()
    },
  }
}
