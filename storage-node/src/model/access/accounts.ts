/**
 * Accounts with their RAM users and roles, as somebody writes them down.
 *
 * @module
 */

import type { AccountUid } from '../identifiers.ts'
import type { PolicyDocument } from './policy.ts'

/** An access key of whoever lists it. */
export interface ListedKey {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly enabled: boolean
}

export interface ListedUser {
  readonly name: string
  /** Digits; what bucket policies call the user. */
  readonly id: string
  readonly accessKeys: readonly ListedKey[]
  readonly policies: readonly PolicyDocument[]
}

export interface ListedRole {
  readonly name: string
  /** Digits. */
  readonly id: string
  /** Who may assume it: names of users, of accounts for all of their users, of roles; with wildcards. */
  readonly trusted: readonly string[]
  readonly policies: readonly PolicyDocument[]
  readonly sessionSecondsMax: number
}

export interface ListedAccount {
  readonly uid: AccountUid
  readonly accessKeys: readonly ListedKey[]
  readonly users: readonly ListedUser[]
  readonly roles: readonly ListedRole[]
}

export const SESSION_SECONDS_MIN = 900
export const SESSION_SECONDS_DEFAULT = 3600
export const SESSION_SECONDS_CEILING = 43_200
