/**
 * What a local region calls application servers with: the network of this machine, and a key that is
 * kept in the data directory.
 *
 * @module
 */

import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from './base/clock.ts'
import { isPublicAddress, NodeOutgoingHttp } from './base/outgoing-http.ts'
import type { CallbackKey } from './services/callback-service.ts'
import { CallbackService } from './services/callback-service.ts'

/** How callbacks are made. */
export interface CallbackConfig {
  /** Whether application servers may be at addresses that only this machine or its network can reach. */
  readonly mayBePrivate: boolean
  /** Where the public key is said to be; undefined: at the endpoint. */
  readonly keyUrl: string | undefined
}

const KEY_BITS = 2048

/** Nothing is opened before a callback, or the key, is asked for. */
export function openCallbacks(
  clock: Clock,
  { mayBePrivate, keyUrl }: CallbackConfig,
  openKey: () => Promise<CallbackKey>,
): CallbackService {
  const http = new NodeOutgoingHttp(clock, mayBePrivate ? () => true : isPublicAddress)
  return new CallbackService({ http, openKey, keyUrl })
}

/** Makes a key pair, in a tenth of a second on another thread. */
export function makeCallbackKey(): Promise<CallbackKey> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}
