/**
 * The accounts of a region, their RAM users and roles, and the sessions of these.
 *
 * What is known is replaced as a whole. Sessions live in their tokens alone: a role that is taken away,
 * or gets other policies, has that effect on its sessions at once.
 *
 * @module
 */

import type { Random } from '../base/random.ts'
import type { ListedAccount, ListedKey, ListedRole } from '../model/access/accounts.ts'
import type { CompiledPolicy } from '../model/access/compile-policy.ts'
import { compilePolicy } from '../model/access/compile-policy.ts'
import type { SignedIdentity } from '../model/access/identity.ts'
import {
  accountIdentity,
  ramUserIdentity,
  roleArn,
  sessionIdentity,
} from '../model/access/identity.ts'
import type { PolicyDocument } from '../model/access/policy.ts'
import type { AccountUid } from '../model/identifiers.ts'
import { readUserPolicy } from '../wire/oss/documents/policy.ts'
import type { SealedSession } from '../wire/sts/security-token.ts'
import { openToken, sealToken, TOKEN_NONCE_BYTES } from '../wire/sts/security-token.ts'
import type { AccessKey, AccessKeyService, KeyPair, TemporaryKey } from './access-key-service.ts'

/** A role, with its policies prepared. */
export interface Role extends Omit<ListedRole, 'policies'> {
  readonly account: AccountUid
  readonly policies: readonly CompiledPolicy[]
}

/** What AssumeRole gives away. */
export interface NewSession {
  readonly name: string
  readonly expiresMs: number
  /** As JSON, checked. */
  readonly policy: string | undefined
}

export interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken: string
}

export interface AccountDirectoryParts {
  readonly random: Random
  /** 32 bytes, the same on every storage node of the region. */
  readonly tokenKey: Uint8Array
  /** Of the region itself: always there. */
  readonly ownKeys: readonly KeyPair[]
}

/** Bounds memory: a token has up to 6 KB with all that belongs to it. */
const SESSION_COUNT_MAX = 2_000
const SECRET_BYTES = 30
const ACCESS_KEY_ID_BYTES = 18

export class AccountDirectory implements AccessKeyService {
  readonly #parts: AccountDirectoryParts
  #keys: ReadonlyMap<string, AccessKey> = new Map()
  #roles: ReadonlyMap<string, Role> = new Map()
  readonly #sessions = new Map<string, TemporaryKey>()

  constructor(parts: AccountDirectoryParts) {
    this.#parts = parts
    this.replace([])
  }

  /** From now on these are the accounts, beside the region's own. */
  replace(accounts: readonly ListedAccount[]): void {
    const keys = new Map<string, AccessKey>()
    const roles = new Map<string, Role>()
    for (const { uid, accessKeys, users, roles: listed } of accounts) {
      addKeys(keys, uid, accessKeys, accountIdentity(uid))
      for (const user of users) {
        addKeys(keys, uid, user.accessKeys, ramUserIdentity(uid, user, compiled(user.policies)))
      }
      for (const role of listed) {
        const policies = compiled(role.policies)
        roles.set(roleArn(uid, role.name), { ...role, account: uid, policies })
      }
    }
    for (const key of this.#parts.ownKeys) {
      keys.set(key.accessKeyId, { ...key, identity: accountIdentity(key.account) })
    }
    this.#keys = keys
    this.#roles = roles
    this.#sessions.clear()
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId)
  }

  findRole(arn: string): Role | undefined {
    return this.#roles.get(arn)
  }

  findTemporary(securityToken: string): TemporaryKey | undefined {
    const known = this.#sessions.get(securityToken)
    if (known !== undefined) return known
    const sealed = openToken(securityToken, this.#parts.tokenKey)
    const key = sealed && this.#temporaryKey(sealed)
    if (key === undefined) return undefined
    if (this.#sessions.size >= SESSION_COUNT_MAX) this.#sessions.clear()
    this.#sessions.set(securityToken, key)
    return key
  }

  /** Temporary credentials with the rights of a role. */
  openSession(role: Role, { name, expiresMs, policy }: NewSession): Credentials {
    const { random, tokenKey } = this.#parts
    const accessKeyId = `STS.${lettersOf(random, ACCESS_KEY_ID_BYTES)}`
    const accessKeySecret = lettersOf(random, SECRET_BYTES)
    const sealed: SealedSession = {
      ...{ accessKeyId, accessKeySecret, account: role.account, role: role.name, roleId: role.id },
      ...{ sessionName: name, expiresMs, policy },
    }
    const securityToken = sealToken(sealed, tokenKey, random.bytes(TOKEN_NONCE_BYTES))
    return { accessKeyId, accessKeySecret, securityToken }
  }

  #temporaryKey(sealed: SealedSession): TemporaryKey | undefined {
    const { accessKeyId, accessKeySecret, expiresMs, sessionName, policy } = sealed
    const account = sealed.account as AccountUid
    const role = this.#roles.get(roleArn(account, sealed.role))
    // One of the same name that was made since is another role.
    if (role === undefined || role.id !== sealed.roleId) return undefined
    const sessionPolicy = policy === undefined ? undefined : compilePolicy(readUserPolicy(policy))
    const named = { id: role.id, name: role.name, session: sessionName }
    const identity = sessionIdentity(account, named, role.policies, sessionPolicy)
    return { accessKeyId, accessKeySecret, account, enabled: true, identity, expiresMs }
  }
}

function addKeys(
  keys: Map<string, AccessKey>,
  account: AccountUid,
  listed: readonly ListedKey[],
  identity: SignedIdentity,
): void {
  for (const key of listed) keys.set(key.accessKeyId, { ...key, account, identity })
}

function compiled(policies: readonly PolicyDocument[]): CompiledPolicy[] {
  return policies.map(compilePolicy)
}

/** Letters and digits: a sign would have to be encoded in URLs. */
function lettersOf(random: Random, byteCount: number): string {
  return Buffer.from(random.bytes(byteCount)).toString('base64').replaceAll(/[+/=]/g, 'x')
}
