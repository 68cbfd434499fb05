/**
 * What a region remembers of an account beside its buckets.
 *
 * @module
 */

import type { Decision, SystemCommand } from './command.ts'

/** Row `P`. */
export interface AccountSettings {
  /** No ACL and no policy makes anything public in any bucket of the account. */
  readonly publicAccessBlock: boolean
}

/** An account that was told nothing. */
export const unsetAccount: AccountSettings = { publicAccessBlock: false }

type PutAccountSettings = Extract<SystemCommand, { kind: 'putAccountSettings' }>

/** Buckets that are there learn of it one by one (`refreshOwnerBlock`), new ones when they are made. */
export function decidePutAccountSettings({ account, settings }: PutAccountSettings): Decision {
  const value = settings.publicAccessBlock ? settings : undefined
  return { changes: [{ row: 'account', account, value }], result: { kind: 'done' } }
}
