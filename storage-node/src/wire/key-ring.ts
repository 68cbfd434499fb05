/**
 * The keys that a region seals secrets with, as JSON: the first one seals, all of them open.
 *
 * @module
 */

import { hkdfSync } from 'node:crypto'

/** One key of a ring; which one sealed something is written beside it. */
export interface RingKey {
  readonly id: string
  /** Never logged. */
  readonly key: Uint8Array
}

export interface KeyRing {
  /** At least one. */
  readonly keys: readonly RingKey[]
}

export type KeyRingOutcome =
  | { readonly kind: 'read'; readonly ring: KeyRing }
  | { readonly kind: 'mistaken'; readonly mistakes: readonly string[] }

export const RING_KEY_BYTES = 32
const KEY_COUNT_MAX = 100
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/
const BASE64 = /^[A-Za-z0-9+/]{43}=$/
const TOKEN_KEY_INFO = 'granary security tokens'

/** Reads `{"keys":[{"id":…,"key":<32 bytes, base64>}]}`. No mistake shows what was given. */
export function readKeyRing(text: string): KeyRingOutcome {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The error of the parser quotes what it met.
    return { kind: 'mistaken', mistakes: ['It must be JSON'] }
  }
  const listed = isObject(json) ? json['keys'] : undefined
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > KEY_COUNT_MAX) {
    return { kind: 'mistaken', mistakes: [`keys must be a list of 1 to ${KEY_COUNT_MAX} keys`] }
  }
  const mistakes = listed.flatMap((each, at) => mistakesOf(each, `Key ${at + 1}`))
  if (mistakes.length > 0) return { kind: 'mistaken', mistakes }
  const keys = (listed as { id: string; key: string }[]).map(({ id, key }) => {
    return { id, key: Buffer.from(key, 'base64') }
  })
  const ids = new Set(keys.map(({ id }) => id))
  if (ids.size < keys.length) return { kind: 'mistaken', mistakes: ['No two keys may have one id'] }
  return { kind: 'read', ring: { keys } }
}

/** What security tokens are sealed with: the same on every storage node that has the same first key. */
export function tokenKeyOf({ keys }: KeyRing): Uint8Array {
  const first = keys[0]?.key ?? new Uint8Array()
  return Buffer.from(hkdfSync('sha256', first, '', TOKEN_KEY_INFO, RING_KEY_BYTES))
}

function mistakesOf(each: unknown, where: string): string[] {
  if (!isObject(each)) return [`${where} must be a JSON object`]
  const { id, key } = each as { id?: unknown; key?: unknown }
  const mistakes: string[] = []
  if (typeof id !== 'string' || !KEY_ID.test(id)) {
    mistakes.push(`id of ${where} must be a text that matches ${KEY_ID.source}`)
  }
  if (typeof key !== 'string' || !BASE64.test(key)) {
    mistakes.push(`key of ${where} must be ${RING_KEY_BYTES} bytes in base64`)
  }
  return mistakes
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
