/**
 * Accounts and access keys in the admin API.
 *
 * @module
 */

import type { Router } from 'express'
import {
  ACCESS_KEY_ID,
  ACCESS_KEY_SECRET,
  KEY_POLICIES_BYTES_MAX,
  KEY_POLICY_COUNT_MAX,
} from '../model/access/access-key.ts'
import type { KeyUser } from '../model/access/access-key.ts'
import { ACCOUNT_NAME_LENGTH_MAX, ACCOUNT_UID } from '../model/account.ts'
import { OssError } from '../model/errors.ts'
import type { AccessKeyId, AccountUid } from '../model/identifiers.ts'
import type { ManagedAccounts, WantedAccessKey } from '../services/managed-accounts.ts'
import { readUserPolicy } from '../wire/oss/documents/policy.ts'
import { AdminError } from './admin-error.ts'
import type { Fields } from './fields.ts'
import { isObject, readFields } from './fields.ts'

const KEY_FIELDS = ['account', 'accessKeySecret', 'enabled', 'expiresAt', 'policies', 'user']
const ACCOUNT_NAME = new RegExp(`^[^\\p{Cc}]{1,${ACCOUNT_NAME_LENGTH_MAX}}$`, 'u')
const USER_NAME = /^[A-Za-z0-9._-]{1,256}$/

export function addAccountRoutes(router: Router, accounts: ManagedAccounts): void {
  router.put('/v1/accounts/:uid', async ({ params, body }, response) => {
    const uid = readUid(params.uid)
    const fields = readFields(body, ['name'])
    const name = fields.text('name', ACCOUNT_NAME, `1 to ${ACCOUNT_NAME_LENGTH_MAX} characters`)
    fields.end()
    await accounts.putAccount(uid, name)
    response.json({})
  })
  router.get('/v1/accounts/:uid', async ({ params }, response) => {
    const uid = readUid(params.uid)
    const { name, publicAccessBlock } = await accounts.findAccount(uid)
    if (name === undefined && !publicAccessBlock) {
      throw new AdminError(404, 'NoSuchAccount', 'Nothing is known of the account')
    }
    response.json({ uid, name: name ?? null })
  })
  router.put('/v1/access-keys/:accessKeyId', async ({ params, body }, response) => {
    const accessKeyId = readKeyId(params.accessKeyId)
    await accounts.putAccessKey(accessKeyId, readAccessKey(accessKeyId, body))
    response.json({})
  })
  router.delete('/v1/access-keys/:accessKeyId', async ({ params }, response) => {
    await accounts.deleteAccessKey(readKeyId(params.accessKeyId))
    response.status(204).end()
  })
  router.get('/v1/access-keys', async ({ query }, response) => {
    const { account } = query
    const uid = account === undefined ? undefined : readUid(account)
    const keys = await accounts.listAccessKeys(uid)
    response.json({
      accessKeys: keys.map(({ expiresMs, ...key }) => ({
        ...key,
        expiresAt: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
      })),
    })
  })
}

function readAccessKey(accessKeyId: AccessKeyId, body: unknown): WantedAccessKey {
  const fields = readFields(body, KEY_FIELDS)
  const wanted = {
    account: fields.text('account', ACCOUNT_UID, 'a uid of 16 digits') as AccountUid,
    accessKeySecret: fields.text(
      'accessKeySecret',
      ACCESS_KEY_SECRET,
      '8 to 128 printable ASCII characters without blanks',
    ),
    enabled: fields.flag('enabled'),
    expiresMs: fields.time('expiresAt'),
    user: readUser(accessKeyId, fields),
  }
  fields.end()
  return wanted
}

/** A key has everything of its account only where that is said: never because a field was forgotten. */
function readUser(accessKeyId: AccessKeyId, fields: Fields): KeyUser | undefined {
  const given = fields.optional('policies')
  const isNamed = fields.optional('user') !== undefined
  const what = 'null or 1 to 256 letters, digits and signs of . _ -'
  const name = isNamed ? fields.text('user', USER_NAME, what) : accessKeyId
  if (given === undefined) {
    if (!fields.has('policies')) fields.tell('policies must be there: null for everything')
    return undefined
  }
  if (!Array.isArray(given) || given.length > KEY_POLICY_COUNT_MAX) {
    fields.tell(`policies must be null or a list of up to ${KEY_POLICY_COUNT_MAX}`)
    return undefined
  }
  const policies = given.flatMap((json: unknown, at) => readPolicy(json, at, fields))
  const byteCount = policies.reduce((sum, policy) => sum + Buffer.byteLength(policy), 0)
  if (byteCount > KEY_POLICIES_BYTES_MAX) {
    fields.tell(`policies must not be longer than ${KEY_POLICIES_BYTES_MAX} bytes together`)
  }
  return { name, policies }
}

function readPolicy(json: unknown, at: number, fields: Fields): string[] {
  const where = `policy ${at + 1} of policies`
  if (!isObject(json)) {
    fields.tell(`${where} must be a JSON object`)
    return []
  }
  const text = JSON.stringify(json)
  try {
    readUserPolicy(text)
  } catch (error) {
    if (!(error instanceof OssError)) throw error
    fields.tell(`${where} is not valid: ${error.message}`)
  }
  return [text]
}

function readUid(uid: unknown): AccountUid {
  if (typeof uid === 'string' && ACCOUNT_UID.test(uid)) return uid as AccountUid
  throw new AdminError(400, 'InvalidArgument', 'The uid of an account must be 16 digits')
}

function readKeyId(id: string): AccessKeyId {
  if (ACCESS_KEY_ID.test(id)) return id as AccessKeyId
  throw new AdminError(
    400,
    'InvalidArgument',
    'The id of an access key must be 3 to 128 letters, digits and signs of . _ -, and not begin with STS.',
  )
}
