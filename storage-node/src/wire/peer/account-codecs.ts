/**
 * Codecs of accounts and access keys.
 *
 * @module
 */

import type {
  AccessKeyRecord,
  AccessKeySummary,
  KeyUser,
  SealedSecret,
} from '../../model/access/access-key.ts'
import { KEY_POLICIES_BYTES_MAX, KEY_POLICY_COUNT_MAX } from '../../model/access/access-key.ts'
import type { AccountRecord } from '../../model/account.ts'
import type { AccessKeyId } from '../../model/identifiers.ts'
import type { Codec } from './codec.ts'
import { bool, bytes, list, optional, struct, text, u48 } from './codec.ts'
import { accountUid } from './record-codecs.ts'

const ACCESS_KEY_ID_BYTES_MAX = 128
/** Of accounts, users and keys of a ring: more than anybody may give them. */
const NAME_BYTES_MAX = 4096
const SEALED_BYTES_MAX = 1024

const name: Codec<string> = text(NAME_BYTES_MAX)

export const accountName = name
export const accountRecord: Codec<AccountRecord> = struct<AccountRecord>({
  name: optional(name),
  publicAccessBlock: bool(),
})

export const accessKeyId: Codec<AccessKeyId> = text<AccessKeyId>(ACCESS_KEY_ID_BYTES_MAX)

const summaryFields = {
  accessKeyId,
  account: accountUid,
  enabled: bool(),
  expiresMs: optional(u48()),
}
const secret = struct<SealedSecret>({ keyId: name, bytes: bytes(SEALED_BYTES_MAX) })
const policies = list(text(KEY_POLICIES_BYTES_MAX), KEY_POLICY_COUNT_MAX)

export const accessKeySummary: Codec<AccessKeySummary> = struct<AccessKeySummary>(summaryFields)
export const accessKeyRecord: Codec<AccessKeyRecord> = struct<AccessKeyRecord>({
  ...summaryFields,
  secret,
  user: optional(struct<KeyUser>({ name, policies })),
})
