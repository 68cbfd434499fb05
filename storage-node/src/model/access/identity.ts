/**
 * Who a request is from, as far as rights are concerned.
 *
 * An identity is made once and lasts as long as its access key: policies remember by it what is about it.
 *
 * @module
 */

import type { AccountUid } from '../identifiers.ts'
import type { CompiledPolicy } from './compile-policy.ts'

/** Whoever sends a request without a signature. */
export interface Anonymous {
  readonly kind: 'anonymous'
}

/** What somebody is called where a policy names principals. */
export interface PrincipalNames {
  readonly account: AccountUid
  /** Of an account or of a RAM user: a number of 16 to 18 digits. Of a session: role id and name. */
  readonly id: string
  /** Every form in which policies write it. */
  readonly names: readonly string[]
}

/** The account itself: it may do with its own what nobody denies it. */
export interface AccountIdentity extends PrincipalNames {
  readonly kind: 'account'
}

/** May do what its policies allow it with what its account owns. */
export interface RamUserIdentity extends PrincipalNames {
  readonly kind: 'user'
  readonly policies: readonly CompiledPolicy[]
}

/** Somebody with temporary credentials, who has the rights of a role. */
export interface SessionIdentity extends PrincipalNames {
  readonly kind: 'session'
  readonly policies: readonly CompiledPolicy[]
  /** Takes away what it does not allow. Undefined: nothing. */
  readonly sessionPolicy: CompiledPolicy | undefined
}

export type SignedIdentity = AccountIdentity | RamUserIdentity | SessionIdentity
export type Identity = Anonymous | SignedIdentity

export const ANONYMOUS_IDENTITY: Anonymous = { kind: 'anonymous' }

/** The account itself. */
export function accountIdentity(account: AccountUid): AccountIdentity {
  return { kind: 'account', account, id: account, names: [accountArn(account)] }
}

/** A RAM user; `id` is its number. */
export function ramUserIdentity(
  account: AccountUid,
  user: { readonly id: string; readonly name: string },
  policies: readonly CompiledPolicy[],
): RamUserIdentity {
  const { id, name } = user
  return { kind: 'user', account, id, names: [userArn(account, name)], policies }
}

/** A session of a role, which policies may name as the session, or as the role for all of its sessions. */
export function sessionIdentity(
  account: AccountUid,
  role: { readonly id: string; readonly name: string; readonly session: string },
  policies: readonly CompiledPolicy[],
  sessionPolicy: CompiledPolicy | undefined,
): SessionIdentity {
  const { id, name, session } = role
  const names = [
    roleArn(account, name),
    `${roleArn(account, name)}/${session}`,
    `arn:sts::${account}:assumed-role/${name}/${session}`,
  ]
  return {
    ...{ kind: 'session', account, id: `${id}:${session}`, names },
    ...{ policies, sessionPolicy },
  }
}

export function accountArn(account: AccountUid): string {
  return `acs:ram::${account}:root`
}

export function userArn(account: AccountUid, name: string): string {
  return `acs:ram::${account}:user/${name}`
}

export function roleArn(account: AccountUid, name: string): string {
  return `acs:ram::${account}:role/${name}`
}
