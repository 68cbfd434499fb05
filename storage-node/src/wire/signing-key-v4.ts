/**
 * Signing keys of V4, in the dialects that have them: four HMACs from a secret, the same all day, so the
 * last ones are kept.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { HmacKey } from '../base/hmac-key.ts'

/** Enough for the access keys that are busy at the same time; an entry is less than a KiB. */
const KEPT_COUNT_MAX = 1000

const keys = new Map<string, HmacKey>()

/** What makes the keys of one dialect others than those of another. */
export interface SigningDialect {
  /** Stands before the secret. */
  readonly secretPrefix: string
  /** Ends a scope. */
  readonly terminator: string
}

/** What a V4 signature is good for: `date/region/product`, then a constant. */
export interface Scope {
  /** `YYYYMMDD` */
  readonly date: string
  /** Without `oss-`, as OSS has it; S3 clients write what they were told. */
  readonly region: string
  readonly product: string
}

export const ossSigning: SigningDialect = {
  secretPrefix: 'aliyun_v4',
  terminator: 'aliyun_v4_request',
}

export const s3Signing: SigningDialect = { secretPrefix: 'AWS4', terminator: 'aws4_request' }

/** `date/region/product/terminator` */
export function scopeText(
  { date, region, product }: Scope,
  { terminator }: SigningDialect,
): string {
  return `${date}/${region}/${product}/${terminator}`
}

/** The key that signs requests of this scope. */
export function signingKeyV4(
  accessKeySecret: string,
  scope: Scope,
  dialect: SigningDialect,
): HmacKey {
  // The scope holds no line feed, and ends with the dialect: no two of them give one name.
  const name = `${scopeText(scope, dialect)}\n${accessKeySecret}`
  const kept = keys.get(name)
  if (kept !== undefined) return kept
  const key = new HmacKey('sha256', derive(accessKeySecret, scope, dialect))
  // The oldest goes: what is still in use comes back for the price of five HMACs.
  if (keys.size >= KEPT_COUNT_MAX) keys.delete(keys.keys().next().value ?? name)
  keys.set(name, key)
  return key
}

function derive(accessKeySecret: string, scope: Scope, dialect: SigningDialect): Buffer {
  let key = Buffer.from(`${dialect.secretPrefix}${accessKeySecret}`)
  for (const step of [scope.date, scope.region, scope.product, dialect.terminator]) {
    key = createHmac('sha256', key).update(step).digest()
  }
  return key
}
