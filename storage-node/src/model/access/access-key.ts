/**
 * Access keys as the system range keeps them.
 *
 * @module
 */

import type { Decision, SystemCommand } from '../command.ts'
import { OssError } from '../errors.ts'
import type { AccessKeyId, AccountUid } from '../identifiers.ts'

/** The secret of an access key, as only a storage node of the region can read it. */
export interface SealedSecret {
  /** Of the key that sealed it, in the region's key ring. */
  readonly keyId: string
  /** Nonce, what was sealed, tag. */
  readonly bytes: Uint8Array
}

/** Whose rights an access key has that is not the account's own. */
export interface KeyUser {
  readonly name: string
  /** JSON documents, as they were checked. None: no rights but those that a bucket gives. */
  readonly policies: readonly string[]
}

/** Row `A`. What is worked out of it is kept by the identity of the value, never by request. */
export interface AccessKeyRecord {
  readonly accessKeyId: AccessKeyId
  readonly account: AccountUid
  readonly secret: SealedSecret
  readonly enabled: boolean
  /** From then on it is as good as disabled; undefined: never. */
  readonly expiresMs: number | undefined
  /** Undefined: it has everything of the account. */
  readonly user: KeyUser | undefined
}

/** What a list shows of an access key: nothing that anybody could sign with. */
export type AccessKeySummary = Pick<
  AccessKeyRecord,
  'accessKeyId' | 'account' | 'enabled' | 'expiresMs'
>

/** What a client may call an access key; `STS.` is that of temporary ones. */
export const ACCESS_KEY_ID = /^(?!STS\.)[A-Za-z0-9._-]{3,128}$/
export const ACCESS_KEY_SECRET = /^[\x21-\x7e]{8,128}$/
/** Of all policies of a key together, in UTF-8. */
export const KEY_POLICIES_BYTES_MAX = 24 * 1024
export const KEY_POLICY_COUNT_MAX = 100
/** Names, numbers, the sealed secret, and what an object costs in memory. */
const BARE_BYTES = 600
/** Of UTF-8. */
const CHARACTER_BYTES_MAX = 3

/** About what it takes in memory, its policies once more as what is worked out of them. */
export function accessKeyBytes({ user }: AccessKeyRecord): number {
  const characters = user?.policies.reduce((sum, policy) => sum + policy.length, 0) ?? 0
  return BARE_BYTES + characters * CHARACTER_BYTES_MAX * 2
}

type PutAccessKey = Extract<SystemCommand, { kind: 'putAccessKey' }>
type DeleteAccessKey = Extract<SystemCommand, { kind: 'deleteAccessKey' }>

/** The pair of another account is not taken over: its holder would lose access, or get somebody else's. */
export function decidePutAccessKey(
  { record }: PutAccessKey,
  existing: AccessKeyRecord | undefined,
): Decision {
  const { accessKeyId, account } = record
  if (existing !== undefined && existing.account !== account) {
    const details = [{ name: 'AccessKeyId', value: accessKeyId }]
    return { refused: new OssError('EntityAlreadyExists.AccessKey', { details }) }
  }
  return {
    changes: [{ row: 'accessKey', accessKeyId, value: record }],
    result: { kind: 'done' },
  }
}

/**
 * Done also when there is none: whoever asks again because an answer was lost must still wait until
 * nobody uses what there was.
 */
export function decideDeleteAccessKey(
  { accessKeyId }: DeleteAccessKey,
  existing: AccessKeyRecord | undefined,
): Decision {
  const result = { kind: 'done' } as const
  if (existing === undefined) return { changes: [], result }
  return { changes: [{ row: 'accessKey', accessKeyId, value: undefined }], result }
}
