/**
 * What both ways to run a local region share: what they are given, and what they give back.
 *
 * @module
 */

import type { Fatal } from './base/crash.ts'
import type { Logger } from './base/logger.ts'
import type { GivenAccessKey } from './config.ts'

export interface ServingParts {
  readonly zoneCount: number
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly logger: Logger
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly fatal: Fatal
}

/** A region that serves. */
export interface Serving {
  readonly accessKey: GivenAccessKey
  /** Of the API of each storage node. */
  readonly httpPorts: readonly number[]
  readonly adminPort: number
  /** Ends everything in order. */
  stop(): Promise<void>
}
