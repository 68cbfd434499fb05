/**
 * The text of a request that a V4 signature of the S3 dialect covers.
 *
 * Texts are one character per byte, as header values arrive. Paths are encoded once and not normalised:
 * here two slashes are two slashes, and dots are part of a name.
 *
 * @module
 */

import { decodePercent, encodePercent, encodePercentPath } from '../../base/percent-encoding.ts'
import type { HeaderValues, QueryPair } from '../oss/request-head.ts'
import type { S3RequestHead } from './authorization.ts'

export const SIGNATURE_PARAMETER = 'X-Amz-Signature'
const BLANKS = /[ \t]{2,}|\t/

/** What is signed of a request besides its path. */
export interface SignedParts {
  /** Lower-case names, sorted. */
  readonly names: readonly string[]
  readonly payload: string
}

/** The path as all but a few clients sign it; undefined when it cannot be decoded. */
export function canonicalPath(rawPath: string): string | undefined {
  const decoded = decodePercent(rawPath)
  return decoded === undefined ? undefined : encodePercentPath(decoded)
}

/** The canonical request of a request to `path`, percent-encoded. */
export function canonicalRequest(
  { method, headers, query }: S3RequestHead,
  path: string,
  { names, payload }: SignedParts,
): string {
  let lines = ''
  for (const name of names) lines += `${name}:${canonicalValue(headers, name)}\n`
  return `${method}\n${path}\n${canonicalQuery(query)}\n${lines}\n${names.join(';')}\n${payload}`
}

/** What is signed and not sent counts as empty: then the signature does not match. */
function canonicalValue(headers: HeaderValues, name: string): string {
  const value = headers[name] ?? ''
  return BLANKS.test(value) ? value.replace(/[ \t]+/g, ' ') : value
}

/** All parameters but the signature, encoded and sorted by name, then by value. */
function canonicalQuery(query: readonly QueryPair[]): string {
  if (query.length === 0) return ''
  const pairs: [name: string, value: string][] = []
  for (const { name, value } of query) {
    if (name !== SIGNATURE_PARAMETER) pairs.push([encodePercent(name), encodePercent(value)])
  }
  if (pairs.length > 1) pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
