/**
 * Rows `A`: access keys, their secrets sealed.
 *
 * @module
 */

import type { AccessKeyRecord, KeyUser } from '../../model/access/access-key.ts'
import type { AccessKeyId, AccountUid } from '../../model/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { StoredFormatError } from './stored-format-error.ts'

const VERSION = 1
const FLAGS = { enabled: 1, expires: 2, isOfUser: 4 } as const

export function encodeAccessKeyRow(record: AccessKeyRecord): Buffer {
  const { accessKeyId, account, secret, enabled, expiresMs, user } = record
  let flags = enabled ? FLAGS.enabled : 0
  if (expiresMs !== undefined) flags |= FLAGS.expires
  if (user !== undefined) flags |= FLAGS.isOfUser
  const writer = new BinaryWriter()
    .u8(VERSION)
    .u8(flags)
    .text(accessKeyId)
    .text(account)
    .text(secret.keyId)
    .bytes(secret.bytes)
  if (expiresMs !== undefined) writer.u48(expiresMs)
  if (user !== undefined) {
    writer.text(user.name).varint(user.policies.length)
    for (const policy of user.policies) writer.text(policy)
  }
  return writer.finish()
}

export function decodeAccessKeyRow(bytes: Uint8Array): AccessKeyRecord {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw new StoredFormatError(`Access key row has version ${version}`)
  const flags = reader.u8()
  const accessKeyId = reader.text() as AccessKeyId
  const account = reader.text() as AccountUid
  // A copy: the row may be a view of something that lives shorter.
  const secret = { keyId: reader.text(), bytes: Uint8Array.from(reader.bytes()) }
  const enabled = (flags & FLAGS.enabled) !== 0
  const expiresMs = flags & FLAGS.expires ? reader.u48() : undefined
  const user = flags & FLAGS.isOfUser ? readUser(reader) : undefined
  reader.end()
  return { accessKeyId, account, secret, enabled, expiresMs, user }
}

function readUser(reader: BinaryReader): KeyUser {
  const name = reader.text()
  const policies: string[] = []
  for (let left = reader.count(); left > 0; left--) policies.push(reader.text())
  return { name, policies }
}
