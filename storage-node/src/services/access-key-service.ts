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
  /** From then on it is as good as disabled; undefined: never. */
  readonly expiresMs?: number | undefined
}

export interface AccessKey extends KeyPair {
  /** The same value for as long as the holder's rights do not change. */
  readonly identity: SignedIdentity
}

/** An access key that a security token goes with. */
export interface TemporaryKey extends AccessKey {
  readonly expiresMs: number
}

/** Finds access keys. */
export interface AccessKeyService {
  /** At once where it is at hand, for every request needs one. Rejects where nobody can be asked. */
  find(accessKeyId: string): AccessKey | undefined | Promise<AccessKey | undefined>
  /** Opens a security token. Undefined: it is none of ours, or its role is gone. */
  findTemporary(securityToken: string): TemporaryKey | undefined
}
