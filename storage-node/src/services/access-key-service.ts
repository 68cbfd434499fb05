/**
 * Who an access key belongs to.
 *
 * @module
 */

import type { SignedIdentity } from '../model/access/identity.ts'
import { accountIdentity } from '../model/access/identity.ts'
import type { AccountUid } from '../model/identifiers.ts'

/** What is known of an access key before its holder's rights are. */
export interface KeyPair {
  readonly accessKeyId: string
  /** Never logged, never answered. */
  readonly accessKeySecret: string
  readonly account: AccountUid
  readonly enabled: boolean
}

export interface AccessKey extends KeyPair {
  /** The same value for as long as the holder's rights do not change. */
  readonly identity: SignedIdentity
}

/** Finds access keys; synchronous because every request needs one. */
export interface AccessKeyService {
  find(accessKeyId: string): AccessKey | undefined
}

/** Access keys of accounts that are given at start. */
export function fixedAccessKeys(keys: readonly KeyPair[]): AccessKeyService {
  const byId = new Map(
    keys.map((key) => [key.accessKeyId, { ...key, identity: accountIdentity(key.account) }]),
  )
  return { find: (accessKeyId) => byId.get(accessKeyId) }
}
