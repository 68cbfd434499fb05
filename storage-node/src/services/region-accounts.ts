/**
 * Who an access key belongs to: the accounts that are listed here, then the access keys that the system
 * range keeps for the whole region (replication.md 1.14).
 *
 * A key of the region is found without waiting while its record is at hand; what has been worked out of
 * it, its secret among that, is kept with the record and goes with it.
 *
 * @module
 */

import type { Logger } from '../base/logger.ts'
import { ramUserIdOf } from '../contract/account-uid.ts'
import type { AccessKeyRecord } from '../model/access/access-key.ts'
import { ACCESS_KEY_ID } from '../model/access/access-key.ts'
import { compilePolicy } from '../model/access/compile-policy.ts'
import type { SignedIdentity } from '../model/access/identity.ts'
import { accountIdentity, ramUserIdentity } from '../model/access/identity.ts'
import { OssError } from '../model/errors.ts'
import type { AccessKeyId } from '../model/identifiers.ts'
import type { KeyRing } from '../wire/key-ring.ts'
import { readUserPolicy } from '../wire/oss/documents/policy.ts'
import { openSecret } from '../wire/stored/sealed-secret.ts'
import type { AccessKey, AccessKeyService, TemporaryKey } from './access-key-service.ts'
import type { AccountDirectory, Credentials, NewSession, Role } from './account-directory.ts'

/** Records as of a moment since every change that was acknowledged before the call. */
export interface AccessKeyRecords {
  /** Undefined says nothing: it is not at hand. */
  findCached(accessKeyId: AccessKeyId): AccessKeyRecord | undefined
  find(accessKeyId: AccessKeyId): Promise<AccessKeyRecord | undefined>
}

export interface RegionAccountsParts {
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  readonly records: AccessKeyRecords
  /** As it is now. */
  readonly keyRing: () => KeyRing
  /** Looked at first; has the roles and their sessions. */
  readonly directory: AccountDirectory
  readonly logger: Logger
}

export class RegionAccounts implements AccessKeyService {
  readonly #parts: RegionAccountsParts
  readonly #opened = new WeakMap<AccessKeyRecord, AccessKey>()

  constructor(parts: RegionAccountsParts) {
    this.#parts = parts
  }

  /** Throws and rejects with `ServiceUnavailable` where it cannot be known at the moment. */
  find(accessKeyId: string): AccessKey | undefined | Promise<AccessKey | undefined> {
    const { directory, records } = this.#parts
    const listed = directory.find(accessKeyId)
    if (listed !== undefined) return listed
    const cached = records.findCached(accessKeyId as AccessKeyId)
    if (cached !== undefined) return this.#keyOf(cached)
    // Nobody is asked for what no key can be called.
    return ACCESS_KEY_ID.test(accessKeyId) ? this.#fetch(accessKeyId as AccessKeyId) : undefined
  }

  findTemporary(securityToken: string): TemporaryKey | undefined {
    return this.#parts.directory.findTemporary(securityToken)
  }

  findRole(arn: string): Role | undefined {
    return this.#parts.directory.findRole(arn)
  }

  openSession(role: Role, session: NewSession): Credentials {
    return this.#parts.directory.openSession(role, session)
  }

  async #fetch(accessKeyId: AccessKeyId): Promise<AccessKey | undefined> {
    const record = await this.#parts.records.find(accessKeyId)
    return record && this.#keyOf(record)
  }

  #keyOf(record: AccessKeyRecord): AccessKey {
    const known = this.#opened.get(record)
    if (known !== undefined) return known
    const key = this.#open(record)
    this.#opened.set(record, key)
    return key
  }

  #open(record: AccessKeyRecord): AccessKey {
    const { region, keyRing, logger } = this.#parts
    const { accessKeyId, account, secret, enabled, expiresMs } = record
    const accessKeySecret = openSecret(keyRing(), { region, accessKeyId }, secret)
    if (accessKeySecret === undefined) {
      const sealedBy = secret.keyId
      logger.error('The secret of an access key cannot be opened', { accessKeyId, sealedBy })
      throw new OssError('ServiceUnavailable')
    }
    const identity = identityOf(region, record)
    return { accessKeyId, accessKeySecret, account, enabled, expiresMs, identity }
  }
}

function identityOf(region: string, { account, user }: AccessKeyRecord): SignedIdentity {
  if (user === undefined) return accountIdentity(account)
  const named = { id: ramUserIdOf(region, account, user.name), name: user.name }
  const policies = user.policies.map((text) => compilePolicy(readUserPolicy(text)))
  return ramUserIdentity(account, named, policies)
}
