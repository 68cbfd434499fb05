/**
 * Who an access key belongs to.
 *
 * @module
 */

import type { SignedIdentity } from '../model/access/identity.ts'
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

/** An access key that a security token goes with. */
export interface TemporaryKey extends AccessKey {
  readonly expiresMs: number
}

/** Finds access keys; synchronous because every request needs one. */
export interface AccessKeyService {
  find(accessKeyId: string): AccessKey | undefined
  /** Opens a security token. Undefined: it is none of ours, or its role is gone. */
  findTemporary(securityToken: string): TemporaryKey | undefined
}
