/**
 * Security tokens: temporary credentials, sealed so that every storage node of a region can check them
 * without asking anybody, and nobody else can make or read one.
 *
 * A token is base64 of: version (1 byte), nonce (12), what is sealed with AES-256-GCM, tag (16).
 *
 * @module
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'

/** What a token says. */
export interface SealedSession {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Of the role. */
  readonly account: string
  readonly role: string
  readonly roleId: string
  readonly sessionName: string
  readonly expiresMs: number
  /** Session policy as JSON; undefined: none. */
  readonly policy: string | undefined
}

export const TOKEN_KEY_BYTES = 32
export const TOKEN_NONCE_BYTES = 12
const CIPHER = 'aes-256-gcm'
const VERSION = 1
const TAG_BYTES = 16
const HEAD_BYTES = 1 + TOKEN_NONCE_BYTES
/** Longer than any token that is made: nothing is decrypted for what is longer. */
const TOKEN_LENGTH_MAX = 16 * 1024
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Makes a token. The nonce must never come twice with the same key. */
export function sealToken(session: SealedSession, key: Uint8Array, nonce: Uint8Array): string {
  const head = Buffer.from([VERSION, ...nonce])
  const cipher = createCipheriv(CIPHER, key, nonce)
  cipher.setAAD(head)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(session)), cipher.final()])
  return Buffer.concat([head, sealed, cipher.getAuthTag()]).toString('base64')
}

/** Returns undefined for a token that was not made with this key. */
export function openToken(token: string, key: Uint8Array): SealedSession | undefined {
  if (token.length > TOKEN_LENGTH_MAX || !BASE64.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64')
  if (bytes.byteLength <= HEAD_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined
  const head = bytes.subarray(0, HEAD_BYTES)
  const decipher = createDecipheriv(CIPHER, key, head.subarray(1), { authTagLength: TAG_BYTES })
  decipher.setAAD(head)
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const sealed = bytes.subarray(HEAD_BYTES, -TAG_BYTES)
    const text = Buffer.concat([decipher.update(sealed), decipher.final()]).toString()
    // Nobody but us could have sealed it.
    return JSON.parse(text) as SealedSession
  } catch {
    return undefined
  }
}
