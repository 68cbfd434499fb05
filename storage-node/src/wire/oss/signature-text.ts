/**
 * Pieces of texts to sign.
 *
 * Clients sign bytes. A text to sign is kept as one character per byte (Latin-1), for that is how
 * header values arrive; names and values that were decoded go back to their UTF-8 bytes.
 *
 * @module
 */

import { timingSafeEqual } from 'node:crypto'
import type { HeaderValues, QueryPair } from './request-head.ts'

const ASCII = /^[\x00-\x7f]*$/

/** UTF-8 bytes of a decoded text, one character each. */
export function bytesOf(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text).toString('latin1')
}

/** What the bytes of a text to sign read like, for an error document. */
export function readable(signed: string): string {
  return ASCII.test(signed) ? signed : Buffer.from(signed, 'latin1').toString()
}

/** Lines `name:value` of the `x-oss-` headers and the further ones named, sorted, each ended. */
export function headerLines(headers: HeaderValues, further?: ReadonlySet<string>): string {
  const names: string[] = []
  for (const name in headers) {
    if (headers[name] === undefined) continue
    if (name.startsWith('x-oss-') || further?.has(name) === true) names.push(name)
  }
  if (names.length > 1) names.sort()
  let lines = ''
  for (const name of names) lines += `${name}:${headers[name] ?? ''}\n`
  return lines
}

/**
 * All parameters, encoded and sorted by name. An empty value is written as the name alone, unless
 * `isEmptyValueSigned` and it was sent with its `=`.
 */
export function canonicalQuery(
  query: readonly QueryPair[],
  encode: (text: string) => string,
  isEmptyValueSigned: boolean,
): string {
  const pairs = query.map(({ name, value, hasEquals }): [name: string, text: string] => {
    const encodedName = encode(name)
    const hasValue = value !== '' || (isEmptyValueSigned && hasEquals)
    return [encodedName, hasValue ? `${encodedName}=${encode(value)}` : encodedName]
  })
  // Sorting is stable: repeated names keep the order in which they were sent.
  if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return pairs.map(([, text]) => text).join('&')
}

/** Compares without telling by its duration how much was right. */
export function sameSignature(expected: string, provided: string): boolean {
  const a = Buffer.from(expected, 'latin1')
  const b = Buffer.from(provided, 'latin1')
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}
