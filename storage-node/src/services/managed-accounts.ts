/**
 * Accounts and access keys of the region, as the operator puts them.
 *
 * Secrets are sealed here, before they become part of a command (replication.md 1.14).
 *
 * @module
 */

import type { Random } from '../base/random.ts'
import type { Partitions } from '../cluster/partitions.ts'
import type { AccessKeySummary, KeyUser } from '../model/access/access-key.ts'
import type { AccountRecord } from '../model/account.ts'
import type { AccessKeyId, AccountUid } from '../model/identifiers.ts'
import type { KeyRing } from '../wire/key-ring.ts'
import { sealSecret, SECRET_NONCE_BYTES } from '../wire/stored/sealed-secret.ts'

const PAGE_COUNT = 1000

/** An access key as it is to be. */
export interface WantedAccessKey {
  readonly account: AccountUid
  /** Never logged. */
  readonly accessKeySecret: string
  readonly enabled: boolean
  readonly expiresMs: number | undefined
  /** Undefined: it has everything of the account. */
  readonly user: KeyUser | undefined
}

export interface ManagedAccountsParts {
  readonly partitions: Partitions
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  /** As it is now. */
  readonly keyRing: () => KeyRing
  readonly random: Random
}

export class ManagedAccounts {
  readonly #parts: ManagedAccountsParts

  constructor(parts: ManagedAccountsParts) {
    this.#parts = parts
  }

  async putAccount(account: AccountUid, accountName: string): Promise<void> {
    await this.#parts.partitions.execute({ kind: 'putAccount', account, accountName })
  }

  /** Of an account that nothing was ever told of, the settings that all begin with. */
  findAccount(account: AccountUid): Promise<AccountRecord> {
    return this.#parts.partitions.ask({ kind: 'account', account })
  }

  /**
   * Done when every storage node goes by it. Refuses the id of another account's key with
   * `EntityAlreadyExists.AccessKey`.
   */
  async putAccessKey(accessKeyId: AccessKeyId, wanted: WantedAccessKey): Promise<void> {
    const { partitions, region, keyRing, random } = this.#parts
    const { accessKeySecret, ...rest } = wanted
    const nonce = random.bytes(SECRET_NONCE_BYTES)
    const secret = sealSecret(keyRing(), { region, accessKeyId }, accessKeySecret, nonce)
    const record = { accessKeyId, secret, ...rest }
    await partitions.execute({ kind: 'putAccessKey', accessKeyId, record })
  }

  /** Done when no storage node takes it any more, also when there is none. */
  async deleteAccessKey(accessKeyId: AccessKeyId): Promise<void> {
    await this.#parts.partitions.execute({ kind: 'deleteAccessKey', accessKeyId })
  }

  /** All of an account, or of everybody. */
  async listAccessKeys(account: AccountUid | undefined): Promise<AccessKeySummary[]> {
    const keys: AccessKeySummary[] = []
    let after: AccessKeyId | undefined
    for (;;) {
      const page = await this.#parts.partitions.ask({
        ...{ kind: 'accessKeyPage', after, limit: PAGE_COUNT },
      })
      keys.push(...page.filter((key) => account === undefined || key.account === account))
      if (page.length < PAGE_COUNT) return keys
      after = page.at(-1)?.accessKeyId
    }
  }
}
