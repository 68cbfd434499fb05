/**
 * What a region remembers of an account beside its buckets.
 *
 * @module
 */

import type { Decision, SystemCommand } from './command.ts'
import type { AccountUid } from './identifiers.ts'

/** What an account says of all of its buckets. */
export interface AccountSettings {
  /** No ACL and no policy makes anything public in any bucket of the account. */
  readonly publicAccessBlock: boolean
}

/** Row `P`. */
export interface AccountRecord extends AccountSettings {
  /** What people call it; undefined: nobody said. */
  readonly name: string | undefined
}

/** An account that was told nothing. */
export const unsetAccount: AccountRecord = { name: undefined, publicAccessBlock: false }

export const ACCOUNT_UID = /^[1-9]\d{15}$/
export const ACCOUNT_NAME_LENGTH_MAX = 256

type PutAccount = Extract<SystemCommand, { kind: 'putAccount' }>
type PutAccountSettings = Extract<SystemCommand, { kind: 'putAccountSettings' }>

/** Says what it is called, and leaves what it says of its buckets. */
export function decidePutAccount(
  { account, accountName }: PutAccount,
  existing: AccountRecord,
): Decision {
  return putAccount(account, { ...existing, name: accountName })
}

/** Buckets that are there learn of it one by one (`refreshOwnerBlock`), new ones when they are made. */
export function decidePutAccountSettings(
  { account, settings }: PutAccountSettings,
  existing: AccountRecord,
): Decision {
  return putAccount(account, { ...existing, ...settings })
}

function putAccount(account: AccountUid, record: AccountRecord): Decision {
  const isUnset = record.name === undefined && !record.publicAccessBlock
  const value = isUnset ? undefined : record
  return { changes: [{ row: 'account', account, value }], result: { kind: 'done' } }
}
