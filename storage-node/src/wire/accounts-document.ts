/**
 * The file that lists accounts, their RAM users and roles, as JSON.
 *
 * Every mistake is told, and where there is one nothing of the file counts: half of it could open what
 * the other half was to close.
 *
 * @module
 */

import { ACCESS_KEY_ID, ACCESS_KEY_SECRET } from '../model/access/access-key.ts'
import type { ListedAccount, ListedKey, ListedRole, ListedUser } from '../model/access/accounts.ts'
import {
  SESSION_SECONDS_CEILING,
  SESSION_SECONDS_DEFAULT,
  SESSION_SECONDS_MIN,
} from '../model/access/accounts.ts'
import type { PolicyDocument } from '../model/access/policy.ts'
import { findSystemPolicy } from '../model/access/system-policies.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid } from '../model/identifiers.ts'
import { readUserPolicy } from './oss/documents/policy.ts'

export type AccountsOutcome =
  | { readonly kind: 'read'; readonly accounts: readonly ListedAccount[] }
  | { readonly kind: 'mistaken'; readonly mistakes: readonly string[] }

/** Reads the file. An account without a `uid` is the region's own. */
export function readAccounts(text: string, ownAccount: AccountUid): AccountsOutcome {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { kind: 'mistaken', mistakes: [`It must be JSON: ${(error as Error).message}`] }
  }
  const reader = new AccountsReader(ownAccount)
  const accounts = reader.read(json)
  const { mistakes } = reader
  return mistakes.length > 0 ? { kind: 'mistaken', mistakes } : { kind: 'read', accounts }
}

type JsonObject = Readonly<Record<string, unknown>>

const UID = /^\d{16,20}$/
const NAME = /^[A-Za-z0-9._-]{1,64}$/
const TRUSTED = /^acs:ram::[\d*]+:(root|(user|role)\/[A-Za-z0-9._*-]+)$/

class AccountsReader {
  readonly mistakes: string[] = []
  readonly #ownAccount: AccountUid
  /** Identifiers that must not come twice, each with what has it. */
  readonly #taken = new Map<string, string>()

  constructor(ownAccount: AccountUid) {
    this.#ownAccount = ownAccount
  }

  read(json: unknown): ListedAccount[] {
    const document = this.#object(json, 'The file', ['accounts'])
    return this.#list(document, 'accounts', 'the file').map((each, at) =>
      this.#account(each, `account ${at + 1}`),
    )
  }

  #account(json: unknown, where: string): ListedAccount {
    const account = this.#object(json, where, ['uid', 'accessKeys', 'users', 'roles'])
    const uid =
      account['uid'] === undefined ? this.#ownAccount : this.#text(account, 'uid', UID, where)
    this.#once(`uid ${uid}`, where)
    return {
      uid: uid as AccountUid,
      accessKeys: this.#keys(account, where),
      users: this.#list(account, 'users', where).map((each, at) =>
        this.#user(each, `user ${at + 1} of ${where}`, uid),
      ),
      roles: this.#list(account, 'roles', where).map((each, at) =>
        this.#role(each, `role ${at + 1} of ${where}`, uid),
      ),
    }
  }

  #user(json: unknown, where: string, account: string): ListedUser {
    const user = this.#object(json, where, ['name', 'id', 'accessKeys', 'policies'])
    const name = this.#text(user, 'name', NAME, where)
    const id = this.#text(user, 'id', UID, where)
    this.#once(`name ${name} of a user of ${account}`, where)
    this.#once(`uid ${id}`, where)
    return { name, id, accessKeys: this.#keys(user, where), policies: this.#policies(user, where) }
  }

  #role(json: unknown, where: string, account: string): ListedRole {
    const known = ['name', 'id', 'trusted', 'policies', 'sessionSecondsMax']
    const role = this.#object(json, where, known)
    const name = this.#text(role, 'name', NAME, where)
    const id = this.#text(role, 'id', UID, where)
    this.#once(`name ${name} of a role of ${account}`, where)
    this.#once(`uid ${id}`, where)
    const trusted = this.#list(role, 'trusted', where).filter((each): each is string => {
      const isName = typeof each === 'string' && TRUSTED.test(each)
      if (!isName) this.#tell(`trusted of ${where} must be names like acs:ram::<uid>:user/<name>`)
      return isName
    })
    return {
      ...{ name, id, trusted, policies: this.#policies(role, where) },
      sessionSecondsMax: this.#seconds(role['sessionSecondsMax'], where),
    }
  }

  #seconds(value: unknown, where: string): number {
    if (value === undefined) return SESSION_SECONDS_DEFAULT
    const isFine =
      Number.isInteger(value) &&
      Number(value) >= SESSION_SECONDS_MIN &&
      Number(value) <= SESSION_SECONDS_CEILING
    if (!isFine) {
      this.#tell(
        `sessionSecondsMax of ${where} must be a whole number from ${SESSION_SECONDS_MIN} to ${SESSION_SECONDS_CEILING}`,
      )
    }
    return Number(value)
  }

  #keys(owner: JsonObject, where: string): ListedKey[] {
    return this.#list(owner, 'accessKeys', where).map((json, at) => {
      const here = `access key ${at + 1} of ${where}`
      const key = this.#object(json, here, ['accessKeyId', 'accessKeySecret', 'enabled'])
      const accessKeyId = this.#text(key, 'accessKeyId', ACCESS_KEY_ID, here)
      const accessKeySecret = this.#text(key, 'accessKeySecret', ACCESS_KEY_SECRET, here)
      const enabled = key['enabled'] ?? true
      if (typeof enabled !== 'boolean') this.#tell(`enabled of ${here} must be true or false`)
      this.#once(`accessKeyId ${accessKeyId}`, here)
      return { accessKeyId, accessKeySecret, enabled: enabled === true }
    })
  }

  /** Names of system policies, and policies themselves. */
  #policies(owner: JsonObject, where: string): PolicyDocument[] {
    return this.#list(owner, 'policies', where).flatMap((json, at) => {
      const here = `policy ${at + 1} of ${where}`
      if (typeof json === 'string') {
        const found = findSystemPolicy(json)
        if (found === undefined) this.#tell(`${here} must be a system policy, is "${json}"`)
        return found ?? []
      }
      try {
        return readUserPolicy(JSON.stringify(json))
      } catch (error) {
        if (!(error instanceof OssError)) throw error
        this.#tell(`${here} is not valid: ${error.message}`)
        return []
      }
    })
  }

  #text(value: JsonObject, name: string, pattern: RegExp, where: string): string {
    const text = value[name]
    if (typeof text === 'string' && pattern.test(text)) return text
    // What was given is not shown: it may be a secret in the wrong place.
    this.#tell(`${name} of ${where} must be a text that matches ${pattern.source}`)
    return ''
  }

  #list(value: JsonObject, name: string, where: string): readonly unknown[] {
    const list = value[name] ?? []
    if (Array.isArray(list)) return list
    this.#tell(`${name} of ${where} must be a list`)
    return []
  }

  #object(json: unknown, where: string, known: readonly string[]): JsonObject {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      this.#tell(`${where} must be a JSON object`)
      return {}
    }
    const other = Object.keys(json).find((name) => !known.includes(name))
    if (other !== undefined) this.#tell(`${where} has an element that is not known: "${other}"`)
    return json as JsonObject
  }

  #once(what: string, where: string): void {
    const taken = this.#taken.get(what)
    if (taken !== undefined) this.#tell(`${where} has the ${what}, which ${taken} has`)
    this.#taken.set(what, where)
  }

  #tell(mistake: string): void {
    this.mistakes.push(mistake)
  }
}
