/**
 * What a region remembers of an account, as the API sees it.
 *
 * @module
 */

import type { Partitions } from '../cluster/partitions.ts'
import type { AccountSettings } from '../model/account.ts'
import type { AccountUid } from '../model/identifiers.ts'
import { everyBucket } from './every-bucket.ts'

export class AccountService {
  readonly #partitions: Partitions

  constructor(partitions: Partitions) {
    this.#partitions = partitions
  }

  settings(account: AccountUid): Promise<AccountSettings> {
    return this.#partitions.ask({ kind: 'account', account })
  }

  /**
   * Done when it holds for every bucket. The account comes first: a bucket that is made from then on has
   * it from the start, and one that is refreshed takes what the account says at that moment, so that
   * of two who change it at once the later one has the last word everywhere. Who fails on the way is to
   * try again.
   */
  async putSettings(account: AccountUid, settings: AccountSettings): Promise<void> {
    const partitions = this.#partitions
    await partitions.execute({ kind: 'putAccountSettings', account, settings })
    for await (const { owner, name, bucketId } of everyBucket(partitions, '')) {
      if (owner === account) {
        await partitions.execute({ kind: 'refreshOwnerBlock', name, bucketId })
      }
    }
  }
}
