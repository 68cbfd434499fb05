/**
 * Secrets of access keys, sealed with the region's key ring before they become part of a command: no
 * journal, row, message or log ever has one in clear (replication.md 1.14).
 *
 * Nonce (12 bytes), what is sealed with AES-256-GCM, tag (16). A seal holds for one access key of one
 * region: it cannot be moved to another row.
 *
 * @module
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { SealedSecret } from '../../model/access/access-key.ts'
import type { AccessKeyId } from '../../model/identifiers.ts'
import type { KeyRing } from '../key-ring.ts'

/** Whose secret it is. */
export interface SecretHolder {
  readonly region: string
  readonly accessKeyId: AccessKeyId
}

export const SECRET_NONCE_BYTES = 12
const CIPHER = 'aes-256-gcm'
const TAG_BYTES = 16

/** Seals with the ring's first key. The nonce must never come twice with the same key. */
export function sealSecret(
  ring: KeyRing,
  holder: SecretHolder,
  secret: string,
  nonce: Uint8Array,
): SealedSecret {
  const [first] = ring.keys
  if (first === undefined) throw new Error('A key ring has at least one key')
  const cipher = createCipheriv(CIPHER, first.key, nonce)
  cipher.setAAD(associated(holder))
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return { keyId: first.id, bytes: Buffer.concat([nonce, sealed, cipher.getAuthTag()]) }
}

/** Undefined: the ring lacks the key, or it was sealed for somebody else, or is damaged. */
export function openSecret(
  ring: KeyRing,
  holder: SecretHolder,
  { keyId, bytes }: SealedSecret,
): string | undefined {
  const key = ring.keys.find(({ id }) => id === keyId)?.key
  if (key === undefined || bytes.byteLength < SECRET_NONCE_BYTES + TAG_BYTES) return undefined
  const nonce = bytes.subarray(0, SECRET_NONCE_BYTES)
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(associated(holder))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const sealed = bytes.subarray(SECRET_NONCE_BYTES, -TAG_BYTES)
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** No region's name has a line end. */
function associated({ region, accessKeyId }: SecretHolder): Buffer {
  return Buffer.from(`${region}\n${accessKeyId}`)
}
