/**
 * Who an access key belongs to.
 *
 * @module
 */

import type { AccountUid } from '../model/identifiers.ts'

export interface AccessKey {
  readonly accessKeyId: string
  /** Never logged, never answered. */
  readonly accessKeySecret: string
  readonly account: AccountUid
  readonly enabled: boolean
}

/** Finds access keys; synchronous because every request needs one. */
export interface AccessKeyService {
  find(accessKeyId: string): AccessKey | undefined
}

/** Access keys that are given at start. */
export function fixedAccessKeys(keys: readonly AccessKey[]): AccessKeyService {
  const byId = new Map(keys.map((key) => [key.accessKeyId, key]))
  return { find: (accessKeyId) => byId.get(accessKeyId) }
}
